// SPDX-License-Identifier: MIT
#include "floor.hpp"

#include "harness.hpp"

#include <nanotel/core/ids.hpp>
#include <nanotel/core/platform.hpp>

#include <chrono>
#include <stdexcept>

namespace bench {

double nanoseconds_now() {
    return static_cast<double>(std::chrono::steady_clock::now().time_since_epoch().count());
}

namespace {

constexpr std::uint64_t ring_bytes = 1 << 20;
alignas(4096) unsigned char ring[ring_bytes];
alignas(64) std::uint64_t published;
std::uint64_t position;
nanotel::detail::id_generator ids{0x9e3779b97f4a7c15, 0x2545f4914f6cdd1d};

[[gnu::noinline]] void floor_operations(int count) {
    for (int i = 0; i < count; ++i) {
        const std::uint64_t begin = nanotel::detail::read_cycle_counter();
        const std::uint64_t id = ids.draw();
        const std::uint64_t end = nanotel::detail::read_cycle_counter();
        auto* const record = reinterpret_cast<std::uint64_t*>(ring + (position & (ring_bytes - 1)));
        record[0] = static_cast<std::uint64_t>(i);
        record[1] = begin;
        record[2] = end;
        record[3] = id;
        record[4] = id;
        record[5] = begin;
        record[6] = end;
        record[7] = position;
        position += 64;
        __atomic_store_n(&published, position, __ATOMIC_RELEASE);
    }
}

double time_floor(int count) {
    const double begin = nanoseconds_now();
    floor_operations(count);
    return (nanoseconds_now() - begin) / count;
}

const add floor_benchmark({"floor", "machine", "ns", 400,
                           [] {
                               const auto before = published;
                               floor_operations(10);
                               if (published - before != 640)
                                   throw std::runtime_error("the floor wrote nothing");
                           },
                           floor_sample});

} // namespace

double floor_sample() { return time_floor(batch); }
double reference_sample() { return time_floor(batch / 4); }

} // namespace bench
