// SPDX-License-Identifier: MIT
#include "user.hpp"

#include <nanotel/automagik/httplib.hpp>

#include <thread>

using namespace nanotel::literals;
using nanotel_test::user;

namespace {

struct tracking {
    user ada{};
    const std::shared_ptr<nanotel::memory_exporter> memory = std::make_shared<nanotel::memory_exporter>();
    automagik::telemetry client{ada.options(memory)};

    std::vector<nanotel::finished_span> spans() {
        CHECK(client.flush());
        return memory->spans();
    }
};

} // namespace

TEST_CASE("an event of each standard schema is a span of its name with its project and attributes") {
    namespace events = automagik::events;
    tracking here;
    automagik::telemetry& client = here.client;
    client.track_event(events::performance_latency, "operation_type"_attr = "query",
                       "duration_ms"_attr = 12.5);
    client.track_event(events::health, "service_name"_attr = "database", "status"_attr = "degraded");
    client.track_event(events::error, "error_message"_attr = "no disk", "error_type"_attr = "DiskError",
                       "error_code"_attr = "APP-1001", "error_category"_attr = "storage",
                       "severity"_attr = "high", "operation"_attr = "save");
    client.track_event(events::api_request, "endpoint"_attr = "/orders", "method"_attr = "POST",
                       "status"_attr = 503, "duration_ms"_attr = 1.5, "error_type"_attr = "503");
    const auto spans = here.spans();
    REQUIRE(spans.size() == 4);
    for (const auto& span : spans) CHECK(span.attributes["project"] == "my-app");

    CHECK(spans[0].name == "automagik.performance.latency");
    CHECK(spans[0].kind == nanotel::span_kind::internal);
    CHECK(spans[0].attributes["operation_type"] == "query");
    CHECK(spans[0].attributes["duration_ms"] == 12.5);
    CHECK(spans[0].attributes.size() == 3);

    CHECK(spans[1].name == "automagik.health");
    CHECK(spans[1].attributes["service_name"] == "database");
    CHECK(spans[1].attributes["status"] == "degraded");
    CHECK(spans[1].attributes.size() == 3);

    CHECK(spans[2].name == "automagik.error");
    CHECK(spans[2].attributes["error_message"] == "no disk");
    CHECK(spans[2].attributes["error_type"] == "DiskError");
    CHECK(spans[2].attributes["error_code"] == "APP-1001");
    CHECK(spans[2].attributes["error_category"] == "storage");
    CHECK(spans[2].attributes["severity"] == "high");
    CHECK(spans[2].attributes["operation"] == "save");
    CHECK(spans[2].attributes.size() == 7);

    CHECK(spans[3].name == "automagik.api.request");
    CHECK(spans[3].kind == nanotel::span_kind::server);
    CHECK(spans[3].attributes["endpoint"] == "/orders");
    CHECK(spans[3].attributes["status"] == 503);
    CHECK(spans[3].attributes["error_type"] == "503");
}

TEST_CASE("a request that the server fails has its status as error_type, another has none") {
    tracking here;
    automagik::httplib_server<> server(here.client);
    server.Get("/fails", [](const httplib::Request&, httplib::Response& response) { response.status = 503; });
    server.Get("/refuses",
               [](const httplib::Request&, httplib::Response& response) { response.status = 499; });
    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread serving([&] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
    httplib::Client browser("127.0.0.1", port);
    CHECK(static_cast<bool>(browser.Get("/fails")));
    CHECK(static_cast<bool>(browser.Get("/refuses")));
    server.stop();
    serving.join();
    int requests = 0;
    for (const auto& span : here.spans()) {
        if (span.name != "automagik.api.request") continue;
        ++requests;
        const bool fails = span.attributes["endpoint"] == "/fails";
        CHECK(span.attributes["status"] == (fails ? 503 : 499));
        CHECK(span.attributes.contains("error_type") == fails);
        if (fails) CHECK(span.attributes["error_type"] == "503");
    }
    CHECK(requests == 2);
}

TEST_CASE("a run that an exception leaves is no success and has an error_type") {
    tracking here;
    try {
        automagik::agent_run run(here.client, "researcher", {.framework = "agno"});
        throw std::runtime_error("nobody catches it in here");
    } catch (const std::runtime_error&) {
    }
    try {
        automagik::command_run run(here.client, "import");
        throw 5;
    } catch (int) {
    }
    const auto spans = here.spans();
    REQUIRE(spans.size() == 2);
    for (const auto& span : spans) {
        CHECK(span.attributes["success"] == false);
        CHECK(span.attributes["error_type"] == "_OTHER");
        CHECK(span.attributes.contains("duration_ms"));
        CHECK(span.status.code == nanotel::status_code::error);
    }
}

TEST_CASE("a run that knows its exception keeps that one's type when it is thrown on") {
    tracking here;
    try {
        automagik::agent_run run(here.client, "researcher", {.framework = "agno"});
        try {
            throw std::out_of_range("5 of 3");
        } catch (const std::exception& problem) {
            run.failed(problem);
            throw;
        }
    } catch (const std::exception&) {
    }
    const auto spans = here.spans();
    REQUIRE(spans.size() == 1);
    CHECK(spans[0].attributes["success"] == false);
    CHECK(spans[0].attributes["error_type"] == "std::out_of_range");
}

TEST_CASE("a run that begins and ends while an exception flies is none of its failures") {
    tracking here;
    struct cleaning {
        automagik::telemetry& client;
        ~cleaning() { automagik::command_run run(client, "clean up"); }
    };
    try {
        const cleaning after{here.client};
        throw std::runtime_error("it flies past");
    } catch (const std::runtime_error&) {
    }
    const auto spans = here.spans();
    REQUIRE(spans.size() == 1);
    CHECK(spans[0].attributes["success"] == true);
    CHECK_FALSE(spans[0].attributes.contains("error_type"));
    CHECK(spans[0].status.code == nanotel::status_code::unset);
}
