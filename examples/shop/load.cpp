// SPDX-License-Identifier: MIT
// nanotel_shop_load: customers for the shop, a thread and a connection each, for some seconds.
#include "customer.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace {

constexpr std::string_view usage = R"(usage: nanotel_shop_load --port N [--seconds N] [--customers N]

Drives the shop on 127.0.0.1 with a mix of its four routes, some requests wrong on purpose, and prints
counts as JSON. An error is an answer that is not the one that the request deserves.

  --port N       the port of the shop
  --seconds N    for how long (default 10)
  --customers N  how many at the same time (default 4)
)";

struct options {
    int port = 0;
    int seconds = 10;
    int customers = 4;
};

std::optional<options> parse(int argc, char** argv) {
    options result;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const std::string_view value = argv[i + 1];
        int number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc{} || end != value.data() + value.size() || number < 1) return std::nullopt;
        if (name == "--port") {
            result.port = number;
        } else if (name == "--seconds") {
            result.seconds = number;
        } else if (name == "--customers") {
            result.customers = number;
        } else {
            return std::nullopt;
        }
    }
    if (argc % 2 == 0 || result.port == 0) return std::nullopt;
    return result;
}

} // namespace

int main(int argc, char** argv) {
    using clock = std::chrono::steady_clock;
    const auto chosen = parse(argc, argv);
    if (!chosen) {
        fmt::print(stderr, "{}", usage);
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);

    const auto began = clock::now();
    const auto until = began + std::chrono::seconds(chosen->seconds);
    std::vector<std::unique_ptr<shop_load::customer>> customers;
    std::vector<std::thread> threads;
    for (int i = 0; i < chosen->customers; ++i) {
        customers.push_back(
            std::make_unique<shop_load::customer>(chosen->port, static_cast<std::uint64_t>(i) + 1));
        threads.emplace_back([until, &who = *customers.back()] {
            // A shop that is gone answers nothing: no reason to ask on.
            while (clock::now() < until && who.counts().errors < 100) who.act();
        });
    }
    for (auto& thread : threads) thread.join();
    const double seconds = std::chrono::duration<double>(clock::now() - began).count();

    shop_load::tally all;
    for (const auto& who : customers) {
        all.requests += who->counts().requests;
        all.errors += who->counts().errors;
        for (const auto& [status, count] : who->counts().statuses) all.statuses[status] += count;
        if (all.first_error.empty()) all.first_error = who->counts().first_error;
    }
    if (all.errors > 0) fmt::print(stderr, "load: {} errors, the first: {}\n", all.errors, all.first_error);
    fmt::print("load: {} customers, {:.0f} requests a second for {:.1f} s\n", chosen->customers,
               static_cast<double>(all.requests) / seconds, seconds);
    std::string statuses;
    for (const auto& [status, count] : all.statuses) {
        statuses += fmt::format(R"({}"{}":{})", statuses.empty() ? "" : ",", status, count);
    }
    fmt::print(R"({{"requests":{},"errors":{},"statuses":{{{}}}}})"
               "\n",
               all.requests, all.errors, statuses);
    return all.errors == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
