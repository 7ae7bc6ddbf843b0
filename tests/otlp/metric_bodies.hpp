// SPDX-License-Identifier: MIT
// What a reader would be shown, built by hand, and what the encoder makes of it.
#pragma once

#include <nanotel/otlp/any_value.hpp>
#include <nanotel/otlp/decode_metrics.hpp>
#include <nanotel/otlp/metric_encoder.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nanotel_test {

namespace detail = nanotel::detail;

inline void append_padded(std::string& to, std::string_view bytes) {
    to += bytes;
    to.append(detail::pad8(bytes.size()) - bytes.size(), '\0');
}

template <class T>
std::string_view bytes_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

struct stored_value {
    nanotel::value_type type;
    std::string bytes;
};

// A value as a record holds it: of the types that labels mostly have, and arrays of them.
inline stored_value stored(const nanotel::any_value& value) {
    struct {
        stored_value operator()(bool v) const {
            return {nanotel::value_type::boolean, std::string(bytes_of(std::uint64_t{v}))};
        }
        stored_value operator()(std::int64_t v) const {
            return {nanotel::value_type::signed_integer, std::string(bytes_of(v))};
        }
        stored_value operator()(double v) const {
            return {nanotel::value_type::floating, std::string(bytes_of(v))};
        }
        stored_value operator()(const std::string& v) const { return {nanotel::value_type::string, v}; }
        stored_value operator()(const nanotel::any_value::array& v) const {
            stored_value all{nanotel::value_type::array, {}};
            for (const auto& item : v) {
                const stored_value one = stored(item);
                all.bytes += bytes_of(detail::element_header{static_cast<std::uint32_t>(one.bytes.size()),
                                                             static_cast<std::uint32_t>(one.type)});
                append_padded(all.bytes, one.bytes);
            }
            return all;
        }
        stored_value operator()(std::monostate) const { throw std::logic_error("no value"); }
        stored_value operator()(const nanotel::any_value::bytes& v) const {
            return {nanotel::value_type::bytes, std::string(v.begin(), v.end())};
        }
        stored_value operator()(const nanotel::attribute_list&) const { throw std::logic_error("a map"); }
    } store;
    return std::visit(store, value.get());
}

// Attribute sections, in the order given.
inline std::string sections(const nanotel::attribute_list& labels) {
    std::string all;
    for (const auto& [key, value] : labels) {
        const stored_value one = stored(value);
        const std::size_t size = sizeof(detail::section_header) + sizeof(detail::attribute_body) +
                                 detail::pad8(key.size()) + detail::pad8(one.bytes.size());
        all +=
            bytes_of(detail::section_header{static_cast<std::uint32_t>(size), detail::section_type::attribute,
                                            static_cast<std::uint16_t>(one.type)});
        all += bytes_of(detail::attribute_body{static_cast<std::uint32_t>(key.size()),
                                               static_cast<std::uint32_t>(one.bytes.size())});
        append_padded(all, key);
        append_padded(all, one.bytes);
    }
    return all;
}

// A metric to give to a sink. What its points view lives in it, so it stays where it is.
struct given_metric {
    detail::metric_description description;
    nanotel::temporality temporality = nanotel::temporality::cumulative;
    std::vector<detail::metric_point> points{};
    std::deque<detail::series_labels> labels{};
    std::deque<std::vector<std::uint64_t>> counts{};
    std::deque<std::vector<detail::metric_exemplar>> exemplars{};

    explicit given_metric(detail::metric_description described) : description(std::move(described)) {}
    given_metric(const given_metric&) = delete;
    given_metric& operator=(const given_metric&) = delete;

    detail::metric_point& add(const nanotel::attribute_list& attributes) {
        labels.push_back({sections(attributes), {}});
        points.emplace_back().labels = &labels.back();
        return points.back();
    }
    std::span<const std::uint64_t> keep(std::vector<std::uint64_t> all) {
        return counts.emplace_back(std::move(all));
    }
    std::span<const detail::metric_exemplar> keep(std::vector<detail::metric_exemplar> all) {
        return exemplars.emplace_back(std::move(all));
    }
};

inline void give(detail::metric_sink& to, const given_metric& metric) {
    to.begin_metric(metric.description, metric.temporality);
    for (const auto& point : metric.points) to.add(point);
    to.end_metric();
}

// Where the bodies of an encoder go.
struct body_list {
    struct body {
        std::string json;
        std::uint64_t points;
        std::vector<nanotel::finished_metric> metrics() const {
            auto decoded = nanotel::decode_metrics(json);
            REQUIRE_MESSAGE(decoded, decoded.error << " in " << json.substr(0, 2000));
            return std::move(decoded.metrics);
        }
    };
    std::vector<body> all;

    detail::metric_encoder::body_function receive() {
        return [this](detail::byte_buffer json, std::uint64_t points) {
            all.push_back({std::string(json.data(), json.size()), points});
        };
    }
};

} // namespace nanotel_test
