// SPDX-License-Identifier: MIT
#include "exporters/certificates.hpp"
#include "exporters/diagnostics_heard.hpp"
#include "support/clickhouse_engine.hpp"
#include "support/fault_proxy.hpp"

#include <nanotel/clickhouse/schema.hpp>
#include <nanotel/exporters/clickhouse.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace nanotel_test;
using namespace std::chrono_literals;
using nanotel::export_outcome;
using lines = std::vector<std::string>;

const nanotel::environment nothing_set{[](const std::string&) { return std::optional<std::string>(); }};

std::shared_ptr<nanotel::exporter> inserting_to(const std::string& endpoint,
                                                nanotel::clickhouse_options with = {}) {
    with.endpoint = endpoint;
    return nanotel::clickhouse_exporter(with, nothing_set);
}

nanotel::export_result insert(nanotel::exporter& to, std::string_view rows,
                              nanotel::signal kind = nanotel::signal::traces) {
    return to.send({kind, rows, 1}, std::chrono::steady_clock::now() + 60s);
}

// Whose rows stay, however long ago they are from.
void make_tables(const clickhouse_engine& engine) {
    for (const std::string& statement : nanotel::clickhouse_schema({.ttl_days = 0})) engine.query(statement);
}

std::string span_row(const std::string& name) {
    return R"({"span_id":")" + name +
           R"(","timestamp":"2023-11-14T22:13:20.123456789Z","timestamp_ns":1700000000123456789})"
           "\n";
}

} // namespace

TEST_CASE("rows go into tables of any age and zone, once, and what the engine refuses is said") {
    const std::string python = real_chdb();
    if (python.empty()) return;
    clickhouse_engine engine(python, {"writer", "secret word", "Asia/Tokyo", {}, {}});
    make_tables(engine);
    diagnostics_heard heard;
    const auto exporter = inserting_to(engine.endpoint(), {.user = "writer", .password = "secret word"});

    // The server's zone is nine hours from UTC: the instant is the same.
    CHECK(insert(*exporter, span_row("a")).outcome == export_outcome::delivered);
    CHECK(engine.value("SELECT toUnixTimestamp(timestamp), timestamp_ns FROM telemetry.traces") ==
          "1700000000\t1700000000123456789");
    // A retry of the same bytes changes nothing, other bytes do; and nobody needs to be told.
    CHECK(insert(*exporter, span_row("a")).outcome == export_outcome::delivered);
    CHECK(
        insert(*inserting_to(engine.endpoint(), {.user = "writer", .password = "secret word"}), span_row("a"))
            .outcome == export_outcome::delivered);
    CHECK(insert(*exporter, span_row("b")).outcome == export_outcome::delivered);
    CHECK(engine.query("SELECT span_id FROM telemetry.traces ORDER BY span_id") == lines{"a", "b"});
    CHECK(heard.lines().empty());

    // An older table: fewer columns, more exact times, and nothing that remembers an insert.
    engine.query(
        "CREATE TABLE telemetry.`old ``one``` (span_id String, timestamp DateTime64(6), timestamp_ns UInt64) "
        "ENGINE = MergeTree ORDER BY timestamp");
    const auto to_old = inserting_to(
        engine.endpoint(), {.traces_table = "old `one`", .user = "writer", .password = "secret word"});
    const std::string more =
        R"({"span_id":"c","cloud_region":"eu","attributes":{"a":"b"},)" + span_row("c").substr(15);
    CHECK(insert(*to_old, more).outcome == export_outcome::delivered);
    CHECK(insert(*to_old, span_row("d")).outcome == export_outcome::delivered);
    CHECK(engine.query(
              "SELECT span_id, toUnixTimestamp64Micro(timestamp) FROM telemetry.`old ``one``` ORDER BY 1") ==
          lines{"c\t1700000000123456", "d\t1700000000123456"});
    REQUIRE(heard.lines().size() == 1); // once, however many inserts
    CHECK(heard.text().find("non_replicated_deduplication_window = 1000") != std::string::npos);

    // A large body is compressed, and comes out the same.
    std::string large;
    for (int i = 0; i < 200; ++i) large += span_row("large" + std::to_string(i));
    CHECK(insert(*exporter, large).outcome == export_outcome::delivered);
    CHECK(engine.value("SELECT count() FROM telemetry.traces WHERE startsWith(span_id, 'large')") == "200");

    const auto refused = [&](nanotel::clickhouse_options options, std::string_view rows,
                             std::string_view said, std::string_view advice) {
        options.user = options.user.empty() ? "writer" : options.user;
        options.password = options.password.empty() ? "secret word" : options.password;
        const auto result = insert(*inserting_to(engine.endpoint(), options), rows);
        CHECK(result.outcome == export_outcome::rejected);
        CAPTURE(result.message);
        CHECK(result.message.starts_with(engine.endpoint() + " did not take rows for "));
        CHECK(result.message.find(said) != std::string::npos);
        CHECK(result.message.find(advice) != std::string::npos);
        CHECK(result.message.find("secret word") == std::string::npos);
        CHECK(result.message.find('\n') == std::string::npos);
    };
    refused({.traces_table = "nowhere"}, span_row("x"), "Code: 60.",
            "create the table with nanotel-clickhouse-schema");
    refused({.database = "nowhere"}, span_row("x"), "Code: 81.",
            "create the database with nanotel-clickhouse-schema");
    refused({.password = "wrong password"}, span_row("x"), "Code: 516.", "check .user and .password");
    refused({}, "{\"timestamp_ns\":\"soon\"}\n", "Code: ", "a column of the table has another type");
}

