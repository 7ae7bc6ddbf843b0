// SPDX-License-Identifier: MIT
// nanotel_shop: a small online shop over HTTP, instrumented with nanotel.
#include "catalogue.hpp"
#include "routes.hpp"

#include "../support/serve.hpp"

#include <nanotel/instrument/process.hpp>
#include <nanotel/sdk.hpp>

#include <httplib.h>

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

using namespace std::chrono_literals;

namespace {

constexpr std::string_view usage = R"(usage: nanotel_shop [--port N] [--port-file PATH] [--catalogue FILE]
                    [--endpoint URL | --file DIR]

An online shop: GET /products?q=WORDS, GET /products/ID, POST /cart, POST /checkout. SIGTERM or SIGINT
ends it; its last line tells as JSON what became of its telemetry.

  --port N           the port to listen on at 127.0.0.1 (default 0: any that is free)
  --port-file PATH   where to write the port once connections are taken
  --catalogue FILE   the products
  --endpoint URL     send telemetry to this OTLP/HTTP endpoint (default: OTEL_EXPORTER_OTLP_ENDPOINT)
  --file DIR         write telemetry to .jsonl files in this directory instead
)";

struct options {
    int port = 0;
    std::string port_file;
    std::string catalogue = SHOP_CATALOGUE;
    std::string endpoint;
    std::string file;
};

/// Returns nothing when the command line makes no sense.
std::optional<options> parse(int argc, char** argv) {
    options result;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const std::string_view value = argv[i + 1];
        if (name == "--port") {
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result.port);
            if (error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
        } else if (name == "--port-file") {
            result.port_file = value;
        } else if (name == "--catalogue") {
            result.catalogue = value;
        } else if (name == "--endpoint") {
            result.endpoint = value;
        } else if (name == "--file") {
            result.file = value;
        } else {
            return std::nullopt;
        }
    }
    if (argc % 2 == 0 || (!result.endpoint.empty() && !result.file.empty())) return std::nullopt;
    return result;
}

auto start_telemetry(const options& chosen) {
    if (!chosen.file.empty()) {
        return nanotel::start(
            {.service_name = "shop", .exporter = nanotel::otlp_file({.directory = chosen.file})});
    }
    return nanotel::start(
        {.service_name = "shop", .exporter = nanotel::otlp_http({.endpoint = chosen.endpoint})});
}

int run(const options& chosen) {
    const support::ending_signals signals; // before any thread
    auto telemetry = start_telemetry(chosen);
    const auto process = nanotel::observe_process();
    std::uint64_t requests = 0;
    {
        shop::shop_service service(shop::catalogue::load(chosen.catalogue), 4);
        httplib::Server server;
        shop::serve_shop(server, service);
        const int port = support::bind_loopback(server, chosen.port);
        if (port == 0) {
            fmt::print(stderr, "nanotel_shop: port {} of 127.0.0.1 is taken\n", chosen.port);
            return EXIT_FAILURE;
        }
        if (chosen.port_file.empty()) {
            fmt::print("shop: {} products on http://127.0.0.1:{}\n", service.products.products().size(),
                       port);
            std::fflush(stdout);
        }
        support::serve_until(signals, server, port, chosen.port_file);
        requests = service.requests.load();
    } // the workers are done, and with them the last spans and measurements

    telemetry.shutdown(10s);
    const auto stats = telemetry.stats();
    const auto& points = stats.data_points;
    fmt::print(
        R"({{"requests":{},"recorded":{},"delivered":{},"queued":{},"dropped":{},"data_points":{},"log_records":{}}})"
        "\n",
        requests, stats.recorded, stats.delivered, stats.queued, stats.dropped, points.delivered,
        stats.logs.delivered);
    const bool all_sent = stats.dropped == 0 && stats.queued == 0 && points.dropped == 0 &&
                          points.queued == 0 && stats.logs.dropped == 0 && stats.logs.queued == 0;
    return all_sent ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--help") {
        fmt::print("{}", usage);
        return EXIT_SUCCESS;
    }
    const auto chosen = parse(argc, argv);
    if (!chosen) {
        fmt::print(stderr, "{}", usage);
        return 2;
    }
    try {
        return run(*chosen);
    } catch (const std::exception& problem) {
        fmt::print(stderr, "nanotel_shop: {}\n", problem.what());
        return EXIT_FAILURE;
    }
}
