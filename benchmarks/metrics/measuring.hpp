// SPDX-License-Identifier: MIT
// How the benchmarks of metrics measure: on one thread, and on two that do the same at once.
#pragma once

#include "support/recording.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace bench {

// An operation of a nanosecond needs more of them than a span does; nothing here fills up.
inline constexpr int measurements = 20'000;

template <class F>
double time_measurements(F&& operation) {
    const double begin = nanoseconds_now();
    for (int i = 0; i < measurements; ++i) operation(i);
    return (nanoseconds_now() - begin) / measurements;
}

// Nanoseconds an operation, the mean of two threads. Neither begins before the other is there, and the one
// that ends first goes on until the other has ended: each is timed beside the other for all of its time.
template <class Make>
double time_two_threads(Make&& make) {
    std::atomic<int> ready{0};
    std::atomic<int> timed{0};
    const auto run = [&] {
        const auto operation = make();
        for (int i = 0; i < measurements; ++i) operation(i); // attaches the thread, makes its cells
        ready.fetch_add(1);
        while (ready.load() < 2) {
        }
        const double time = time_measurements(operation);
        timed.fetch_add(1);
        for (int i = 0; timed.load() < 2; i = (i + 1) % measurements) operation(i);
        return time;
    };
    double other = 0;
    std::thread beside([&] { other = run(); });
    const double mine = run();
    beside.join();
    return (mine + other) / 2;
}

// `make` gives the operation of a thread, which takes the number of the measurement.
template <class Make>
double time_one_thread(Make&& make) {
    const auto operation = make();
    for (int i = 0; i < measurements; ++i) operation(i);
    return time_measurements(operation);
}

inline nanotel::telemetry start_measuring(std::size_t cardinality_limit = 2000) {
    return nanotel::start({.service_name = "benchmark",
                           .exporter = std::make_shared<discard>(),
                           .metric_readers = {{.interval = std::chrono::hours(1)}},
                           .cardinality_limit = cardinality_limit});
}

// What came out of `measure`, by the name of the metric.
template <class F>
nanotel::finished_metric measured_by(const char* name, F&& measure) {
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start({.service_name = "check", .exporter = memory});
    measure();
    require(telemetry.shutdown(std::chrono::seconds(10)).complete, "the telemetry did not shut down");
    for (nanotel::finished_metric& metric : memory->metrics())
        if (metric.name == name) return std::move(metric);
    throw std::runtime_error(std::string("no metric came out that is called ") + name);
}

// On this thread, and on a second one at the same time.
template <class F>
void on_two_threads(F&& measure) {
    std::thread beside(measure);
    measure();
    beside.join();
}

// Adds NAME and NAME_2_threads, as multiples of metrics/floor. `check` gets how many threads measure a batch
// each, in a function that it runs.
template <class Make, class Check>
void add_measurement(const char* name, Make make, Check check) {
    const auto batch_of_one = [make] {
        const auto operation = make();
        for (int i = 0; i < measurements; ++i) operation(i);
    };
    add({.name = name,
         .library = "nanotel",
         .unit = "ns",
         .repetitions = 200,
         .check = [=] { check(1, batch_of_one); },
         .sample =
             [make] {
                 auto telemetry = start_measuring();
                 return time_one_thread(make);
             },
         .floor = "metrics/floor"});
    add({.name = name + std::string("_2_threads"),
         .library = "nanotel",
         .unit = "ns",
         .repetitions = 200,
         .check = [=] { check(2, [&] { on_two_threads(batch_of_one); }); },
         .sample =
             [make] {
                 auto telemetry = start_measuring();
                 return time_two_threads(make);
             },
         .floor = "metrics/floor"});
}

} // namespace bench
