// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace nanotel_test;
using nanotel::export_outcome;

namespace {

struct expectation {
    int status;
    export_outcome outcome;
};

nanotel::export_result result_of(int status, const std::string& body,
                                 const std::string& type = "application/json", std::uint64_t items = 10) {
    http_peer peer([&](const auto&, auto& response) {
        response.status = status;
        response.set_content(body, type.c_str());
    });
    return send(*exporter_to(peer.url()), R"({"resourceSpans":[]})", items);
}

} // namespace

TEST_CASE("every status means delivered, retryable or rejected") {
    int status = 0;
    http_peer peer([&](const auto&, auto& response) { response.status = status; });
    const auto exporter = exporter_to(peer.url());
    for (const expectation expected : {expectation{200, export_outcome::delivered},
                                       {202, export_outcome::delivered},
                                       {204, export_outcome::delivered},
                                       {301, export_outcome::rejected},
                                       {400, export_outcome::rejected},
                                       {401, export_outcome::rejected},
                                       {403, export_outcome::rejected},
                                       {404, export_outcome::rejected},
                                       {408, export_outcome::rejected},
                                       {413, export_outcome::rejected},
                                       {415, export_outcome::rejected},
                                       {429, export_outcome::retryable},
                                       {500, export_outcome::rejected},
                                       {501, export_outcome::rejected},
                                       {502, export_outcome::retryable},
                                       {503, export_outcome::retryable},
                                       {504, export_outcome::retryable},
                                       {505, export_outcome::rejected}}) {
        status = expected.status;
        const auto result = send(*exporter, "{}");
        CAPTURE(status);
        CHECK(to_string(result.outcome) == to_string(expected.outcome));
        CHECK(result.split == (status == 413));
        CHECK(result.rejected_items == 0);
        CHECK(result.message.empty() == (expected.outcome == export_outcome::delivered));
        if (!result.message.empty()) {
            CHECK(result.message.find(peer.url() + "/v1/traces answered " + std::to_string(status)) == 0);
        }
    }
}

TEST_CASE("the Collector's 400 for a body that is too large asks to split, another 400 does not") {
    const auto large = result_of(400, R"({"code":3,"message":"http: request body too large"})");
    CHECK(large.outcome == export_outcome::rejected);
    CHECK(large.split);
    CHECK(large.message.find("request body too large") != std::string::npos);
    CHECK(large.message.find("20 bytes") != std::string::npos); // the size of what was sent

    const auto bad = result_of(400, R"({"code":3,"message":"readUint64: unexpected character"})");
    CHECK(bad.outcome == export_outcome::rejected);
    CHECK_FALSE(bad.split);
    CHECK(bad.message.find("(readUint64: unexpected character)") != std::string::npos);
}

TEST_CASE("a partial success counts what was refused and says why") {
    for (const char* field : {"rejectedSpans", "rejectedDataPoints", "rejectedLogRecords"})
        for (const char* number : {"\"3\"", "3"}) {
            const auto result =
                result_of(200, R"({"unknown":[{"x":1}],"partialSuccess":{")" + std::string(field) +
                                   "\":" + number + R"(,"errorMessage":"no \u201cname\u201d"}})");
            CAPTURE(field);
            CAPTURE(number);
            CHECK(result.outcome == export_outcome::delivered);
            CHECK(result.rejected_items == 3);
            CHECK(result.message.find("took 7 of 10 items and says: no \u201cname\u201d") !=
                  std::string::npos);
        }
    const auto warning =
        result_of(200, R"({"partialSuccess":{"rejectedSpans":"0","errorMessage":"old client"}})");
    CHECK(warning.rejected_items == 0);
    CHECK(warning.message.find("took 10 of 10 items and says: old client") != std::string::npos);
    // More than was sent cannot have been refused: the identity of the counts must hold.
    CHECK(result_of(200, R"({"partialSuccess":{"rejectedSpans":"9999999999999999999"}})").rejected_items ==
          10);
}

TEST_CASE("answers that are no OTLP do no harm") {
    for (const char* body :
         {"{}", "", "null", "[]", "{\"partialSuccess\":null}", "{\"partialSuccess\":[]}",
          "{\"partialSuccess\":7}", "{\"partialSuccess\":{\"rejectedSpans\":-1}}",
          "{\"partialSuccess\":{\"rejectedSpans\":\"many\"}}", "{\"partialSuccess\":{\"rejectedSpans\":{}}}",
          "{\"partialSuccess\":", "{\"message\":7}", "\x00\xff\xfe{"}) {
        const auto result = result_of(200, body);
        CAPTURE(body);
        CHECK(result.outcome == export_outcome::delivered);
        CHECK(result.rejected_items == 0);
        CHECK(result.message.empty());
    }
    const std::string deep = "{\"partialSuccess\":" + std::string(200'000, '[');
    CHECK(result_of(200, deep).message.empty());
    const auto page = result_of(200, "<html>hello</html>", "text/html; charset=utf-8");
    CHECK(page.outcome == export_outcome::delivered);
    CHECK(page.message.find("web page") != std::string::npos);
}

TEST_CASE("the diagnostic of a refusal says what the server said and what to do") {
    CHECK(result_of(401, "no token").message.find("(\"no token\"): check the credentials") !=
          std::string::npos);
    CHECK(result_of(404, "404 page not found\n").message.find("(\"404 page not found\"): check the path") !=
          std::string::npos);
    CHECK(result_of(415, "").message.find("does not read OTLP JSON") != std::string::npos);
    const auto long_page = result_of(500, "<html>\r\n<b>" + std::string(100'000, 'x'), "text/html");
    CHECK(long_page.message.size() < 400);
    CHECK(long_page.message.find('\n') == std::string::npos);
}

TEST_CASE("a redirect is not followed, and its target is named without secrets") {
    http_peer peer([](const auto&, auto& response) {
        response.status = 307;
        response.set_header("Location", "https://user:s3cret@elsewhere/v1/traces?key=s3cret");
    });
    const auto result = send(*exporter_to(peer.url()), "{}");
    CHECK(result.outcome == export_outcome::rejected);
    CHECK(result.message.find("elsewhere/v1/traces") != std::string::npos);
    CHECK(result.message.find("s3cret") == std::string::npos);
    CHECK(result.message.find("redirects are not followed") != std::string::npos);
    CHECK(peer.requests().size() == 1);
}

TEST_CASE("an answer of gRPC is recognised by its type and names port 4318") {
    const auto result = result_of(200, "", "application/grpc");
    CHECK(result.outcome == export_outcome::rejected);
    CHECK(result.message.find("4318") != std::string::npos);
}

TEST_CASE("Retry-After of a retryable answer is handed on") {
    std::string value = "7";
    http_peer peer([&](const auto&, auto& response) {
        response.status = 503;
        response.set_header("Retry-After", value);
    });
    const auto exporter = exporter_to(peer.url());
    CHECK(send(*exporter, "{}").retry_after == std::chrono::seconds{7});
    value = "Sun, 06 Nov 1994 08:49:37 GMT";
    CHECK(send(*exporter, "{}").retry_after == std::chrono::seconds{0});
    value = "soon";
    CHECK(send(*exporter, "{}").retry_after == std::nullopt);
}
