// SPDX-License-Identifier: MIT
// Observes the process, works a while, forks, and starts the telemetry in the child, which must tell of
// itself.
#include <nanotel/instrument/process.hpp>
#include <nanotel/sdk.hpp>

#include <chrono>
#include <cstdio>
#include <memory>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using clock_type = std::chrono::steady_clock;

double user_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return double(usage.ru_utime.tv_sec) + 1e-6 * double(usage.ru_utime.tv_usec);
}

int tell() {
    const double low = user_seconds();
    auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start({.service_name = "forked", .exporter = memory});
    if (!telemetry.flush(std::chrono::seconds(60))) return 2;
    int told = 0;
    for (const auto& metric : memory->metrics()) {
        if (metric.name == "process.cpu.utilization") return 3; // of the parent's time, if of any
        if (metric.name != "process.cpu.time") continue;
        const double* const user = metric.find({{"cpu.mode", "user"}})->value.get_if<double>();
        if (*user < low || *user > user_seconds()) return 4;
        ++told;
    }
    std::printf("told %d\n", told);
    std::fflush(stdout);
    return 0;
}

} // namespace

int main() {
    auto process = nanotel::observe_process();
    const auto begin = clock_type::now();
    while (clock_type::now() - begin < std::chrono::milliseconds(200)) {
    }
    const pid_t child = ::fork();
    if (child == 0) return tell();
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
