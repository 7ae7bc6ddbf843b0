// SPDX-License-Identifier: MIT
#include "measuring.hpp"

#include <signal.h> // pthread_kill, sigaction

#include <thread>

using namespace nanotel_test;

namespace {

constinit nanotel::counter<> additions{"signal.additions"};
constinit nanotel::counter<std::uint64_t, nanotel::label<"from", nanotel::one_of<"thread", "handler">>> dense{
    "signal.dense"};
constinit nanotel::histogram<> explicit_ones{"signal.explicit", {.bounds = {0, 1, 2}}};
constinit nanotel::exponential_histogram<> exponential_ones{"signal.exponential"};

std::atomic<std::uint64_t> handled{0};

void measure() {
    additions.add(1);
    additions.add(1, "k"_attr = "v", "n"_attr = 1);
    explicit_ones.record(1);
    exponential_ones.record(1);
}

void handle(int) {
    measure();
    dense.add(1, "handler");
    handled.fetch_add(1);
}

std::uint64_t count_of(const nanotel::finished_metric& metric) {
    std::uint64_t sum = 0;
    for (const auto& p : metric.points) sum += p.count;
    return sum;
}

} // namespace

// Fails where the handler's measurement undoes that of its thread or is undone by it: a histogram that does
// not see that its turn is taken, an add of two instructions.
TEST_CASE("a signal handler measures while its thread does, and what is left out is counted") {
    measuring telemetry;
    struct sigaction before{};
    struct sigaction mine{};
    mine.sa_handler = &handle;
    sigemptyset(&mine.sa_mask);
    mine.sa_flags = SA_RESTART;
    REQUIRE(sigaction(SIGUSR1, &mine, &before) == 0);
    handled = 0;
    std::atomic<bool> warm{false};
    std::atomic<bool> done{false};
    std::uint64_t measured = 0;
    std::thread worker([&] {
        // What the handler uses the thread has used: it allocates nothing.
        measure();
        dense.add(1, "handler");
        measured = 1;
        warm = true;
        for (; !done.load(); ++measured) measure();
    });
    while (!warm.load()) std::this_thread::yield();
    for (int i = 0; i < 20; ++i) {
        for (int k = 0; k < 500; ++k) {
            REQUIRE(pthread_kill(worker.native_handle(), SIGUSR1) == 0);
            if (k % 16 == 0) std::this_thread::yield();
        }
        telemetry.flush();
        telemetry.received();
    }
    done = true;
    worker.join();
    sigaction(SIGUSR1, &before, nullptr);
    const auto metrics = telemetry.collected();
    const std::uint64_t expected = measured + handled.load();
    CHECK(handled.load() > 0);
    const std::uint64_t interrupting = telemetry.stats().measurements.interrupting;
    const std::uint64_t recorded =
        count_of(find(metrics, "signal.explicit")) + count_of(find(metrics, "signal.exponential"));
    CHECK(recorded + interrupting == 2 * expected);
    CHECK(point(find(metrics, "signal.explicit")).sum ==
          static_cast<double>(count_of(find(metrics, "signal.explicit"))));
    CHECK(point(find(metrics, "signal.exponential")).sum ==
          static_cast<double>(count_of(find(metrics, "signal.exponential"))));
#if defined(__x86_64__)
    CHECK(number(point(find(metrics, "signal.additions")).value) == static_cast<double>(expected));
    CHECK(number(point(find(metrics, "signal.additions"), {{"k", "v"}, {"n", 1}}).value) ==
          static_cast<double>(expected));
#endif
    CHECK(number(point(find(metrics, "signal.dense"), {{"from", "handler"}}).value) ==
          static_cast<double>(handled.load() + 1));
}