TEST_CASE("an insert that is sent again is counted once by the roll-ups, and another that looks the same "
          "there too") {
    const std::string python = real_chdb();
    if (python.empty()) return;
    clickhouse_engine engine(python);
    make_tables(engine);
    // The endpoint's query comes first: so a server before 26.2 has it, and the insert has to say otherwise.
    const auto exporter =
        inserting_to(engine.endpoint() + "/?deduplicate_blocks_in_dependent_materialized_views=0");
    // In 2096, so that no TTL is over.
    const auto row = [](const std::string& id) {
        return R"({"span_id":")" + id + R"(","metric_id":")" + id + R"(","log_id":")" + id +
               R"(","metric_type":"SUM","value_double":2,"severity_number":17,"timestamp":"2096-10-02T07:00:00Z"})"
               "\n";
    };
    const auto counted = [&] {
        return engine.value("SELECT (SELECT sum(total_count) FROM telemetry.metrics_hourly), "
                            "(SELECT count() FROM telemetry.traces), "
                            "(SELECT sum(count) FROM telemetry.metrics_5min), "
                            "(SELECT sum(sum_value) FROM telemetry.metrics_5min), "
                            "(SELECT count() FROM telemetry.metrics), "
                            "(SELECT sum(total_logs) FROM telemetry.logs_error_summary), "
                            "(SELECT sum(error_logs) FROM telemetry.logs_error_summary), "
                            "(SELECT count() FROM telemetry.logs)");
    };
    const auto send_thrice = [&](const std::string& id) {
        for (int time = 0; time < 3; ++time)
            for (const auto kind : {nanotel::signal::traces, nanotel::signal::metrics, nanotel::signal::logs})
                CHECK(insert(*exporter, row(id), kind).outcome == export_outcome::delivered);
    };
    send_thrice("a");
    CHECK(counted() == "1\t1\t1\t2\t1\t1\t1\t1");
    send_thrice("b");
    CHECK(counted() == "2\t2\t2\t4\t2\t2\t2\t2");
}

