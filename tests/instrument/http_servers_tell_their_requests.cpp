// SPDX-License-Identifier: MIT
// Compiled alone: its namespaces show.
#include "http_server.hpp"
#include "instrumented.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

using nanotel::finished_span;
using nanotel::span_kind;
using nanotel::status_code;

namespace {

struct out_of_stock : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void answer(httplib::Response& response, const char* body) { response.set_content(body, "text/plain"); }

} // namespace

TEST_CASE("a request is a span named after its route, with what the conventions ask of it") {
    nanotel_test::instrumented telemetry;
    nanotel_test::served<> shop;
    nanotel::context seen;
    shop.server.Get("/users/([0-9]+)", [&](const httplib::Request&, httplib::Response& response) {
        seen = nanotel::current_context();
        answer(response, "Ada");
    });
    shop.run();
    httplib::Client client("127.0.0.1", shop.port);
    const auto response =
        client.Get("/users/7?page=2&sig=secret",
                   {{"User-Agent", "tests/1"}, {"X-Forwarded-For", "203.0.113.9, 10.0.0.1"}});
    REQUIRE(response);
    CHECK(response->body == "Ada");

    const finished_span span = telemetry.span("GET /users/([0-9]+)", span_kind::server);
    CHECK(span.parent_span_id.empty());
    CHECK(span.span_id == std::string(seen.span_id.to_hex().c_str()));
    CHECK(span.status.code == status_code::unset);
    CHECK(span.scope.name == "nanotel.http.server");
    CHECK(span.scope.schema_url == "https://opentelemetry.io/schemas/1.44.0");
    CHECK(span.attributes["http.request.method"] == "GET");
    CHECK(span.attributes["http.route"] == "/users/([0-9]+)");
    CHECK(span.attributes["url.path"] == "/users/7");
    CHECK(span.attributes["url.query"] == "page=2&sig=REDACTED");
    CHECK(span.attributes["url.scheme"] == "http");
    CHECK(span.attributes["http.response.status_code"] == 200);
    CHECK(span.attributes["http.response.body.size"] == 3);
    CHECK(span.attributes["server.address"] == "127.0.0.1");
    CHECK(span.attributes["server.port"] == shop.port);
    CHECK(span.attributes["client.address"] == "203.0.113.9");
    CHECK(span.attributes["network.peer.address"] == "127.0.0.1");
    CHECK(span.attributes.contains("network.peer.port"));
    CHECK(span.attributes["network.protocol.version"] == "1.1");
    CHECK(span.attributes["user_agent.original"] == "tests/1");
    CHECK_FALSE(span.attributes.contains("error.type"));
    CHECK_FALSE(span.attributes.contains("http.request.method_original"));
}

TEST_CASE("what a handler throws is recorded on the span of its request, and makes it an error") {
    nanotel_test::instrumented telemetry;
    nanotel_test::served<> shop;
    shop.server.Post(
        "/orders", [](const httplib::Request&, httplib::Response&) { throw out_of_stock("no books left"); });
    shop.server.Post("/numbers", [](const httplib::Request&, httplib::Response&) { throw 7; });
    shop.run();
    httplib::Client client("127.0.0.1", shop.port);
    REQUIRE(client.Post("/orders", "three", "text/plain"));
    REQUIRE(client.Post("/numbers", "", "text/plain"));

    const finished_span orders = telemetry.span("POST /orders", span_kind::server);
    CHECK(orders.status.code == status_code::error);
    CHECK(orders.attributes["http.response.status_code"] == 500);
    CHECK(orders.attributes["http.request.body.size"] == 5);
    CHECK(orders.attributes["error.type"] == "(anonymous namespace)::out_of_stock");
    REQUIRE(orders.events.size() == 1);
    CHECK(orders.events[0].name == "exception");
    CHECK(orders.events[0].attributes["exception.message"] == "no books left");
    const finished_span numbers = telemetry.span("POST /numbers", span_kind::server);
    CHECK(numbers.attributes["error.type"] == "int");
    CHECK(numbers.events.size() == 1);
}

