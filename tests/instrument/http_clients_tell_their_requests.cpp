// SPDX-License-Identifier: MIT
#include "http_server.hpp"
#include "instrumented.hpp"
#include "support/child_process.hpp" // free_ports

#include <nanotel/instrument/httplib_client.hpp>

#include <stdexcept>
#include <string>

using nanotel::finished_span;
using nanotel::span_kind;
using nanotel::status_code;

namespace {

// A server that says what came.
struct echoing_server : nanotel_test::served<httplib::Server> {
    echoing_server() {
        const auto answer = [](const httplib::Request& request, httplib::Response& response) {
            std::string text =
                request.method + ' ' + request.get_header_value("X-Tenant") + ' ' + request.body;
            for (const auto& [key, value] : request.params) text += ' ' + key + '=' + value;
            response.set_content(text, "text/plain");
        };
        for (const char* path : {"/echo", "/other"}) {
            server.Get(path, answer).Post(path, answer).Put(path, answer).Patch(path, answer);
            server.Delete(path, answer).Options(path, answer);
        }
        server.Get("/missing", [](const httplib::Request&, httplib::Response& r) { r.status = 404; });
        server.Get("/broken", [](const httplib::Request&, httplib::Response& r) { r.status = 502; });
        server.Get("/long", [](const httplib::Request&, httplib::Response& r) {
            r.set_content(std::string(100'000, 'x'), "text/plain");
        });
        run();
    }
};

} // namespace

TEST_CASE("a request is a span of kind client, with what the conventions ask of it") {
    nanotel_test::instrumented telemetry;
    echoing_server shop;
    nanotel::httplib_client<> client("http://127.0.0.1:" + std::to_string(shop.port));
    {
        NANOTEL_SCOPED_SPAN("checkout");
        REQUIRE(client.Get("/echo?sig=secret&page=2"));
    }
    const finished_span span = telemetry.span("GET", span_kind::client);
    CHECK(span.parent_span_id == telemetry.span("checkout", span_kind::internal).span_id);
    CHECK(span.status.code == status_code::unset);
    CHECK(span.scope.name == "nanotel.http.client");
    CHECK(span.attributes["http.request.method"] == "GET");
    CHECK(span.attributes["server.address"] == "127.0.0.1");
    CHECK(span.attributes["server.port"] == shop.port);
    CHECK(span.attributes["url.full"] ==
          "http://127.0.0.1:" + std::to_string(shop.port) + "/echo?sig=REDACTED&page=2");
    CHECK(span.attributes["http.response.status_code"] == 200);
    CHECK(span.attributes["network.protocol.version"] == "1.1");
    CHECK(span.attributes.contains("http.response.body.size"));
    CHECK_FALSE(span.attributes.contains("error.type"));
}

TEST_CASE("every way to send goes the way it always went, with its span") {
    nanotel_test::instrumented telemetry;
    echoing_server shop;
    nanotel::httplib_client<> client("127.0.0.1", shop.port);
    const httplib::Headers tenant{{"X-Tenant", "blue"}};
    const auto said = [](const httplib::Result& result) {
        return result ? result->body : std::string("nothing");
    };
    CHECK(said(client.Get("/echo", {{"X-Tenant", "blue"}})) == "GET blue ");
    CHECK(said(client.Get("/echo", httplib::Params{{"a", "1"}}, tenant)) == "GET blue  a=1");
    CHECK(said(client.Post("/echo")) == "POST  ");
    CHECK(said(client.Post("/echo", tenant, "three", "text/plain")) == "POST blue three");
    CHECK(said(client.Put("/echo", "three", "text/plain")) == "PUT  three");
    CHECK(said(client.Patch("/echo", {{"X-Tenant", "blue"}}, "three", "text/plain")) == "PATCH blue three");
    CHECK(said(client.Delete("/echo")) == "DELETE  ");
    CHECK(said(client.Options("/echo")) == "OPTIONS  ");
    CHECK(said(client.Patch("/other")) == "PATCH  ");
    CHECK(client.Head("/echo"));
    std::string received;
    CHECK(client.Get("/echo", [&](const char* data, std::size_t size) {
        received.append(data, size);
        return true;
    }));
    CHECK(received == "GET  ");

    httplib::Request request;
    request.method = "GET";
    request.path = "/echo";
    CHECK(said(client.send(request)) == "GET  ");
    httplib::Response response;
    auto error = httplib::Error::Success;
    CHECK(client.send(request, response, error));
    CHECK(response.body == "GET  ");

    const auto spans = telemetry.spans();
    CHECK(spans.size() == 13);
    CHECK(spans[1].attributes["url.full"] == "http://127.0.0.1:" + std::to_string(shop.port) + "/echo?a=1");
}

TEST_CASE("a status of 400 and more is an error of the client") {
    nanotel_test::instrumented telemetry;
    echoing_server shop;
    nanotel::httplib_client<> client("127.0.0.1", shop.port);
    REQUIRE(client.Get("/missing"));
    REQUIRE(client.Get("/broken"));
    const auto spans = telemetry.spans();
    REQUIRE(spans.size() == 2);
    CHECK(spans[0].status.code == status_code::error);
    CHECK(spans[0].status.message.empty());
    CHECK(spans[0].attributes["error.type"] == "404");
    CHECK(spans[1].attributes["error.type"] == "502");
}

TEST_CASE("no response is an error that says which") {
    nanotel_test::instrumented telemetry;
    // A port that nobody listens at.
    const int nobody = nanotel_test::free_ports<1>()[0];
    nanotel::httplib_client<> refused("127.0.0.1", nobody);
    CHECK_FALSE(refused.Get("/"));
    // One where a server accepts and never answers: the kernel does, for a socket that listens.
    httplib::Server silent;
    const int port = silent.bind_to_any_port("127.0.0.1");
    nanotel::httplib_client<> timed_out("127.0.0.1", port);
    timed_out.set_read_timeout(0, 50'000);
    CHECK_FALSE(timed_out.Get("/"));

    const auto spans = telemetry.spans();
    REQUIRE(spans.size() == 2);
    CHECK(spans[0].status.code == status_code::error);
    CHECK(spans[0].attributes["error.type"] == "Connection");
    CHECK_FALSE(spans[0].attributes.contains("http.response.status_code"));
    CHECK(spans[1].status.code == status_code::error);
    // Newer releases of cpp-httplib tell a timeout from other failures to read.
    const bool timeout =
        spans[1].attributes["error.type"] == "Read" || spans[1].attributes["error.type"] == "Timeout";
    CHECK(timeout);
    CHECK_FALSE(spans[1].status.message.empty());
}

TEST_CASE("what the caller cancels is no error, and what its callbacks throw flies on") {
    nanotel_test::instrumented telemetry;
    echoing_server shop;
    nanotel::httplib_client<> client("127.0.0.1", shop.port);
    CHECK_FALSE(client.Get("/long", [](const char*, std::size_t) { return false; }));
    CHECK_THROWS_AS(
        client.Get("/long", [](const char*, std::size_t) -> bool { throw std::runtime_error("enough"); }),
        std::runtime_error);
    const auto spans = telemetry.spans();
    REQUIRE(spans.size() == 2);
    CHECK(spans[0].status.code == status_code::unset);
    CHECK_FALSE(spans[0].attributes.contains("error.type"));
    CHECK(spans[1].status.code == status_code::error);
    CHECK(spans[1].attributes["error.type"] == "std::runtime_error");
}

TEST_CASE("requests are measured by server, status and error") {
    nanotel_test::instrumented telemetry;
    echoing_server shop;
    nanotel::httplib_client<> client("127.0.0.1", shop.port);
    REQUIRE(client.Get("/echo"));
    REQUIRE(client.Get("/missing"));
    const nanotel::finished_metric durations = telemetry.metric("http.client.request.duration");
    CHECK(durations.unit == "s");
    const auto* const good = durations.find({{"http.request.method", "GET"},
                                             {"server.address", "127.0.0.1"},
                                             {"server.port", shop.port},
                                             {"http.response.status_code", 200},
                                             {"network.protocol.version", "1.1"}});
    REQUIRE(good != nullptr);
    CHECK(good->count == 1);
    CHECK(good->explicit_bounds.size() == 14);
    CHECK(durations.find({{"http.request.method", "GET"},
                          {"server.address", "127.0.0.1"},
                          {"server.port", shop.port},
                          {"http.response.status_code", 404},
                          {"error.type", "404"},
                          {"network.protocol.version", "1.1"}}) != nullptr);
}

TEST_CASE("a server's span is a child of the client's, through every server on the way") {
    nanotel_test::instrumented telemetry;
    nanotel_test::served<> payment;
    std::string paid_by, parent_header;
    payment.server.Post("/charge", [&](const httplib::Request& request, httplib::Response&) {
        parent_header = request.get_header_value("traceparent");
        const nanotel::context here = nanotel::current_context();
        const nanotel::text customer = here.baggage.get("customer");
        paid_by.assign(customer.data, customer.size);
    });
    payment.run();
    nanotel_test::served<> cart;
    cart.server.Get("/checkout", [&](const httplib::Request&, httplib::Response& response) {
        nanotel::httplib_client<> client("127.0.0.1", payment.port);
        response.status = client.Post("/charge", {{"traceparent", "is replaced"}}) ? 200 : 500;
    });
    cart.run();
    nanotel::httplib_client<> client("127.0.0.1", cart.port);
    REQUIRE(client.Get("/checkout", {{"baggage", "customer=ada"}}));

    const finished_span asked = telemetry.span("GET", span_kind::client);
    const finished_span checkout = telemetry.span("GET /checkout", span_kind::server);
    const finished_span charging = telemetry.span("POST", span_kind::client);
    const finished_span charged = telemetry.span("POST /charge", span_kind::server);
    CHECK(asked.parent_span_id.empty());
    CHECK(checkout.parent_span_id == asked.span_id);
    CHECK(charging.parent_span_id == checkout.span_id);
    CHECK(charged.parent_span_id == charging.span_id);
    for (const finished_span* one : {&checkout, &charging, &charged}) CHECK(one->trace_id == asked.trace_id);
    CHECK((checkout.flags & 0x300) == 0x300); // its parent is remote
    CHECK((charging.flags & 0x300) == 0x100);
    CHECK(parent_header == "00-" + charging.trace_id + '-' + charging.span_id + "-03");
    CHECK(paid_by == "ada");
}

TEST_CASE("headers that a proxy sends on lose the trace state of its caller") {
    nanotel_test::instrumented telemetry;
    nanotel_test::served<httplib::Server> shop;
    httplib::Headers came;
    shop.server.Get("/a",
                    [&](const httplib::Request& request, httplib::Response&) { came = request.headers; });
    shop.run();
    nanotel::httplib_client<> client("127.0.0.1", shop.port);
    const httplib::Headers of_caller{
        {"Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
        {"Tracestate", "theirs=1"},
        {"X-Tenant", "blue"}};
    REQUIRE(client.Get("/a", of_caller));
    CHECK(came.count("traceparent") == 1);
    CHECK(came.count("tracestate") == 0);
    CHECK(came.find("X-Tenant")->second == "blue");
    CHECK(came.find("traceparent")->second.find(telemetry.span("GET", span_kind::client).trace_id) == 3);
}

TEST_CASE("without a start a client sends") {
    echoing_server shop;
    nanotel::httplib_client<> client("127.0.0.1", shop.port);
    const auto response = client.Get("/echo");
    REQUIRE(response);
    CHECK(response->body == "GET  ");
}
