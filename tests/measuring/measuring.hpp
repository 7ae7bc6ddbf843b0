// SPDX-License-Identifier: MIT
#pragma once

#include <nanotel/metrics/exemplars.hpp> // exemplar_filter
#include <nanotel/metrics/view.hpp>
#include <nanotel/nanotel.hpp>
#include <nanotel/otlp/finished_metric.hpp>
#include <nanotel/pipeline/delivery.hpp> // statistics
#include <nanotel/pipeline/metric_reader.hpp>
#include <nanotel/trace/sampler.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace nanotel_test {

using namespace nanotel::literals;

// The time of the tests, in Unix nanoseconds: it stands still until a test moves it.
inline std::atomic<std::uint64_t> test_time{1'700'000'000'000'000'000};
inline std::uint64_t now() noexcept { return test_time.load(); }
inline std::uint64_t pass_time(std::uint64_t nanoseconds = 1'000'000'000) noexcept {
    return test_time += nanoseconds;
}

struct reader_of_test {
    std::optional<nanotel::temporality_preference> temporality{};
    std::optional<nanotel::histogram_aggregation> histograms{};
    std::uint64_t max_export_batch_size = 0;
    // Only a flush collects, unless the test says otherwise.
    std::optional<std::chrono::milliseconds> interval = std::chrono::hours(24);
    std::optional<std::chrono::milliseconds> timeout = std::chrono::minutes(10);
};

inline constexpr auto cumulative = nanotel::temporality_preference::cumulative;
inline constexpr auto delta = nanotel::temporality_preference::delta;
inline constexpr auto low_memory = nanotel::temporality_preference::low_memory;

struct measuring_options {
    std::vector<reader_of_test> readers = std::vector<reader_of_test>(1);
    bool default_readers = false; // then the environment says which there are
    std::vector<nanotel::view> views{};
    std::size_t cardinality_limit = 2000;
    std::chrono::milliseconds forget_idle_series_after = std::chrono::minutes(10);
    std::optional<nanotel::exemplar_filter> exemplar_filter = nanotel::exemplar_filter::always_off;
    std::vector<std::pair<std::string, std::string>> environment{};
    nanotel::sampler sampler = nanotel::sampler::always_on();
    bool injected_clock = true;
    double ratio = 1; // of the traces that the first memory takes
};

// Measures into memory for as long as it lives, one memory for each reader. What it stands on is compiled
// once, in measuring.cpp.
class measuring {
public:
    explicit measuring(const measuring_options& options = {});
    ~measuring();
    measuring(const measuring&) = delete;
    measuring& operator=(const measuring&) = delete;

    // Collects for every reader; fails the test where not all comes through.
    void flush();
    // The metrics that have come to a reader since they were last asked for; those of one batch of a metric
    // that was split are put together again.
    std::vector<nanotel::finished_metric> received(std::size_t reader = 0);
    // The same after a flush.
    std::vector<nanotel::finished_metric> collected(std::size_t reader = 0);
    // As many bodies as have come to a reader so far, each with its data points as the pipeline counts them.
    std::vector<std::uint64_t> points_of_bodies(std::size_t reader = 0);
    // Waits until a reader has been given something without being asked.
    bool wait_for_points(std::uint64_t count, std::size_t reader = 0);

    std::vector<nanotel::finished_span> spans();
    // Since this object was made.
    nanotel::statistics stats();
    // True where all was delivered in that time.
    bool shut_down(std::chrono::milliseconds within = std::chrono::minutes(1));

private:
    struct implementation;
    std::unique_ptr<implementation> implementation_;
};

// One collection by another way than the pipeline's, without membarrier, as where there is none. The threads
// that measure must live until it goes, and nothing else may collect meanwhile.
class collecting_without_barrier {
public:
    collecting_without_barrier();
    ~collecting_without_barrier();
    std::vector<nanotel::finished_metric> collect();

private:
    struct implementation;
    std::unique_ptr<implementation> implementation_;
};