TEST_CASE("what becomes of rows does not depend on the network between") {
    const std::string python = real_chdb();
    if (python.empty()) return;
    clickhouse_engine engine(python);
    make_tables(engine);
    fault_proxy proxy(engine.port());
    const auto exporter = inserting_to(proxy.url(), {.check_deduplication = false});
    int number = 0;
    const auto fails_then_arrives = [&](const fault& what, std::string_view said) {
        const std::string row = span_row("f" + std::to_string(++number));
        proxy.set(what);
        const auto result = insert(*exporter, row);
        CHECK(result.outcome == export_outcome::retryable);
        CAPTURE(result.message);
        CHECK(result.message.find(said) != std::string::npos);
        proxy.heal();
        CHECK(insert(*exporter, row).outcome == export_outcome::delivered);
        CHECK(engine.value("SELECT count() FROM telemetry.traces") == std::to_string(number)); // once
    };
    fails_then_arrives({.how = fault::way::reset_in_body}, "closed the connection");
    fails_then_arrives({.how = fault::way::reset, .forwarded = true},
                       "closed the connection"); // it was taken before
    fails_then_arrives({.how = fault::way::answer, .text = http_text("503 Busy", "later")},
                       "it answered 503 (\"later\")");
    fails_then_arrives(
        {.how = fault::way::answer,
         .forwarded = true,
         .text = http_text("200 OK", "Code: 252. DB::Exception: Too many parts (600). (TOO_MANY_PARTS)")},
        "after it had answered 200 (Code: 252.");
    fails_then_arrives(
        {.how = fault::way::answer,
         .text = http_text("500 Internal Server Error", "Code: 241. DB::Exception: Memory limit exceeded",
                           "X-ClickHouse-Exception-Code: 241\r\n")},
        "give the server more memory");
    // The number alone, as of an answer whose text is cut.
    fails_then_arrives(
        {.how = fault::way::answer,
         .text = http_text("500 Internal Server Error", "", "X-ClickHouse-Exception-Code: 999\r\n")},
        "(exception 999): see whether ClickHouse Keeper runs");
    proxy.refuse();
    const auto down = insert(*exporter, span_row("down"));
    CHECK(down.outcome == export_outcome::retryable);
    CHECK(down.message ==
          proxy.url() + " cannot be reached: nothing accepts connections there; start ClickHouse, or set "
                        "NANOTEL_CLICKHOUSE_ENDPOINT or .endpoint to one that runs");
    proxy.accept_again();
    CHECK(insert(*exporter, span_row("down")).outcome == export_outcome::delivered);
}

