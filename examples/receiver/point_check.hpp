// SPDX-License-Identifier: MIT
// Data points: what those of every kind have in common, and those of sums and gauges.
#pragma once

#include "attribute_check.hpp"
#include "attribute_text.hpp"
#include "exemplar_check.hpp"
#include "identity_text.hpp"
#include "json_path.hpp"
#include "members.hpp"
#include "received_metric.hpp"
#include "scalar_check.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string> // to_string
#include <string_view>
#include <utility>

namespace receiver {

namespace detail {

/// The members that points of every kind have; their key tables begin with `keys`.
class point_frame {
public:
    enum : unsigned { attributes, start, time, flags, exemplars, count };
    static constexpr std::array<std::string_view, count> keys{"attributes", "startTimeUnixNano",
                                                              "timeUnixNano", "flags", "exemplars"};

    point_frame(violation_log& log, const json_path& path, received_point& point)
        : log_(log), path_(path), point_(point), before_(log.total()) {}

    /// Reads the members of `object`; those that are not common go to `visit`, counted from 0.
    template <std::size_t N, typename Visit>
    member_set read(dom::object object, const std::array<std::string_view, N>& own, Visit visit) {
        std::array<std::string_view, count + N> all;
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = i < count ? keys[i] : own[i - count];
        seen_ = for_each_member(log_, path_, object, all,
                                [&](unsigned member, dom::element v, const json_path& here) {
                                    if (member < count) {
                                        take(member, v, here);
                                    } else {
                                        visit(member - count, v, here);
                                    }
                                });
        return seen_ >> count;
    }

    /// Whether the point says that there is no value.
    [[nodiscard]] bool no_value() const { return (flags_ & 1U) != 0; }
    [[nodiscard]] bool all_good() const { return log_.total() == before_; }

    /// Checks the times, keeps `value` when nothing in the point broke a rule, and checks the exemplars.
    void finish(metric_kind kind, point_value&& value, const distribution& all, received_metrics& result) {
        const member_set start_too = kind == metric_kind::gauge ? 0 : bit_of(start);
        require_members(log_, path_, seen_, bit_of(time) | start_too, keys);
        if (point_.time != 0 && point_.start > point_.time) {
            log_.add(rule::point_start_after_end, path_.member(keys[start]), std::to_string(point_.start));
        }
        const bool good = all_good();
        if (good && !no_value()) point_.value = std::move(value);
        if (!exemplars_) return;
        const exemplar_frame frame{point_.start, point_.time, attributes_, good ? all : distribution{}};
        for_each_object(log_, path_.member(keys[exemplars]), *exemplars_,
                        [&](dom::object exemplar, const json_path& here) {
                            check_exemplar(log_, here, exemplar, frame, result);
                        });
    }

private:
    void take(unsigned member, dom::element v, const json_path& here) {
        switch (member) {
        case attributes:
            check_attributes(log_, here, v);
            attributes_ = v;
            point_.identity = identity_of(v);
            point_.labels = attribute_text(v);
            break;
        case start:
            point_.start = check_plausible_time(log_, here, v).value_or(0);
            break;
        case time:
            point_.time = check_plausible_time(log_, here, v).value_or(0);
            break;
        case flags:
            flags_ = check_uint32(log_, here, v).value_or(0);
            if (flags_ > 1) log_.add(rule::point_flags, here, v);
            break;
        default:
            exemplars_ = v; // need the whole point
            break;
        }
    }

    violation_log& log_;
    const json_path& path_;
    received_point& point_;
    std::uint64_t before_;
    member_set seen_ = 0;
    std::uint32_t flags_ = 0;
    std::optional<dom::element> attributes_;
    std::optional<dom::element> exemplars_;
};

/// A point of a sum or a gauge.
inline void check_number_point(violation_log& log, const json_path& path, dom::object object,
                               const received_metric& metric, received_point& point,
                               received_metrics& result) {
    enum : unsigned { as_double, as_int };
    static constexpr std::array<std::string_view, 2> keys{"asDouble", "asInt"};
    point_frame frame(log, path, point);
    number_value value;
    dom::element text;
    const auto seen = frame.read(object, keys, [&](unsigned member, dom::element v, const json_path& here) {
        text = v;
        if (member == as_double) {
            value.real = check_double(log, here, v).value_or(0);
        } else {
            value.integer = check_int64<std::int64_t>(log, here, v).value_or(0);
        }
    });
    const member_set both = bit_of(as_double) | bit_of(as_int);
    value.is_integer = seen == bit_of(as_int);
    if (seen == both || (seen != 0) == frame.no_value()) {
        log.add(rule::point_one_value, path, simdjson::minify(object));
    } else if (metric.monotonic && !(value.is_integer ? value.integer >= 0 : value.real >= 0)) {
        log.add(rule::sum_negative, path.member(keys[value.is_integer ? as_int : as_double]), text);
    }
    frame.finish(metric.kind, value, {}, result);
}

} // namespace detail
} // namespace receiver
