// SPDX-License-Identifier: MIT
// nanotel_receiver: takes OTLP/JSON over HTTP or from files, checks it strictly and shows what came.
#include "file_check.hpp"
#include "otlp_server.hpp"
#include "session.hpp"
#include "strict_check.hpp"
#include "summary.hpp"
#include "text_layout.hpp"

#include "../support/serve.hpp"

#include <httplib.h>

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <unistd.h> // isatty

namespace {

constexpr std::string_view usage =
    R"(usage: nanotel_receiver [--port N] [--port-file PATH] [--quiet] [--colour]
       nanotel_receiver --check FILE... [--quiet] [--colour]

Takes OTLP/JSON on POST /v1/traces, /v1/metrics and /v1/logs (gzip or plain) and checks every body
against the wire rules; with --check, the lines of OTLP files instead. Violations go to stderr as they
are found. SIGTERM or SIGINT ends it: it prints the slowest traces, the final value of every series
and counts, last a line of JSON.

  --port N          the port to listen on at 127.0.0.1 (default 0: any that is free)
  --port-file PATH  where to write the port once connections are taken
  --quiet           no trees and no tables, only violations and the last line
  --colour          coloured trees even where the output is no terminal
)";

struct options {
    int port = 0;
    std::string port_file;
    bool quiet = false;
    bool colour = false;
    bool check = false;
    std::vector<std::string> files;
};

/// Returns false when the command line makes no sense.
bool parse(int argc, char** argv, options& result) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        const bool has_value = i + 1 < argc;
        if (argument == "--quiet") {
            result.quiet = true;
        } else if (argument == "--colour") {
            result.colour = true;
        } else if (argument == "--check") {
            result.check = true;
        } else if (argument == "--port" && has_value) {
            const std::string_view text = argv[++i];
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result.port);
            if (error != std::errc{} || end != text.data() + text.size()) return false;
            if (result.port < 0 || result.port > 65535) return false;
        } else if (argument == "--port-file" && has_value) {
            result.port_file = argv[++i];
        } else if (result.check && !argument.starts_with("--")) {
            result.files.emplace_back(argument);
        } else {
            return false;
        }
    }
    return !result.check || !result.files.empty();
}

int finish(receiver::session& run, const options& chosen) {
    run.close();
    const receiver::palette colours(chosen.colour || isatty(STDOUT_FILENO) != 0);
    fmt::print("{}", receiver::summary(run, chosen.quiet, colours));
    std::fflush(stdout);
    return run.violations().total() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int check_files(const options& chosen) {
    receiver::session run("line");
    receiver::strict_check check;
    for (const auto& file : chosen.files) {
        if (receiver::check_file(run, check, file)) continue;
        fmt::print(stderr, "nanotel_receiver: cannot read {}\n", file);
        return EXIT_FAILURE;
    }
    return finish(run, chosen);
}

int serve(const options& chosen) {
    const support::ending_signals signals;
    receiver::session run("request");
    httplib::Server server;
    receiver::serve_otlp(server, run);
    const int port = support::bind_loopback(server, chosen.port);
    if (port == 0) {
        fmt::print(stderr, "nanotel_receiver: port {} of 127.0.0.1 is taken\n", chosen.port);
        return EXIT_FAILURE;
    }
    if (!chosen.quiet && chosen.port_file.empty()) {
        fmt::print("receiver: listening on http://127.0.0.1:{}\n", port);
        std::fflush(stdout);
    }
    support::serve_until(signals, server, port, chosen.port_file);
    return finish(run, chosen);
}

} // namespace

int main(int argc, char** argv) {
    options chosen;
    if (argc == 2 && std::string_view(argv[1]) == "--help") {
        fmt::print("{}", usage);
        return EXIT_SUCCESS;
    }
    if (!parse(argc, argv, chosen)) {
        fmt::print(stderr, "{}", usage);
        return 2;
    }
    try {
        return chosen.check ? check_files(chosen) : serve(chosen);
    } catch (const std::exception& problem) {
        fmt::print(stderr, "nanotel_receiver: {}\n", problem.what());
        return EXIT_FAILURE;
    }
}
