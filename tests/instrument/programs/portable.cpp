// SPDX-License-Identifier: MIT
// Prints which metrics of the process there are without what only Linux has.
#define NANOTEL_PORTABLE
#include <nanotel/instrument/process.hpp>
#include <nanotel/sdk.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

int main() {
    auto process = nanotel::observe_process();
    auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start({.service_name = "portable", .exporter = memory});
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::nanoseconds(nanotel::detail::processor_share::shortest_ns);
    while (std::chrono::steady_clock::now() < end) {
    }
    if (!telemetry.flush(std::chrono::seconds(60))) return 1;
    std::map<std::string, std::size_t> points; // compilers differ in the order of the callbacks
    for (const auto& metric : memory->metrics()) points[metric.name] += metric.points.size();
    for (const auto& [name, count] : points) std::printf("%s %zu\n", name.c_str(), count);
}
