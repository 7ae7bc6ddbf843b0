// SPDX-License-Identifier: MIT
// What 10,000 series cost: to collect and encode, and in memory.
#include "measuring.hpp"

#include <malloc.h>

using namespace nanotel::literals;

namespace bench {
namespace {

constexpr int series = 10'000;
constinit nanotel::counter<> orders{"bench.orders"};

const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (int i = 0; i < series; ++i) all.push_back("user-" + std::to_string(1'000'000 + i * 7919));
    return all;
}();

void touch_all() {
    for (const std::string& name : names) orders.add(1, "method"_attr = "GET", "user"_attr = name);
}

// Collects on the caller's thread, when it is told to.
class on_demand final : public nanotel::pull_reader {
public:
    void start(nanotel::detail::metric_source& source) override { source_ = &source; }
    void stop() noexcept override { source_ = nullptr; }
    bool collect(nanotel::detail::metric_sink& sink) { return source_ && source_->collect(sink); }
    const nanotel::resource& described() const { return source_->described(); }

private:
    nanotel::detail::metric_source* source_ = nullptr;
};

struct collected {
    std::vector<nanotel::detail::byte_buffer> bodies;
    std::uint64_t points = 0;
    double milliseconds = 0;
};

// The time of the third collection: the first makes the texts of the labels, which are kept.
collected collect_and_encode() {
    const auto reader = std::make_shared<on_demand>();
    auto telemetry = nanotel::start({.service_name = "benchmark",
                                     .exporter = std::make_shared<discard>(),
                                     .pull_readers = {reader},
                                     .cardinality_limit = 2 * series});
    collected result;
    const std::string resource_json = nanotel::detail::resource_json(reader->described());
    nanotel::detail::metric_encoder encoder(nanotel::detail::process().sites, resource_json, 0,
                                            std::size_t{16} << 20,
                                            [&](nanotel::detail::byte_buffer body, std::uint64_t points) {
                                                result.bodies.push_back(std::move(body));
                                                result.points += points;
                                            });
    for (int i = 0; i < 3; ++i) {
        touch_all();
        result.bodies.clear();
        result.points = 0;
        const double begin = nanoseconds_now();
        require(reader->collect(encoder), "nothing was collected");
        encoder.finish();
        result.milliseconds = (nanoseconds_now() - begin) / 1e6;
    }
    return result;
}

const add collect({.name = "metrics/collect_10000_series",
                   .library = "nanotel",
                   .unit = "ms",
                   .repetitions = 50,
                   .check =
                       [] {
                           const collected result = collect_and_encode();
                           require(result.bodies.size() == 1, "more than one body came out");
                           const nanotel::detail::byte_buffer& body = result.bodies[0];
                           const auto decoded = nanotel::decode_metrics({body.data(), body.size()});
                           require(bool(decoded) && result.points == series && decoded.metrics.size() == 1 &&
                                       decoded.metrics[0].points.size() == series,
                                   "10,000 points were not encoded");
                           for (const auto& point : decoded.metrics[0].points)
                               require(point.value == 3 && point.attributes.size() == 2, "a point is wrong");
                       },
                   .sample = [] { return collect_and_encode().milliseconds; },
                   .floor = "metrics/floor"});

// Bytes of the heap and of the pages that cells are in.
double bytes_in_use() {
    const struct mallinfo2 heap = ::mallinfo2();
    return static_cast<double>(heap.uordblks + heap.hblkhd);
}
double bytes_of_cells() {
    std::size_t words = 0;
    nanotel::detail::current_thread->measured.metrics->cells.each(
        [&](const nanotel::detail::metric_cell& cell) { words += cell.words; });
    return static_cast<double>(words * sizeof(std::uint64_t));
}

struct memory {
    double thread; // of a series, for each thread that touches it
    double all;    // of a series, once
};

// What the second thread adds is a thread's share; what the first one needed beyond that is there once.
memory memory_per_series() {
    auto telemetry = start_measuring(2 * series);
    orders.add(1); // what the instrument and the thread need by themselves
    const double before = bytes_in_use() + bytes_of_cells();
    touch_all();
    const double first = bytes_in_use() + bytes_of_cells() - before;
    double second = 0;
    std::thread([&] {
        orders.add(1);
        const double begin = bytes_in_use() + bytes_of_cells();
        touch_all();
        second = bytes_in_use() + bytes_of_cells() - begin;
    }).join();
    return {second / series, (first - second) / series};
}

const add thread_memory({.name = "metrics/memory_per_series",
                         .library = "nanotel",
                         .unit = "bytes",
                         .repetitions = 5,
                         .check =
                             [] {
                                 const memory m = memory_per_series();
                                 require(m.thread > sizeof(nanotel::detail::metric_cell) && m.all > 0,
                                         "memory was not counted: " + std::to_string(m.thread) + " and " +
                                             std::to_string(m.all));
                             },
                         .sample = [] { return memory_per_series().thread; },
                         .bracketed = false});
const add sdk_memory({.name = "metrics/memory_per_series_once",
                      .library = "nanotel",
                      .unit = "bytes",
                      .repetitions = 5,
                      .check = {},
                      .sample = [] { return memory_per_series().all; },
                      .bracketed = false});

} // namespace
} // namespace bench