TEST_CASE("an exception that the application answers as the client's mistake is no error of the server") {
    nanotel_test::instrumented telemetry;
    nanotel_test::served<> shop;
    shop.server.Get("/items",
                    [](const httplib::Request&, httplib::Response&) { throw out_of_stock("none"); });
    shop.server.set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, const auto&) { response.status = 404; });
    shop.run();
    httplib::Client client("127.0.0.1", shop.port);
    REQUIRE(client.Get("/items"));

    const finished_span span = telemetry.span("GET /items", span_kind::server);
    CHECK(span.status.code == status_code::unset);
    CHECK_FALSE(span.attributes.contains("error.type"));
    CHECK(span.events.size() == 1);
}

TEST_CASE("without a route a span has the name of the method, and 404 is no error") {
    nanotel_test::instrumented telemetry;
    nanotel_test::served<> shop;
    shop.run();
    httplib::Client client("127.0.0.1", shop.port);
    REQUIRE(client.Get("/nowhere"));

    const finished_span span = telemetry.span("GET", span_kind::server);
    CHECK(span.status.code == status_code::unset);
    CHECK(span.attributes["http.response.status_code"] == 404);
    CHECK_FALSE(span.attributes.contains("http.route"));
    CHECK_FALSE(span.attributes.contains("error.type"));
}

TEST_CASE("handlers before and after the routing run within the span, which tells what they answered") {
    nanotel_test::instrumented telemetry;
    nanotel_test::served<> shop;
    nanotel::context before, after;
    shop.server.set_pre_routing_handler([&](const httplib::Request& request, httplib::Response& response) {
        before = nanotel::current_context();
        if (request.path != "/secret") return httplib::Server::HandlerResponse::Unhandled;
        response.status = 401;
        return httplib::Server::HandlerResponse::Handled;
    });
    shop.server.set_post_routing_handler([&](const httplib::Request&, httplib::Response& response) {
        after = nanotel::current_context();
        response.set_header("X-Served-By", "a");
    });
    shop.run();
    httplib::Client client("127.0.0.1", shop.port);
    const auto response = client.Get("/secret");
    REQUIRE(response);
    CHECK(response->get_header_value("X-Served-By") == "a");

    const finished_span span = telemetry.span("GET", span_kind::server);
    CHECK(span.attributes["http.response.status_code"] == 401);
    CHECK(before.is_valid());
    CHECK(before == after);
    CHECK_FALSE(nanotel::current_context().is_valid());
}

TEST_CASE("a status of 500 and more is an error whoever set it") {
    nanotel_test::instrumented telemetry;
    nanotel_test::served<> shop;
    shop.server.Get("/busy", [](const httplib::Request&, httplib::Response& r) { r.status = 503; });
    shop.run();
    httplib::Client client("127.0.0.1", shop.port);
    REQUIRE(client.Get("/busy"));

    const finished_span span = telemetry.span("GET /busy", span_kind::server);
    CHECK(span.status.code == status_code::error);
    CHECK(span.status.message.empty());
    CHECK(span.attributes["error.type"] == "503");
}

