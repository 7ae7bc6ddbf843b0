// SPDX-License-Identifier: MIT
#include "measuring.hpp"

#include <sched.h>  // sched_yield
#include <signal.h> // pthread_kill, sigaction

#include <thread>

using namespace nanotel_test;

namespace {

constinit nanotel::histogram<> explicit_ones{"stopped.explicit", {.bounds = {0, 1, 2}}};
constinit nanotel::exponential_histogram<> exponential_ones{"stopped.exponential"};

struct opened_histogram : nanotel::histogram<> {
    using nanotel::histogram<>::histogram;
    nanotel::detail::instrument_state& state() noexcept { return state_; }
};
constinit opened_histogram opened{"stopped.opened", {.bounds = {0, 1, 2}}};

std::atomic<int> stopped{0};
std::atomic<int> released{0};

// Holds the thread wherever it is, for as long as the test looks.
void hold(int) {
    const int mine = stopped.fetch_add(1) + 1;
    while (released.load() < mine) sched_yield();
}

void check_whole(const std::vector<nanotel::finished_metric>& metrics, double (&told)[2]) {
    for (const auto& m : metrics)
        for (const auto& p : m.points) {
            const bool is_explicit = m.kind == nanotel::finished_metric_kind::histogram;
            CHECK(p.sum == static_cast<double>(p.count));
            CHECK(p.min == 1.0);
            CHECK(p.max == 1.0);
            std::uint64_t counted = 0;
            for (const std::uint64_t c : is_explicit ? p.bucket_counts : p.positive.counts) counted += c;
            CHECK(counted == p.count);
            told[is_explicit ? 0 : 1] += static_cast<double>(p.count);
        }
}

} // namespace

// Fails where the collection takes the copy of a thread that is in its turn, or never comes back to it.
TEST_CASE("of a record that is half done nothing is taken, and all of it when it is done") {
    measuring telemetry({.readers = {{.temporality = delta}}});
    opened.record(1);
    nanotel::detail::thread_state& self = *nanotel::detail::current_thread;
    auto* const cell = static_cast<nanotel::detail::histogram_cell*>(
        nanotel::detail::find_cell(self, opened.state().slot.load_relaxed()));
    REQUIRE(cell != nullptr);
    for (int i = 0; i < 3; ++i) {
        // What record does, in two halves.
        const std::uint32_t turn = self.measured.turn.load_relaxed() + 1;
        self.measured.turn.store_seq_cst(turn);
        auto& copy = cell->of(self.measured.epoch.load_acquire());
        copy.counts()[1].add_by_owner(1);
        double told = 0;
        const auto look = [&] {
            for (const auto& m : telemetry.collected())
                for (const auto& p : m.points) {
                    CHECK(p.sum == static_cast<double>(p.count));
                    told += static_cast<double>(p.count);
                }
        };
        look();
        look();
        copy.totals.add(1);
        self.measured.turn.store_release(turn + 1);
        look();
        look();
        CHECK(told == (i == 0 ? 2 : 1));
    }
}

// The same with a thread that a signal stops at any instruction, mostly in the middle of a record.
TEST_CASE("a thread that is stopped while it records leaves points whole, and its values come later") {
    measuring telemetry({.readers = {{.temporality = delta}}});
    struct sigaction before{};
    struct sigaction mine{};
    mine.sa_handler = &hold;
    sigemptyset(&mine.sa_mask);
    REQUIRE(sigaction(SIGUSR1, &mine, &before) == 0);
    stopped = released = 0;
    std::atomic<bool> warm{false};
    std::atomic<bool> done{false};
    double measured = 0;
    double told[2] = {};
    std::thread worker([&] {
        while (!done.load(std::memory_order_relaxed)) {
            for (int i = 0; i < 100; ++i) {
                explicit_ones.record(1);
                exponential_ones.record(1);
            }
            measured += 100;
            warm = true;
        }
    });
    while (!warm.load()) std::this_thread::yield();
    for (int i = 1; i <= 40; ++i) {
        REQUIRE(pthread_kill(worker.native_handle(), SIGUSR1) == 0);
        while (stopped.load() != i) std::this_thread::yield();
        check_whole(telemetry.collected(), told);
        if (i % 4 == 0) check_whole(telemetry.collected(), told); // again while it stands there
        released = i;
    }
    done = true;
    worker.join();
    sigaction(SIGUSR1, &before, nullptr);
    check_whole(telemetry.collected(), told);
    CHECK(told[0] == measured);
    CHECK(told[1] == measured);
}
