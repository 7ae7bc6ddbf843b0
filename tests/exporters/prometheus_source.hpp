// SPDX-License-Identifier: MIT
// A source of metrics built by hand, and what the scrape endpoint writes of it.
#pragma once

#include "otlp/metric_bodies.hpp"

#include <nanotel/exporters/prometheus_text.hpp>

#include <atomic>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace nanotel_test {

class given_source final : public detail::metric_source {
public:
    nanotel::resource about{};
    std::vector<detail::known_scope> scopes = std::vector<detail::known_scope>(1);
    std::deque<given_metric> metrics{};
    bool is_shut_down = false;
    std::function<void()> while_collecting{};
    std::atomic<int> collections{0};

    given_metric& add(detail::metric_description description) {
        return metrics.emplace_back(std::move(description));
    }

    // A sum or gauge with one point.
    given_metric& add(detail::metric_description description, double value,
                      const nanotel::attribute_list& labels = {}) {
        given_metric& metric = add(std::move(description));
        detail::metric_point& point = metric.add(labels);
        point.value = value;
        point.int_value = metric.description.integer ? static_cast<std::int64_t>(value) : 0;
        return metric;
    }

    bool collect(detail::metric_sink& sink) override {
        ++collections;
        if (while_collecting) while_collecting();
        if (is_shut_down) return false;
        for (const given_metric& metric : metrics) give(sink, metric);
        return true;
    }
    const nanotel::resource& described() const override { return about; }
    const detail::known_scope& scope(std::uint32_t number) const override { return scopes.at(number); }
};

inline detail::metric_description counter_of(std::string name, std::string unit = "",
                                             std::string description = "") {
    return {.name = std::move(name),
            .description = std::move(description),
            .unit = std::move(unit),
            .monotonic = true};
}
inline detail::metric_description gauge_of(std::string name, std::string unit = "",
                                           std::string description = "") {
    return {.name = std::move(name),
            .description = std::move(description),
            .unit = std::move(unit),
            .kind = detail::metric_kind::gauge,
            .integer = false};
}
inline detail::metric_description histogram_of(std::string name, std::vector<double> bounds,
                                               std::string unit = "", std::string description = "") {
    return {.name = std::move(name),
            .description = std::move(description),
            .unit = std::move(unit),
            .kind = detail::metric_kind::histogram,
            .integer = false,
            .bounds = std::move(bounds)};
}
inline detail::metric_description exponential_of(std::string name) {
    detail::metric_description described = histogram_of(std::move(name), {});
    described.kind = detail::metric_kind::exponential_histogram;
    return described;
}

inline std::string scraped(given_source& source, detail::prometheus_format format,
                           const detail::prometheus_translation& translation = {}) {
    detail::prometheus_complaints complaints;
    detail::prometheus_text text(format, translation, source, complaints);
    REQUIRE(source.collect(text));
    return text.finish();
}
inline std::string as_text(given_source& source, const detail::prometheus_translation& translation = {}) {
    return scraped(source, detail::prometheus_format::text, translation);
}
inline std::string as_openmetrics(given_source& source,
                                  const detail::prometheus_translation& translation = {}) {
    return scraped(source, detail::prometheus_format::openmetrics, translation);
}

} // namespace nanotel_test