TEST_CASE(
    "a forked child inserts through a connection of its own, and ClickHouse may gather the rows of both") {
    const std::string python = real_chdb();
    if (python.empty()) return;
    clickhouse_engine engine(python);
    make_tables(engine);
    fault_proxy proxy(engine.port());
    auto exporter = inserting_to(proxy.url(), {.async_insert = true, .check_deduplication = false});
    REQUIRE(insert(*exporter, span_row("parent")).outcome == export_outcome::delivered);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(60);
        exporter->restart_in_child();
        const bool well = insert(*exporter, span_row("child")).outcome == export_outcome::delivered;
        exporter->interrupt();
        exporter.reset();
        ::_exit(well ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    // The end of the child has not closed the parent's connection, and rows are there when the answer is.
    REQUIRE(insert(*exporter, span_row("parent again")).outcome == export_outcome::delivered);
    CHECK(engine.query("SELECT span_id FROM telemetry.traces ORDER BY span_id") ==
          lines{"child", "parent", "parent again"});
    for (const proxied_request& one : proxy.log())
        CHECK(one.target.find("&wait_for_async_insert=1&async_insert=1&") != std::string::npos);
}

TEST_CASE("ClickHouse is reached over TLS by who trusts its certificate, and by nobody else") {
    const std::string python = real_chdb();
    if (python.empty()) return;
    const certificate identity;
    const file_with pem(identity.pem()), key(identity.key_pem());
    clickhouse_engine engine(python, {.user = "writer",
                                      .password = "secret word",
                                      .certificate_file = pem.path(),
                                      .key_file = key.path()});
    make_tables(engine);
    const nanotel::clickhouse_options of_writer{.user = "writer", .password = "secret word"};
    const auto refused = insert(*inserting_to(engine.endpoint(), of_writer), span_row("unheard"));
    CHECK(refused.outcome == export_outcome::retryable);
    CAPTURE(refused.message);
    CHECK(refused.message.find("has a certificate that is not trusted (") != std::string::npos);
    CHECK(refused.message.find(".tls.certificate_file names its file") != std::string::npos);
    CHECK(refused.message.find("OTEL_") == std::string::npos);
    auto trusting = of_writer;
    trusting.tls.certificate_file = pem.path();
    CHECK(insert(*inserting_to(engine.endpoint(), trusting), span_row("heard")).outcome ==
          export_outcome::delivered);
    CHECK(engine.value("SELECT span_id FROM telemetry.traces") == "heard");
}

TEST_CASE("options of the ClickHouse exporter that cannot work are refused, with what to write instead") {
    const auto problem = [](const nanotel::clickhouse_options& options) -> std::string {
        try {
            static_cast<void>(nanotel::clickhouse_exporter(options, nothing_set));
        } catch (const std::invalid_argument& refused) {
            return refused.what();
        }
        return "taken";
    };
    CHECK(problem({}) == "taken");
    CHECK(problem({.endpoint = "localhost"}).find("as in http://localhost:8123") != std::string::npos);
    const std::string with_password = problem({.endpoint = "http://u:topsecret@h:1"});
    CHECK(with_password.find(".endpoint") != std::string::npos);
    CHECK(with_password.find("set .user and .password instead") != std::string::npos);
    CHECK(with_password.find("topsecret") == std::string::npos);
    CHECK(problem({.password = "a\nb"}).find("the password holds a line break") != std::string::npos);
    CHECK(problem({.logs_table = ""}).find("the name of a table is empty") != std::string::npos);
    CHECK(problem({.timeout = -1ms}) == "clickhouse: .timeout is -1 ms; a timeout is 0 (no limit) or more");

    // The environment, where the code says nothing; a user of the code has a password of the code.
    const nanotel::environment set{[](const std::string& name) -> std::optional<std::string> {
        if (name == "NANOTEL_CLICKHOUSE_ENDPOINT") return "https://db.example:8443/in";
        if (name == "NANOTEL_CLICKHOUSE_DATABASE") return "other";
        if (name == "NANOTEL_CLICKHOUSE_USER") return "who";
        if (name == "NANOTEL_CLICKHOUSE_PASSWORD") return "what";
        return std::nullopt;
    }};
    using nanotel::detail::resolve_clickhouse;
    const auto from_environment = resolve_clickhouse({}, set);
    CHECK(from_environment.to.text() == "https://db.example:8443/in");
    CHECK(from_environment.database == "other");
    CHECK(from_environment.user == "who");
    CHECK(from_environment.password == "what");
    const auto from_code =
        resolve_clickhouse({.endpoint = "http://h:1?x=y", .database = "a`b", .user = "me"}, set);
    CHECK(from_code.password.empty());
    CHECK(nanotel::detail::insert_target(from_code, "t", true) ==
          "/?x=y&query=INSERT%20INTO%20%60a%5C%60b%60.%60t%60%20FORMAT%20JSONEachRow&date_time_input_format="
          "best_effort"
          "&input_format_skip_unknown_fields=1&wait_for_async_insert=1&async_insert=1&async_insert_"
          "deduplicate=1"
          "&insert_deduplication_token=");
    // Servers before 26.1 refuse async_insert with what makes their roll-ups know a repeated insert.
    CHECK(
        nanotel::detail::insert_target(from_code, "t", false)
            .ends_with("&wait_for_async_insert=1&async_insert=0"
                       "&deduplicate_blocks_in_dependent_materialized_views=1&insert_deduplication_token="));
    CHECK(resolve_clickhouse({.password = "only"}, nothing_set).user == "default");
    CHECK(nanotel::clickhouse_exporter({}, set)->description() == "https://db.example:8443/in other");
}
