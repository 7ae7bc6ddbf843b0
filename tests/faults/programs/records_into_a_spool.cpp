// SPDX-License-Identifier: MIT
// records_into_a_spool WAY DIRECTORY ENDPOINT: an application whose destination does not answer, and whose
// payloads wait on disk.
//   until-killed   records for ever
//   disk-full      puts a file system of 256 KiB over the directory, records until that is full and on, says
//   so, and waits
//                  until all has been delivered; the status is 77 where no file system can be mounted
#include "../../support/small_disk.hpp"

#include <nanotel/sdk.hpp>

#include <atomic>
#include <cstdio>
#include <string>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;

std::atomic<bool> disk_is_full{false};

nanotel::telemetry start(const char* directory, const char* endpoint) {
    std::vector<nanotel::destination> destinations(1);
    destinations[0].exporter = nanotel::otlp_http({.endpoint = endpoint, .timeout = 1s});
    destinations[0].name = "receiver";
    return nanotel::start({.service_name = "spooling",
                           .destinations = std::move(destinations),
                           .schedule_delay = 2ms,
                           .max_export_batch_size = 20,
                           .spool = {.directory = directory},
                           .environment = {[](const std::string& name) -> std::optional<std::string> {
                               if (name == "OTEL_METRICS_EXPORTER") return "none";
                               return std::nullopt;
                           }}});
}

void record(int spans, bool tell) {
    for (int i = 0; i < spans; ++i) {
        nanotel::span span("work");
        if (tell) std::printf("id %s\n", span.context().span_id.to_hex().c_str());
    }
    ::usleep(1'000); // the pace of the load
}

int fill_the_disk(const char* directory, const char* endpoint) {
    if (!nanotel_test::mount_small_disk(directory, 256 << 10)) return 77;
    nanotel::set_diagnostic_handler([](nanotel::diagnostic_level, std::string_view text, void*) {
        std::printf("diagnostic: %.*s\n", static_cast<int>(text.size()), text.data());
        if (text.find("No space left on device") != text.npos) disk_is_full = true;
    });
    auto telemetry = start(directory, endpoint);
    while (!disk_is_full) record(40, true);
    for (int i = 0; i < 20; ++i) record(40, true);
    auto before = telemetry.stats();
    // What a thread is just handing over is on neither side.
    for (int i = 0; i < 1000 && before.queued != before.recorded; ++i) {
        ::usleep(10'000);
        before = telemetry.stats();
    }
    std::puts("the disk is full"); // and the endpoint comes to life
    std::fflush(stdout);
    const auto flushed = telemetry.flush(60s);
    const auto after = telemetry.stats();
    telemetry.shutdown(60s);
    const auto print = [](const char* when, const nanotel::statistics& at) {
        std::printf("%s: recorded %llu, delivered %llu, queued %llu, dropped %llu\n", when,
                    static_cast<unsigned long long>(at.recorded),
                    static_cast<unsigned long long>(at.delivered), static_cast<unsigned long long>(at.queued),
                    static_cast<unsigned long long>(at.dropped));
    };
    print("while full", before);
    print("at the end", after);
    return flushed ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    if (std::string(argv[1]) == "disk-full") return fill_the_disk(argv[2], argv[3]);
    const auto telemetry = start(argv[2], argv[3]);
    for (;;) record(40, false);
}
