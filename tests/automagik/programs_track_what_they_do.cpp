// SPDX-License-Identifier: MIT
// The programs of examples/automagik against receivers of this test, and what the client and its processor
// make of everything that can be recorded.
#include "user.hpp"

#include "../../examples/automagik/agent.hpp"
#include "../../examples/automagik/langwatch.hpp"
#include "../../examples/automagik/smoke_test.hpp"
#include "../../examples/automagik/tool.hpp"

#include <nanotel/automagik/httplib.hpp>

#include <exporters/certificates.hpp>
#include <exporters/loopback.hpp>
#include <support/child_process.hpp>

#include <algorithm>

#include <doctest/doctest.h>

using namespace nanotel::literals;
using namespace std::chrono_literals;
using automagik::metric_type;
using nanotel_test::came;
using nanotel_test::environment_of;
using nanotel_test::http_peer;
using nanotel_test::temporary_folder;
using nanotel_test::user;
using nanotel_test::variable_map;

namespace {

bool is_hash(const nanotel::any_value& value) {
    const auto* const text = value.get_if<std::string>();
    return text && text->size() == 23 && text->starts_with("sha256:");
}

} // namespace

TEST_CASE("the smoke test arrives, field by field") {
    const user ada;
    http_peer receiver;
    CHECK(automagik_examples::smoke_test(ada.options(receiver.url())) == 0);
    const came all(receiver.requests());

    const auto& span = all.span("test.operation");
    CHECK(span.trace_id.size() == 32);
    CHECK(span.span_id.size() == 16);
    CHECK(span.parent_span_id.empty());
    CHECK(span.kind == nanotel::span_kind::internal);
    CHECK(span.status.code == nanotel::status_code::unset);
    CHECK(span.attributes["test.type"] == "smoke");
    REQUIRE(span.attributes["test.timestamp"].get_if<std::int64_t>());
    CHECK(*span.attributes["test.timestamp"].get_if<std::int64_t>() > 1'700'000'000);
    CHECK(span.attributes.size() == 2);
    CHECK(span.scope.name == "my-app.telemetry");
    CHECK(span.scope.version == "1.0.0");

    const auto& counted = all.metric("test_counter");
    CHECK(counted.kind == nanotel::finished_metric_kind::sum);
    CHECK(counted.monotonic);
    REQUIRE(counted.points.size() == 1);
    CHECK(counted.points[0].value == 1.0);
    CHECK(counted.points[0].attributes["environment"] == "test");
    const auto& requests = all.metric("api_requests_total");
    REQUIRE(requests.points.size() == 1);
    CHECK(requests.points[0].value == 42.0);

    REQUIRE(all.logs.size() == 1);
    CHECK(all.logs[0].body == "smoke test sent");
    CHECK(all.logs[0].severity_text == "INFO");
    CHECK(all.logs[0].scope.name == "my-app.telemetry");

    for (const auto* const resource : {&span.resource, &counted.resource, &all.logs[0].resource}) {
        const auto& about = *resource;
        CHECK(about["service.name"] == "my-app");
        CHECK(about["service.version"] == "1.0.0");
        CHECK(about["project.name"] == "my-app");
        CHECK(about["project.version"] == "1.0.0");
        REQUIRE(about["user.id"].get_if<std::string>());
        CHECK(*about["user.id"].get_if<std::string>() ==
              nanotel_test::read_file(ada.home / ".automagik/user_id"));
        REQUIRE(about["session.id"].get_if<std::string>());
        CHECK(automagik::detail::home_files::is_uuid(*about["session.id"].get_if<std::string>()));
        // Nothing tells whose machine it is.
        for (const char* const key : {"host.name", "process.owner", "process.executable.path", "host.id"})
            CHECK_FALSE(about.contains(key));
        CHECK(about.contains("os.type"));
    }
}

TEST_CASE("a run of an agent tells how it went, and its error whose data it is not") {
    const user ada;
    http_peer receiver;
    CHECK(automagik_examples::agent(ada.options(receiver.url())) == 0);
    const came all(receiver.requests());
    std::vector<nanotel::finished_span> runs;
    for (const auto& span : all.spans)
        if (span.name == "agent.run") runs.push_back(span);
    REQUIRE(runs.size() == 2);
    for (const auto& run : runs) {
        CHECK(run.attributes["project"] == "my-app");
        CHECK(run.attributes["agent.name"] == "researcher");
        CHECK(run.attributes["agent.framework"] == "agno");
        CHECK(run.attributes["agent.run_id"] == "run-7");
        CHECK(run.attributes["agent.session_id"] == "session-1");
        CHECK(run.attributes["multimodal"] == true);
        REQUIRE(run.attributes["duration_ms"].get_if<double>());
        CHECK(*run.attributes["duration_ms"].get_if<double>() >= 0);
    }
    CHECK(runs[0].attributes["success"] == true);
    CHECK(runs[0].attributes["token_count"] == 26);
    CHECK(runs[0].status.code == nanotel::status_code::unset);
    CHECK(runs[1].attributes["success"] == false);
    CHECK(runs[1].attributes["error_type"] == "std::runtime_error");
    CHECK(runs[1].status.code == nanotel::status_code::error);

    const auto& error = all.span("automagik.error");
    CHECK(error.trace_id == runs[1].trace_id);
    CHECK(error.parent_span_id == runs[1].span_id);
    CHECK(error.attributes["error_type"] == "std::runtime_error");
    CHECK(error.attributes["error_code"] == "AGENT-1001");
    const std::string sent = "the model at sha256:";
    for (const std::string* const text :
         {error.attributes["error_message"].get_if<std::string>(), &error.status.message}) {
        REQUIRE(text);
        CHECK(text->starts_with(sent));
        CHECK(text->find("ada@") == std::string::npos);
        CHECK(text->find("10.1.2.3") == std::string::npos);
    }
    REQUIRE(error.events.size() == 1);
    CHECK(error.events[0].attributes["exception.message"] == error.attributes["error_message"]);

    const auto& tokens = all.metric("agent.tokens");
    CHECK(tokens.kind == nanotel::finished_metric_kind::histogram);
    REQUIRE(tokens.points.size() == 1);
    CHECK(tokens.points[0].count == 1);
    CHECK(tokens.points[0].sum == 26.0);
    CHECK(tokens.points[0].bucket_counts.size() == 16);
}

TEST_CASE("a tool sends nothing before its user says yes, and everything before it ends") {
    user ada;
    ada.variables.erase("AUTOMAGIK_TELEMETRY_ENABLED");
    http_peer receiver;
    const auto run = [&](const char* answer, std::string_view command) {
        std::FILE* const input = std::tmpfile();
        std::FILE* const output = std::tmpfile();
        std::fputs(answer, input);
        std::rewind(input);
        automagik::client_options options = ada.options(receiver.url());
        const int code = automagik_examples::tool(
            options,
            {.input = input, .output = output, .interactive = true, .environment = options.environment},
            command, "all");
        std::fclose(input);
        std::fclose(output);
        return code;
    };
    CHECK(run("n\n", "list") == 0);
    CHECK(receiver.requests().empty());
    CHECK(run("y\n", "list") == 0); // it was asked once
    CHECK(receiver.requests().empty());

    CHECK(automagik::detail::home_files(ada.options().environment).save_preference(true) == "");
    CHECK(run("", "lsit") == 2);
    const came all(receiver.requests());
    const auto& command = all.span("automagik.cli.command");
    CHECK(command.attributes["command"] == "lsit");
    CHECK(command.attributes["subcommand"] == "all");
    CHECK(command.attributes["success"] == false);
    CHECK(command.attributes["exit_code"] == 2);
    CHECK(command.attributes.contains("duration_ms"));
    CHECK(command.status.code == nanotel::status_code::error);
    const auto& feature = all.span("automagik.feature.used");
    CHECK(feature.attributes["project"] == "my-app");
    CHECK(feature.attributes["feature_category"] == "cli");
    CHECK(feature.parent_span_id == command.span_id);
}

TEST_CASE("LangWatch gets one in ten traces whole, and the Collector every anonymous event") {
    user ada;
    http_peer collector;
    const nanotel_test::certificate identity;
    const nanotel_test::file_with trusted(identity.pem());
    httplib::SSLServer langwatch(identity.x509(), identity.key());
    REQUIRE(langwatch.is_valid());
    std::mutex mutex;
    std::vector<httplib::Request> taken;
    langwatch.Post(".*", [&](const httplib::Request& request, httplib::Response& response) {
        const std::lock_guard lock(mutex);
        taken.push_back(request);
        response.set_content("{}", "application/json");
    });
    const int port = langwatch.bind_to_any_port("127.0.0.1");
    std::thread serving([&] { langwatch.listen_after_bind(); });
    while (!langwatch.is_running()) std::this_thread::yield();

    ada.variables["LANGWATCH_API_KEY"] = "sk-lw-0123456789";
    ada.variables["LANGWATCH_ENDPOINT"] = "https://localhost:" + std::to_string(port);
    ada.variables["OTEL_EXPORTER_OTLP_CERTIFICATE"] = trusted.path();
    constexpr int conversations = 400;
    CHECK(automagik_examples::langwatch(ada.options(collector.url()), conversations) == 0);
    langwatch.stop();
    serving.join();

    const came anonymous(collector.requests());
    CHECK(anonymous.spans.size() == conversations);
    for (const auto& span : anonymous.spans) CHECK(span.name == "agent.run");
    for (const auto& request : collector.requests()) CHECK_FALSE(request.has_header("Authorization"));

    REQUIRE_FALSE(taken.empty());
    for (const auto& request : taken)
        CHECK(request.get_header_value("Authorization") == "Bearer sk-lw-0123456789");
    const came detailed(taken, "/api/otel");
    CHECK(detailed.metrics.empty());
    CHECK(detailed.logs.empty());
    std::map<std::string, int> traces;
    for (const auto& span : detailed.spans) {
        ++traces[span.trace_id];
        CHECK(span.trace_state.find("ot=th:") != std::string::npos);
    }
    for (const auto& one : traces) CHECK(one.second == 3);
    // 40 expected; these bounds are ten standard deviations away.
    CHECK(traces.size() > 0);
    CHECK(traces.size() < 100);
}

TEST_CASE("every route of a server is tracked with one line") {
    const user ada;
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    automagik::telemetry client(ada.options(memory));
    automagik::httplib_server<> server(client);
    server.Get(R"(/contacts/(\d+))",
               [](const httplib::Request&, httplib::Response& response) { response.status = 404; });
    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread serving([&] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
    httplib::Client browser("127.0.0.1", port);
    CHECK(static_cast<bool>(browser.Get("/contacts/4711")));
    CHECK(static_cast<bool>(browser.Get("/nowhere")));
    server.stop();
    serving.join();
    CHECK(client.flush());
    std::vector<nanotel::finished_span> requests;
    for (const auto& span : memory->spans())
        if (span.name == "automagik.api.request") requests.push_back(span);
    REQUIRE(requests.size() == 2);
    // Of two threads, in whatever order.
    if (requests[0].attributes["endpoint"] == "unmatched") std::swap(requests[0], requests[1]);
    CHECK(requests[0].attributes["endpoint"] == R"(/contacts/(\d+))");
    CHECK(requests[1].attributes["endpoint"] == "unmatched");
    for (const auto& request : requests) {
        CHECK(request.attributes["project"] == "my-app");
        CHECK(request.attributes["method"] == "GET");
        CHECK(request.attributes["status"] == 404);
        CHECK(request.attributes.contains("duration_ms"));
        CHECK(request.kind == nanotel::span_kind::server);
        CHECK_FALSE(request.parent_span_id.empty());
    }
}

TEST_CASE("keys and names of run time are recorded as typed ones are") {
    const user ada;
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    automagik::telemetry client(ada.options(memory));
    const std::string name = "contacts.listed";
    client.track_event(name, {{"count", 3}, {"ratio", 0.5}, {"fresh", true}, {"who", std::string("team")}});
    client.track_error("it broke", {{"error_code", "OMNI-1001"}});
    client.track_log("hello", nanotel::severity::error, {{"count", 3}});
    for (int i = 0; i < 3; ++i) {
        client.track_metric("calls", 2, metric_type::counter, {{"endpoint", "/a"}});
        client.track_metric("level", i, metric_type::gauge, "tank"_attr = 1);
        client.track_metric("latency", 100 * i, metric_type::histogram);
    }
    client.track_metric("calls", -1, metric_type::counter, {{"endpoint", "/a"}}); // no increment
    client.track_metric("1 bad name", 1);
    CHECK(client.flush());
    const auto spans = memory->spans();
    REQUIRE(spans.size() == 2);
    CHECK(spans[0].name == name);
    CHECK(spans[0].attributes["count"] == 3);
    CHECK(spans[0].attributes["ratio"] == 0.5);
    CHECK(spans[0].attributes["fresh"] == true);
    CHECK(spans[0].attributes["who"] == "team");
    CHECK(spans[1].attributes["error_message"] == "it broke");
    CHECK(spans[1].attributes["error_code"] == "OMNI-1001");
    REQUIRE(memory->logs().size() == 1);
    CHECK(memory->logs()[0].attributes["count"] == 3);
    CHECK(memory->logs()[0].severity == nanotel::severity::error);
    std::map<std::string, nanotel::finished_point> points;
    for (const auto& metric : memory->metrics())
        for (const auto& point : metric.points) points[metric.name] = point;
    CHECK(points.size() == 3);
    CHECK(points["calls"].value == 6.0);
    CHECK(points["calls"].attributes["endpoint"] == "/a");
    CHECK(points["level"].value == 2.0);
    CHECK(points["latency"].count == 3);
    CHECK(points["latency"].sum == 300.0);
}

TEST_CASE("what is personal is hidden wherever it is recorded") {
    const user ada;
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    automagik::client_options options = ada.options(memory);
    options.adjust = [into_memory = options.adjust](nanotel::options& o) {
        into_memory(o);
        // What a view takes from the series its exemplars still have.
        o.views.push_back({.instrument_name = "addressed", .exclude_keys = {"to"}});
    };
    automagik::telemetry client(std::move(options));
    {
        const std::vector<std::string> list{"ada@example.com", "plain"};
        NANOTEL_SPAN(span, "signup", "who"_attr = "ada@example.com", "password"_attr = 987654321987,
                     "n"_attr = 5, "list"_attr = list, "plain"_attr = "text",
                     "user"_attr =
                         nanotel::map("mail"_attr = "ada@example.com", "token"_attr = "x", "age"_attr = 36));
        span.set("late"_attr = "10.0.0.1", "secret"_attr = list, "token_count"_attr = 9);
        span.update_name("signup of ada@example.com");
        span.add_event("mailed ada@example.com", "to"_attr = "ada@example.com");
        span.add_link(span.context(), "path"_attr = "/home/ada/x");
        span.set_status(nanotel::status_code::error, "no mail for ada@example.com");
        NANOTEL_LOG_WARN("mail to {} from {}", "ada@example.com", 7, "ip"_attr = "10.0.0.1",
                         "password"_attr = 5);
        NANOTEL_LOG_INFO("clean {}", 1, "ip"_attr = "10.0.0.1");
        NANOTEL_LOG_INFO("clean");
        client.track_metric("addressed", 1, metric_type::counter, "to"_attr = "ada@example.com");
    }
    client.track_log(std::string(2000, 'x'), nanotel::severity::info);
    client.track_event("long", "text"_attr = std::string(2000, 'y'));
    client.track_metric("mails", 1, metric_type::counter, "to"_attr = "ada@example.com");
    client.track_metric("mails", 1, metric_type::counter, {{"to", "ada@example.com"}});
    CHECK(client.flush());
    for (const auto kind : {nanotel::signal::traces, nanotel::signal::metrics, nanotel::signal::logs})
        for (const std::string& body : memory->bodies(kind))
            for (const char* const what : {"ada@example.com", "10.0.0.1", "987654321987", "/home/ada"})
                CHECK_MESSAGE(body.find(what) == std::string::npos, body);

    const auto spans = memory->spans();
    REQUIRE(spans.size() == 2);
    const auto& span = spans[0];
    CHECK(is_hash(span.attributes["who"]));
    CHECK(span.attributes["password"] == "[REDACTED]");
    CHECK(span.attributes["n"] == 5);
    CHECK(span.attributes["plain"] == "text");
    CHECK(span.attributes["secret"] == "[REDACTED]");
    CHECK(span.attributes["token_count"] == 9);
    CHECK(is_hash(span.attributes["late"]));
    CHECK(span.attributes.size() == 9);
    const auto* const list = span.attributes["list"].get_if<nanotel::any_value::array>();
    REQUIRE(list);
    REQUIRE(list->size() == 2);
    CHECK(is_hash((*list)[0]));
    CHECK((*list)[1] == "plain");
    const auto* const map = span.attributes["user"].get_if<nanotel::attribute_list>();
    REQUIRE(map);
    CHECK(is_hash((*map)["mail"]));
    CHECK((*map)["token"] == "[REDACTED]");
    CHECK((*map)["age"] == 36);
    CHECK(span.name == "signup of sha256:b5fc85e55755f9e0");
    REQUIRE(span.events.size() == 1);
    CHECK(span.events[0].name.starts_with("mailed sha256:"));
    CHECK(is_hash(span.events[0].attributes["to"]));
    REQUIRE(span.links.size() == 1);
    CHECK(span.links[0].trace_id == span.trace_id);
    CHECK(span.status.message.starts_with("no mail for sha256:"));
    CHECK(spans[1].attributes["text"] == std::string(500, 'y'));

    const auto logs = memory->logs();
    REQUIRE(logs.size() == 4);
    const auto* const body = logs[0].body.get_if<std::string>();
    REQUIRE(body);
    CHECK(body->starts_with("mail to sha256:"));
    CHECK(body->ends_with(" from 7"));
    CHECK(logs[0].severity_text == "WARN");
    CHECK(is_hash(logs[0].attributes["ip"]));
    CHECK(logs[0].attributes["password"] == "[REDACTED]");
    CHECK(logs[0].trace_id == span.trace_id);
    CHECK(logs[0].span_id == span.span_id);
    CHECK(logs[0].attributes.contains("code.file.path"));
    CHECK(logs[0].attributes.contains("code.line.number"));
    CHECK(logs[0].time_unix_nano >= span.start_time_unix_nano);
    CHECK(logs[1].body == "clean 1");
    CHECK(is_hash(logs[1].attributes["ip"]));
    CHECK(logs[2].body == "clean");
    CHECK(logs[3].body == std::string(1000, 'x'));

    // Both ways of giving the label are one series of what is sent.
    double sum = 0;
    bool addressed = false;
    for (const auto& metric : memory->metrics())
        for (const auto& point : metric.points) {
            if (metric.name == "addressed" && !point.exemplars.empty()) {
                addressed = true;
                CHECK(is_hash(point.exemplars[0].filtered_attributes["to"]));
            }
            if (metric.name != "mails") continue;
            CHECK(metric.points.size() == 1);
            CHECK(is_hash(point.attributes["to"]));
            sum = *point.value.get_if<double>();
        }
    CHECK(sum == 2);
    CHECK(addressed);
}

TEST_CASE("a record whose processing fails is lost and counted, and nothing of it is sent") {
    struct failing final : nanotel::text_processor {
        bool replace(nanotel::text_place, std::string_view, std::string_view value,
                     std::string&) const override {
            if (value == "throw") throw std::runtime_error("no");
            return false;
        }
    };
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    nanotel::options options;
    options.exporter = memory;
    options.processor = std::make_shared<failing>();
    auto telemetry = nanotel::start(options);
    const auto before = telemetry.stats();
    {
        NANOTEL_SPAN(span, "bad", "a"_attr = "throw");
    }
    {
        NANOTEL_SPAN(span, "good", "a"_attr = "catch");
    }
    NANOTEL_LOG_INFO("{}", "throw");
    static_cast<void>(telemetry.flush(60s));
    const auto after = telemetry.stats();
    REQUIRE(memory->spans().size() == 1);
    CHECK(memory->spans()[0].name == "good");
    CHECK(memory->logs().empty());
    CHECK(after.recorded - before.recorded == 2);
    CHECK(after.dropped_by.out_of_memory - before.dropped_by.out_of_memory == 1);
    CHECK(after.logs.dropped_by.out_of_memory - before.logs.dropped_by.out_of_memory == 1);
    CHECK(after.recorded == after.delivered + after.queued + after.dropped);
}

TEST_CASE("enable and disable hold for this process and are remembered for the next") {
    user ada;
    ada.variables.erase("AUTOMAGIK_TELEMETRY_ENABLED");
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    automagik::telemetry client(ada.options(memory));
    CHECK_FALSE(client.is_enabled());
    client.track_event("unheard");
    client.track_metric("unheard", 1);
    client.track_log("unheard");
    CHECK(client.flush());
    CHECK_FALSE(client.status().enabled);
    CHECK_FALSE(std::filesystem::exists(ada.home / ".automagik"));

    CHECK(client.enable());
    CHECK(client.is_enabled());
    client.track_event("heard");
    CHECK(client.disable()); // sends it
    CHECK_FALSE(client.is_enabled());
    client.track_event("unheard");
    REQUIRE(memory->spans().size() == 1);
    CHECK(memory->spans()[0].name == "heard");
    CHECK(automagik::decide_opt_in(ada.options().environment).by == automagik::decided_by::opt_out_file);

    CHECK(client.enable());
    client.track_event("again");
    CHECK(client.flush());
    CHECK(memory->spans().size() == 2);
    const auto status = client.status();
    CHECK(status.enabled);
    CHECK(status.project_name == "my-app");
    CHECK(status.endpoint == "http://localhost:4318/v1/traces");
    CHECK(status.sent >= 2);
    CHECK(automagik::decide_opt_in(ada.options().environment).enabled);
}

TEST_CASE("the master switch keeps telemetry off whatever the program wants") {
    user ada;
    ada.variables["AUTOMAGIK_DISABLE_ALL_TRACING"] = "true";
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    automagik::telemetry client(ada.options(memory));
    CHECK_FALSE(client.is_enabled());
    CHECK_FALSE(client.enable());
    client.track_event("unheard");
    CHECK(memory->spans().empty());
}

TEST_CASE("with the backend down nothing blocks, throws or is forgotten without being counted") {
    const user ada;
    const auto ports = nanotel_test::free_ports<1>();
    auto options = ada.options("http://127.0.0.1:" + std::to_string(ports[0]));
    options.shutdown_timeout = 50ms;
    automagik::telemetry client(options);
    const auto before = client.status();
    for (int i = 0; i < 1000; ++i) client.track_event("lost", "i"_attr = i);
    CHECK_FALSE(client.flush(50ms));
    // The flush did not wait for the collector thread: the counts add up when that has come to rest.
    const auto is_quiet = [&] { return client.status().queued - before.queued == 1000; };
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!is_quiet() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    CHECK(is_quiet());
    const auto status = client.status();
    CHECK(status.sent == before.sent);
    CHECK(status.failed == before.failed);
    CHECK(status.dropped == before.dropped);
}

TEST_CASE("a client is off where what it tracks would be sent as somebody else has started it, uncleaned") {
    const auto theirs = std::make_shared<nanotel::memory_exporter>();
    auto running = nanotel::start({.exporter = theirs});
    CHECK(running.is_owner());
    const user ada;
    {
        automagik::telemetry client(ada.options(std::make_shared<nanotel::memory_exporter>()));
        CHECK_FALSE(client.is_enabled());
        client.track_event("unheard", "mail"_attr = "ada@example.com");
        CHECK(client.disable()); // which ends nothing of theirs
    }
    {
        NANOTEL_SCOPED_SPAN("theirs");
    }
    CHECK(running.flush(60s));
    REQUIRE(theirs->spans().size() == 1);
    CHECK(theirs->spans()[0].name == "theirs");
}

TEST_CASE("options that cannot be are an exception that says what to do") {
    CHECK_THROWS_WITH_AS(automagik::telemetry({.project_name = "", .version = "1"}),
                         doctest::Contains(".project_name"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(automagik::telemetry({.project_name = "x", .version = " "}),
                         doctest::Contains(".version"), std::invalid_argument);
}
