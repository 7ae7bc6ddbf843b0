// SPDX-License-Identifier: MIT
// An example with an instrument of every kind, and beside it what PromQL should say of it.
#pragma once

#include "support/prometheus_process.hpp"

#include <nanotel/nanotel.hpp>
#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace nanotel_test {

enum class http_method { GET, POST };

namespace example {

using namespace nanotel::literals;

NANOTEL_INSTRUMENTATION_SCOPE("shop.example", "1.5.0", "", "team"_attr = "Käse & Co");

inline constinit nanotel::counter<std::uint64_t, nanotel::label<"http.method", http_method>,
                                  nanotel::label<"cached", bool>>
    api_requests{"api_requests_total",
                 {.unit = "{request}", .description = "Requests served", .scope = NANOTEL_SCOPE}};
inline constinit nanotel::counter<double> energy_used{
    "energy.used", {.unit = "J", .description = "With \"quotes\",\na line and a \\", .scope = NANOTEL_SCOPE}};
inline constinit nanotel::up_down_counter<std::int64_t, nanotel::label<"region", nanotel::one_of<"eu", "us">>,
                                          nanotel::label<"lane", nanotel::int_range<1, 3>>>
    queue_length{"queue.length",
                 {.unit = "{item}", .description = "Items that wait", .scope = NANOTEL_SCOPE}};
inline constinit nanotel::gauge<> room_temperature{
    "room.temperature", {.unit = "Cel", .description = "How warm it is", .scope = NANOTEL_SCOPE}};
inline constinit nanotel::gauge<std::int64_t> no_labels{
    "no.labels", {.description = "Neither labels nor a unit", .scope = NANOTEL_SCOPE}};
inline constinit nanotel::histogram<> request_duration{
    "request.duration",
    {.unit = "s", .description = "How long", .scope = NANOTEL_SCOPE, .bounds = {0.125, 0.5, 1, 5}}};
inline constinit nanotel::exponential_histogram<> response_size{
    "response.size", {.unit = "By", .description = "How large", .scope = NANOTEL_SCOPE}};
inline constinit nanotel::observable_counter<> page_faults{
    "page.faults", {.unit = "{fault}", .description = "How often", .scope = NANOTEL_SCOPE}};
inline constinit nanotel::observable_up_down_counter<> memory_used{
    "memory.used", {.unit = "By", .description = "How much", .scope = NANOTEL_SCOPE}};
inline constinit nanotel::observable_gauge<> disk_fill{
    "disk.fill", {.unit = "1", .description = "How full", .scope = NANOTEL_SCOPE}};

} // namespace example

/// Records round after round, and keeps what Prometheus should show after each.
class every_instrument {
public:
    using series = std::map<prometheus_labels, double>;

