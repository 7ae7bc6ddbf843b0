// SPDX-License-Identifier: MIT
// nanotel_trace_context_service: what the test harness of W3C Trace Context talks to. It is sent addresses to
// call, and calls each within the trace that it was itself called in.
#include <nanotel/sdk.hpp>

#include "../support/serve.hpp"

#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace {

using namespace nanotel::literals;

constexpr std::string_view usage =
    R"(usage: nanotel_trace_context_service PORT [--port-file PATH] [--file DIR]

Listens on 127.0.0.1. POST /test brings a JSON array of {"url": ..., "arguments": ...}: each url is sent the arguments by
POST, with the trace context of the request that brought it. The spans go to the collector that OTEL_EXPORTER_OTLP_ENDPOINT
names.

  PORT              0 for any that is free
  --port-file PATH  where to write the port once connections are taken
  --file DIR        write the spans to files in DIR instead
)";

struct arguments {
    int port = -1;
    std::string port_file;
    std::string spans;
};

bool read_arguments(int argc, char** argv, arguments& into) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        const bool has_value = i + 1 < argc;
        if (argument == "--port-file" && has_value) {
            into.port_file = argv[++i];
        } else if (argument == "--file" && has_value) {
            into.spans = argv[++i];
        } else {
            char* end = nullptr;
            const long port = std::strtol(argv[i], &end, 10);
            if (end == argv[i] || *end != '\0' || port < 0 || port > 65535 || into.port >= 0) return false;
            into.port = static_cast<int>(port);
        }
    }
    return into.port >= 0;
}

// "http://host:port/path" in its two parts, as cpp-httplib asks for them.
struct address {
    explicit address(std::string_view url) {
        const auto authority = url.find("://");
        const auto begin = authority == url.npos ? 0 : authority + 3;
        const auto slash = std::min(url.find('/', begin), url.size());
        server = url.substr(0, slash);
        path = slash == url.size() ? "/" : url.substr(slash);
    }
    std::string server;
    std::string path;
};

void call(std::string_view url, const std::string& body) {
    NANOTEL_SPAN(span, nanotel::client("POST"), "http.request.method"_attr = "POST", "url.full"_attr = url);
    const address to(url);
    httplib::Client client(to.server);
    client.set_connection_timeout(5);
    client.set_read_timeout(5);
    httplib::Headers headers;
    nanotel::inject(headers);
    const auto answer = client.Post(to.path, headers, body, "application/json");
    if (!answer) {
        span.set_status(nanotel::status_code::error, httplib::to_string(answer.error()));
        return;
    }
    span.set("http.response.status_code"_attr = answer->status);
    if (answer->status >= 400) span.set_status(nanotel::status_code::error);
}

// False where the body is no such array; what came before the mistake has been called.
bool call_all(const std::string& body) {
    simdjson::dom::parser parser;
    simdjson::dom::array actions;
    if (parser.parse(body).get(actions) != simdjson::SUCCESS) return false;
    for (const simdjson::dom::element action : actions) {
        std::string_view url;
        simdjson::dom::element arguments;
        if (action["url"].get(url) != simdjson::SUCCESS) return false;
        const bool has_arguments = action["arguments"].get(arguments) == simdjson::SUCCESS;
        call(url, has_arguments ? simdjson::minify(arguments) : "null");
    }
    return true;
}

void answer_test(const httplib::Request& request, httplib::Response& response) {
    NANOTEL_SPAN_FROM(span, nanotel::extract(request.headers), nanotel::server("POST /test"),
                      "http.request.method"_attr = "POST", "http.route"_attr = "/test");
    response.status = call_all(request.body) ? 200 : 400;
    span.set("http.response.status_code"_attr = response.status);
    response.set_content("{}", "application/json");
}

} // namespace

int main(int argc, char** argv) {
    arguments chosen;
    if (!read_arguments(argc, argv, chosen)) {
        std::cerr << usage;
        return 2;
    }
    const support::ending_signals signals;
    nanotel::options options{.service_name = "trace-context-service"};
    if (!chosen.spans.empty()) options.exporter = nanotel::otlp_file({.directory = chosen.spans});
    auto telemetry = nanotel::start(options);

    httplib::Server server;
    server.Post("/test", answer_test);
    const int port = support::bind_loopback(server, chosen.port);
    if (port == 0) {
        std::cerr << "nanotel_trace_context_service: port " << chosen.port << " cannot be had\n";
        return 1;
    }
    if (chosen.port_file.empty()) std::cout << "http://127.0.0.1:" << port << "/test" << std::endl;
    support::serve_until(signals, server, port, chosen.port_file);
}
