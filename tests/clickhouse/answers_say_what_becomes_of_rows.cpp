// SPDX-License-Identifier: MIT
#include <nanotel/clickhouse/answer.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace nanotel::detail;
using nanotel::export_outcome;

nanotel::export_result judge(int status, std::string body, std::string code = {},
                             const secret_list& secrets = {}) {
    http_answer answer;
    answer.status = status;
    answer.body = std::move(body);
    answer.exception_code = std::move(code);
    const auto now = std::chrono::system_clock::time_point{std::chrono::seconds{1'700'000'000}};
    return judge_clickhouse_answer(answer, {nanotel::signal::traces, "{}\n", 1}, "http://db:8123",
                                   "telemetry.traces", now, secrets);
}

std::string exception(int code, const std::string& text = "Something. (NAME)") {
    return "Code: " + std::to_string(code) + ". DB::Exception: " + text +
           " (version 26.3.1.1 (official build))\n";
}

} // namespace

TEST_CASE("an insert is taken when ClickHouse says nothing else") {
    CHECK(judge(200, "").outcome == export_outcome::delivered);
    CHECK(judge(200, "").message.empty());
    // A proxy that shows a page has no rows taken.
    http_answer page;
    page.status = 200;
    page.content_type = "text/html; charset=utf-8";
    const auto shown =
        judge_clickhouse_answer(page, {nanotel::signal::traces, "{}\n", 1}, "http://db:8123", "t.t", {});
    CHECK(shown.outcome == export_outcome::rejected);
    CHECK(shown.message ==
          "http://db:8123 answered 200 with a web page: it is no ClickHouse; check the endpoint");
}

TEST_CASE("exceptions are told apart by their numbers: what may be taken later, and what never will") {
    for (const int code : {252, 241, 159, 160, 209, 210, 164, 242, 225, 999, 202, 243, 319, 285, 1002})
        for (const int status : {200, 400, 404, 500, 503}) {
            CAPTURE(code);
            CHECK(judge(status, exception(code)).outcome == export_outcome::retryable);
        }
    for (const int code : {60, 81, 16, 26, 27, 41, 53, 117, 516, 193, 194, 192, 497, 62, 115})
        for (const int status : {200, 400, 401, 403, 404, 500}) {
            CAPTURE(code);
            CHECK(judge(status, exception(code)).outcome == export_outcome::rejected);
        }
    // One that nobody knows yet: the status decides, and after a 200 it is tried again.
    CHECK(judge(400, exception(9999)).outcome == export_outcome::rejected);
    CHECK(judge(500, exception(9999)).outcome == export_outcome::retryable);
    CHECK(judge(200, exception(9999)).outcome == export_outcome::retryable);
    // The header counts where the text is missing or says something else.
    CHECK(judge(500, "", "60").outcome == export_outcome::rejected);
    CHECK(judge(500, exception(252), "60").outcome == export_outcome::rejected);
    CHECK(judge(500, exception(60), "no number").outcome == export_outcome::rejected);
    // Of older servers, and behind what was written before.
    CHECK(judge(500, "Code: 252, e.displayText() = DB::Exception: Too many parts").outcome ==
          export_outcome::retryable);
    CHECK(judge(200, "Code: red\n__exception__\r\n" + exception(60)).outcome == export_outcome::rejected);
    // The same number for what fewer rows mend, and time does not.
    const auto months = judge(500, "Code: 252. DB::Exception: Too many partitions for single INSERT block");
    CHECK(months.outcome == export_outcome::rejected);
    CHECK(months.split);
    // What only looks like one.
    CHECK(judge(200, "Code: 60 is a table's").outcome == export_outcome::delivered);
}

TEST_CASE("without an exception the status decides") {
    for (const int status : {408, 429, 500, 502, 503, 504, 599})
        CHECK(judge(status, "busy").outcome == export_outcome::retryable);
    for (const int status : {301, 400, 401, 403, 404, 405, 407, 411, 501, 505})
        CHECK(judge(status, "no").outcome == export_outcome::rejected);
    const auto large = judge(413, "too large");
    CHECK(large.outcome == export_outcome::rejected);
    CHECK(large.split);
    http_answer later;
    later.status = 503;
    later.retry_after = "7";
    CHECK(judge_clickhouse_answer(later, {}, "http://db:8123", "t.t", {}).retry_after ==
          std::chrono::seconds(7));
}

TEST_CASE("a message says what happened, where, and what to do, in one line and without secrets") {
    CHECK(judge(404, exception(60, "Table telemetry.traces does not exist. (UNKNOWN_TABLE)")).message ==
          "http://db:8123 did not take rows for telemetry.traces (Code: 60. DB::Exception: Table "
          "telemetry.traces does "
          "not exist. (UNKNOWN_TABLE) (version 26.3.1.1 (official build))): create the table with "
          "nanotel-clickhouse-schema, or name another in .traces_table, .metrics_table or .logs_table");
    CHECK(judge(200, exception(252)).message.find(", after it had answered 200 (Code: 252.") !=
          std::string::npos);
    CHECK(judge(503, "over\nloaded").message ==
          "http://db:8123 did not take rows for telemetry.traces: it answered 503 (\"over loaded\")");
    CHECK(judge(500, "", "81").message.find("(exception 81): create the database") != std::string::npos);
    secret_list secrets;
    secrets.add("hunter2hunter2");
    for (const int status : {200, 403, 503})
        for (const std::string& text :
             {exception(516, "x hunter2hunter2\n\ny"), std::string("no hunter2hunter2")}) {
            const std::string message = judge(status, text, {}, secrets).message;
            CHECK(message.find("hunter2") == std::string::npos);
            CHECK(message.find('\n') == std::string::npos);
        }
    CHECK(judge(400, exception(27, std::string(100'000, 'x'))).message.size() < 1000);
}
