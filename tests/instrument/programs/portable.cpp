// SPDX-License-Identifier: MIT
// Prints which metrics of the process there are without what only Linux has.
#define NANOTEL_PORTABLE
#include <nanotel/instrument/process.hpp>
#include <nanotel/sdk.hpp>

#include <chrono>
#include <cstdio>
#include <memory>

int main() {
    auto process = nanotel::observe_process();
    auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start({.service_name = "portable", .exporter = memory});
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::nanoseconds(nanotel::detail::processor_share::shortest_ns);
    while (std::chrono::steady_clock::now() < end) {
    }
    if (!telemetry.flush(std::chrono::seconds(60))) return 1;
    for (const auto& metric : memory->metrics())
        std::printf("%s %zu\n", metric.name.c_str(), metric.points.size());
}