TEST_CASE("requests are measured by route, status and error, and counted while they are answered") {
    nanotel_test::instrumented telemetry;
    nanotel_test::served<> shop;
    shop.server.Get("/a", [](const httplib::Request&, httplib::Response& r) { answer(r, "a"); });
    shop.server.Get("/thrown", [](const httplib::Request&, httplib::Response&) { throw out_of_stock(""); });
    nanotel::finished_metric during;
    shop.server.Get("/during", [&](const httplib::Request&, httplib::Response& r) {
        during = telemetry.metric("http.server.active_requests");
        answer(r, "b");
    });
    shop.run();
    httplib::Client client("127.0.0.1", shop.port);
    for (const char* path : {"/a", "/a", "/thrown", "/nowhere", "/during"}) REQUIRE(client.Get(path));

    const nanotel::finished_metric durations = telemetry.metric("http.server.request.duration");
    CHECK(durations.unit == "s");
    CHECK(durations.description == "Duration of HTTP server requests.");
    const nanotel::attribute_list common{
        {"http.request.method", "GET"}, {"url.scheme", "http"}, {"network.protocol.version", "1.1"}};
    const auto with = [&](nanotel::attribute_list more) {
        for (const auto& [key, value] : common) more.emplace_back(key, value);
        return durations.find(more);
    };
    const auto* const a = with({{"http.route", "/a"}, {"http.response.status_code", 200}});
    REQUIRE(a != nullptr);
    CHECK(a->count == 2);
    CHECK(a->explicit_bounds.front() == 0.005);
    CHECK(a->explicit_bounds.back() == 10);
    CHECK(a->explicit_bounds.size() == 14);
    CHECK(with({{"http.route", "/thrown"},
                {"http.response.status_code", 500},
                {"error.type", "(anonymous namespace)::out_of_stock"}}) != nullptr);
    CHECK(with({{"http.response.status_code", 404}}) != nullptr);

    const nanotel::attribute_list labels{{"http.request.method", "GET"}, {"url.scheme", "http"}};
    REQUIRE(during.find(labels) != nullptr);
    CHECK(during.find(labels)->value == 1);
    const nanotel::finished_metric now = telemetry.metric("http.server.active_requests");
    REQUIRE(now.find(labels) != nullptr);
    CHECK(now.find(labels)->value == 0);
}

TEST_CASE("a request that was open at a shutdown does not count in the next start") {
    const nanotel::attribute_list labels{{"http.request.method", "GET"}, {"url.scheme", "http"}};
    const std::vector<std::string> methods{"GET"}, keys;
    nanotel::detail::http_request_facts facts;
    facts.method = "GET";
    facts.target = "/";
    facts.scheme = "http";
    using exchange = nanotel::detail::http_server_exchange;
    std::optional<nanotel_test::instrumented> telemetry(std::in_place);
    std::optional<exchange> open(std::in_place, facts, nanotel::context{}, methods, keys);
    telemetry.reset();
    telemetry.emplace();
    const exchange other(facts, nanotel::context{}, methods, keys);
    open.reset();
    const nanotel::finished_metric active = telemetry->metric("http.server.active_requests");
    REQUIRE(active.find(labels) != nullptr);
    CHECK(active.find(labels)->value == 1);
}

TEST_CASE("options name headers to record, more secret keys, and the methods that are told apart") {
    nanotel_test::instrumented telemetry;
    nanotel::http_instrumentation_options options;
    options.redacted_query_keys.push_back("token");
    options.request_headers = {"X-Tenant"};
    options.response_headers = {"X-Shard"};
    options.known_methods = {"POST"};
    nanotel_test::served<> shop(options);
    shop.server.Get("/a",
                    [](const httplib::Request&, httplib::Response& r) { r.set_header("X-Shard", "7"); });
    shop.run();
    httplib::Client client("127.0.0.1", shop.port);
    REQUIRE(client.Get("/a?token=1&sig=2", {{"X-Tenant", "blue"}}));

    const finished_span span = telemetry.span("HTTP /a", span_kind::server);
    CHECK(span.attributes["http.request.method"] == "_OTHER");
    CHECK(span.attributes["http.request.method_original"] == "GET");
    CHECK(span.attributes["url.query"] == "token=REDACTED&sig=REDACTED");
    REQUIRE(span.attributes.contains("http.request.header.x-tenant"));
    CHECK(span.attributes["http.request.header.x-tenant"] ==
          nanotel::any_value(nanotel::any_value::array{"blue"}));
    CHECK(span.attributes.contains("http.response.header.x-shard"));
}

TEST_CASE("without a start a server serves") {
    nanotel_test::served<> shop;
    shop.server.Get("/a", [](const httplib::Request&, httplib::Response& r) { answer(r, "a"); });
    shop.run();
    httplib::Client client("127.0.0.1", shop.port);
    const auto response = client.Get("/a");
    REQUIRE(response);
    CHECK(response->body == "a");
}
