// SPDX-License-Identifier: MIT
// Tracks something and ends at once: ends WAY ENDPOINT HOME.
#include <nanotel/automagik.hpp>

#include <cstdlib>
#include <optional>
#include <string_view>

#include <unistd.h>

using namespace nanotel::literals;

namespace {

std::optional<automagik::telemetry> of_namespace; // older than what start registers for the end

void track(automagik::telemetry& client) {
    for (int i = 0; i < 3; ++i) client.track_event("tracked", "i"_attr = i);
    client.track_metric("counted", 1, automagik::metric_type::counter);
    client.track_log("logged");
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const std::string_view way = argv[1];
    automagik::client_options options;
    options.project_name = "ends";
    options.version = "1.0.0";
    options.endpoint = argv[2];
    // Nothing is sent but at the end.
    options.flush_interval = options.metric_interval = std::chrono::hours(1);
    options.shutdown_timeout = std::chrono::seconds(60);
    options.environment.get = [home = std::string(argv[3])](const std::string& name) {
        std::optional<std::string> value;
        if (name == "AUTOMAGIK_TELEMETRY_ENABLED") value = "true";
        if (name == "HOME") value = home;
        return value;
    };
    if (way == "return with a static client") {
        static automagik::telemetry client(options);
        track(client);
        return 0;
    }
    if (way == "return with a client of the namespace") {
        track(of_namespace.emplace(options));
        return 0;
    }
    automagik::telemetry client(options);
    if (way == "exit within a run") {
        automagik::command_run run(client, "lost");
        track(client);
        std::exit(3);
    }
    track(client);
    if (way == "exit") std::exit(3);
    if (way == "quick_exit") std::quick_exit(3);
    if (way == "_exit") ::_exit(3);
    return way == "return" ? 0 : 2;
}