// What a collection would take from, were there `between` between its first look at the store and the change
// of the epochs. Nothing else may collect, and what the change leaves in the old copies is not taken.
struct seen_by_collection {
    std::size_t threads;
    bool histograms;
};
seen_by_collection looked_at(const std::function<void()>& between);

// While it lives nobody else takes the lock under which threads find what they have not measured before.
class locked_store {
public:
    locked_store();
    ~locked_store();
    locked_store(const locked_store&) = delete;
    locked_store& operator=(const locked_store&) = delete;
};

// The first metric of that name; fails the test where there is none.
inline const nanotel::finished_metric& find(const std::vector<nanotel::finished_metric>& metrics,
                                            std::string_view name) {
    for (const nanotel::finished_metric& m : metrics)
        if (m.name == name) return m;
    FAIL("no metric is named " << std::string(name));
    static const nanotel::finished_metric none;
    return none;
}
// Of metrics that go at the end of the expression: by value.
inline nanotel::finished_metric find(std::vector<nanotel::finished_metric>&& metrics, std::string_view name) {
    return find(std::as_const(metrics), name);
}
inline std::size_t count(const std::vector<nanotel::finished_metric>& metrics, std::string_view name) {
    std::size_t found = 0;
    for (const nanotel::finished_metric& m : metrics) found += m.name == name;
    return found;
}
// The point with these labels; fails the test where there is none.
inline const nanotel::finished_point& point(const nanotel::finished_metric& metric,
                                            const nanotel::attribute_list& labels = {}) {
    const nanotel::finished_point* const found = metric.find(labels);
    if (found) return *found;
    FAIL("no such point in " << metric);
    static const nanotel::finished_point none;
    return none;
}
inline nanotel::finished_point point(nanotel::finished_metric&& metric,
                                     const nanotel::attribute_list& labels = {}) {
    return point(std::as_const(metric), labels);
}
inline double number(const nanotel::any_value& value) {
    if (const auto* const integer = value.get_if<std::int64_t>()) return static_cast<double>(*integer);
    const auto* const real = value.get_if<double>();
    REQUIRE(real != nullptr);
    return *real;
}
// Of all points of a sum.
inline double total(const nanotel::finished_metric& metric) {
    double sum = 0;
    for (const nanotel::finished_point& p : metric.points) sum += number(p.value);
    return sum;
}

inline const nanotel::attribute_list overflow{{"otel.metric.overflow", true}};

// Hears diagnostics while it lives. Of what the library says of metrics one passes a minute: one of these for
// each that is expected.
class diagnostics_of_test {
public:
    diagnostics_of_test();
    ~diagnostics_of_test();
    diagnostics_of_test(const diagnostics_of_test&) = delete;
    diagnostics_of_test& operator=(const diagnostics_of_test&) = delete;

    std::vector<std::string> texts() const {
        const std::lock_guard lock(mutex_);
        return texts_;
    }
    bool heard(std::string_view part) const {
        for (const std::string& text : texts())
            if (text.find(part) != text.npos) return true;
        return false;
    }
    void hear(std::string_view text) {
        const std::lock_guard lock(mutex_);
        texts_.emplace_back(text);
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> texts_;
};

// What nanotel::start says of options that cannot be; "accepted" where it takes them.
std::string refusal(const measuring_options& options);

// The readers that start makes of nothing but these variables.
std::vector<nanotel::metric_reader>
default_readers(const std::vector<std::pair<std::string, std::string>>& environment);

} // namespace nanotel_test

namespace nanotel {
inline std::ostream& operator<<(std::ostream& out, temporality t) { return out << static_cast<int>(t); }
inline std::ostream& operator<<(std::ostream& out, finished_metric_kind k) {
    return out << static_cast<int>(k);
}
inline std::ostream& operator<<(std::ostream& out, temporality_preference p) {
    return out << static_cast<int>(p);
}
inline std::ostream& operator<<(std::ostream& out, histogram_aggregation h) {
    return out << static_cast<int>(h);
}
} // namespace nanotel