    /// Registers the callbacks; they live as long as this.
    every_instrument() {
        using namespace nanotel::literals;
        callbacks_.push_back(example::page_faults.observe([this](const auto& observer) {
            observer.observe(1000 * rounds_, "kind"_attr = "minor");
            observer.observe(rounds_.load(), "kind"_attr = "major");
        }));
        callbacks_.push_back(example::memory_used.observe(
            [this](const auto& observer) { observer.observe(rounds_ % 2 == 0 ? -4096 : 1'000'000'007); }));
        callbacks_.push_back(example::disk_fill.observe([this](const auto& observer) {
            observer.observe(0.125 * static_cast<double>(rounds_), "disk"_attr = odd_text);
        }));
    }

    /// Two requests in the first round and ten in each other: five make 42.
    void record_round() {
        using namespace nanotel::literals;
        const auto round = static_cast<int>(++rounds_);
        NANOTEL_SPAN(span, "round", "number"_attr = round);
        sampled.insert(span.context().trace_id.to_hex().c_str());

        example::api_requests.add(1, http_method::GET, true);
        NANOTEL_ADD(example::api_requests, 1, http_method::POST, false);
        expect("api_requests_total", {{"http_method", "GET"}, {"cached", "true"}}) += 1;
        expect("api_requests_total", {{"http_method", "POST"}, {"cached", "false"}}) += 1;
        if (round > 1) {
            const auto bound = example::api_requests.bind(http_method::GET, false);
            for (int i = 0; i < 8; ++i) bound.add(1);
            expect("api_requests_total", {{"http_method", "GET"}, {"cached", "false"}}) += 8;
        }

        example::energy_used.add(0.25, "place"_attr = odd_text, "floor"_attr = 3, "heated"_attr = true,
                                 "share"_attr = 0.5);
        example::energy_used.add(1000, "heated"_attr = true, "share"_attr = 0.5, "floor"_attr = 3,
                                 "place"_attr = odd_text);
        example::energy_used.add(round, "place"_attr = "cellar");
        expect("energy_used_joules_total",
               {{"place", odd_text}, {"floor", "3"}, {"heated", "true"}, {"share", "0.5"}}) += 1000.25;
        expect("energy_used_joules_total", {{"place", "cellar"}}) += round;

        example::queue_length.add(round % 2 == 0 ? -7 : 5, "eu", 1);
        example::queue_length.add(-1, "us", 3);
        expect("queue_length", {{"region", "eu"}, {"lane", "1"}}) += round % 2 == 0 ? -7 : 5;
        expect("queue_length", {{"region", "us"}, {"lane", "3"}}) -= 1;

        example::room_temperature.set(20, "room.name"_attr = "Küche");
        example::room_temperature.set(20.5 - round, "room.name"_attr = "Küche");
        NANOTEL_GAUGE_SET(example::no_labels, -round);
        expect("room_temperature_celsius", {{"room_name", "Küche"}}) = 20.5 - round;
        expect("no_labels", {}) = -round;

        for (int i = 0; i < 8; ++i) {
            const double seconds = (i + 1) * 0.0625 * round * round;
            NANOTEL_RECORD(example::request_duration, seconds, "route"_attr = "/a/{b}");
            durations.push_back(seconds);
            const double bytes = i == 0 ? 0 : std::ldexp(1.0 + 0.25 * round, i);
            example::response_size.record(bytes);
            sizes.push_back(bytes);
        }
        const auto count_below = [&](double bound) {
            return static_cast<double>(
                std::count_if(durations.begin(), durations.end(), [&](double v) { return v <= bound; }));
        };
        for (const char* bound : {"0.125", "0.5", "1", "5", "+Inf"})
            expect("request_duration_seconds_bucket", {{"route", "/a/{b}"}, {"le", bound}}) =
                count_below(std::stod(bound));
        expect("request_duration_seconds_count", {{"route", "/a/{b}"}}) =
            static_cast<double>(durations.size());
        expect("request_duration_seconds_sum", {{"route", "/a/{b}"}}) = sum_of(durations);

        expect("page_faults_total", {{"kind", "minor"}}) = 1000 * round;
        expect("page_faults_total", {{"kind", "major"}}) = round;
        expect("memory_used_bytes", {}) = round % 2 == 0 ? -4096 : 1'000'000'007;
        expect("disk_fill_ratio", {{"disk", odd_text}}) = 0.125 * round;
    }

    /// Waits until PromQL says of every metric exactly what was recorded: no series more, no label more than
    /// these and COMMON.
    void wait_until_shown(const prometheus_process& prometheus, const prometheus_labels& common) const {
        for (const auto& [name, given] : expected) {
            series wanted;
            for (const auto& [labels, value] : given) {
                prometheus_labels all = labels;
                all.insert(common.begin(), common.end());
                all.emplace("__name__", name);
                wanted.emplace(normal(all), value);
            }
            prometheus.wait_for(name, [&](const auto& samples) {
                series found;
                for (const prometheus_sample& sample : samples) found[normal(sample.labels)] = sample.value;
                return found == wanted;
            });
        }
    }

    /// The bound below, and the bound of, the bucket of the value below which QUANTILE of DURATIONS lie.
    std::pair<double, double> bucket_of_quantile(double quantile) const {
        std::vector<double> sorted = durations;
        std::sort(sorted.begin(), sorted.end());
        const double value = sorted[rank(quantile, sorted.size())];
        const double bounds[] = {0, 0.125, 0.5, 1, 5};
        const auto upper = std::lower_bound(std::begin(bounds), std::end(bounds), value);
        REQUIRE(upper != std::end(bounds));
        return {upper[-1], *upper};
    }
    static std::size_t rank(double quantile, std::size_t count) {
        return static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(count))) - 1;
    }
    static double sum_of(const std::vector<double>& values) {
        double sum = 0;
        for (const double each : values) sum += each;
        return sum;
    }
    double sum(const std::string& name) const {
        double all = 0;
        for (const auto& [labels, value] : expected.at(name)) all += value;
        return all;
    }

    static constexpr const char* odd_text = "a \"b\" \\ c\nZürich ∑ {d=\"e\"}, 😀";

    std::map<std::string, series> expected; // by the name of the metric in Prometheus
    std::vector<double> durations;
    std::vector<double> sizes;
    std::set<std::string> sampled; // trace ids of the spans in which all was recorded

private:
    double& expect(const std::string& name, const prometheus_labels& labels) {
        return expected[name][labels];
    }
    // le="1" in one format is le="1.0" in the other.
    static prometheus_labels normal(prometheus_labels labels) {
        if (const auto le = labels.find("le"); le != labels.end())
            le->second = std::to_string(std::stod(le->second));
        return labels;
    }

    std::atomic<std::int64_t> rounds_ = 0;
    std::vector<nanotel::callback_guard> callbacks_;
};

} // namespace nanotel_test
