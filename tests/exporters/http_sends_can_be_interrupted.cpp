// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

using namespace nanotel_test;
using nanotel::export_outcome;

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("another thread interrupts the send under way, and no other one") {
    std::atomic<bool> asked{false};
    raw_peer peer([&](raw_connection& connection) {
        for (;;) {
            if (connection.read_request().empty()) return;
            if (!asked.exchange(true)) continue;
            // Slow enough for an interrupt that was left over from the first send to cut the second one.
            std::this_thread::sleep_for(std::chrono::milliseconds{60});
            connection.write(answer("200 OK", "{}"));
        }
    });
    const auto exporter = exporter_to(peer.url());
    exporter->interrupt(); // there is nothing to interrupt yet
    std::thread other([&] {
        while (!asked) std::this_thread::yield();
        exporter->interrupt();
    });
    const auto result = send(*exporter, "{}");
    other.join();
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("given up") != std::string::npos);
    CHECK(send(*exporter, "{}").outcome == export_outcome::delivered);
}

TEST_CASE("interrupts from several threads at any moment leave the exporter usable") {
    http_peer peer;
    const auto exporter = exporter_to(peer.url());
    std::atomic<bool> over{false};
    std::thread first([&] {
        while (!over) exporter->interrupt();
    });
    std::thread second([&] {
        while (!over) exporter->interrupt();
    });
    for (int i = 0; i < 50; ++i) CHECK(send(*exporter, "{}").outcome != export_outcome::rejected);
    over = true;
    first.join();
    second.join();
    CHECK(send(*exporter, "{}").outcome == export_outcome::delivered);
}

TEST_SUITE_END();
