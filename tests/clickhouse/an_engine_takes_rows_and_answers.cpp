// SPDX-License-Identifier: MIT
#include "support/clickhouse_engine.hpp"

#include <doctest/doctest.h>

#include <cstdio> // snprintf
#include <string>
#include <vector>

namespace {

using lines = std::vector<std::string>;

struct answer {
    int status;
    std::string code; // X-ClickHouse-Exception-Code
    std::string body;
    std::string summary;
};

std::string in_url(const std::string& text) {
    std::string encoded;
    for (const unsigned char c : text) {
        char escaped[4];
        std::snprintf(escaped, sizeof escaped, "%%%02X", c);
        encoded += escaped;
    }
    return encoded;
}

answer post(const nanotel_test::clickhouse_engine& engine, const std::string& query, const std::string& body,
            httplib::Headers headers = {}) {
    httplib::Client client("127.0.0.1", engine.port());
    const std::string path =
        "/?query=" + in_url(query) + "&input_format_skip_unknown_fields=1&async_insert=0";
    headers.emplace("X-ClickHouse-User", "writer");
    headers.emplace("X-ClickHouse-Key", "secret");
    const auto got = client.Post(path, headers, body, "application/x-ndjson");
    REQUIRE(got);
    return {got->status, got->get_header_value("X-ClickHouse-Exception-Code"), got->body,
            got->get_header_value("X-ClickHouse-Summary")};
}

} // namespace

TEST_CASE("the engine behind the tests of ClickHouse answers as a server does, and keeps what it has taken") {
    const std::string python = nanotel_test::real_chdb();
    if (python.empty()) return;
    nanotel_test::clickhouse_engine engine(python, {"writer", "secret", "Asia/Tokyo", {}, {}});
    // Around the union, since ORDER BY is otherwise that of its last part.
    CHECK(engine.query(
              "SELECT * FROM (SELECT 1 AS n, 'a\tb', timezone() UNION ALL SELECT 2, '', '') ORDER BY n") ==
          lines{"1\ta\\tb\tAsia/Tokyo", "2\t\t"});
    CHECK_THROWS_WITH_AS(engine.query("SELECT nothing"), doctest::Contains("Code: 47. DB::Exception: "),
                         std::runtime_error);

    engine.query("CREATE DATABASE shop");
    engine.query("CREATE TABLE shop.orders (id UInt64, name String) ENGINE = MergeTree ORDER BY id "
                 "SETTINGS non_replicated_deduplication_window = 100");
    const std::string into = "INSERT INTO shop.orders FORMAT JSONEachRow";
    const answer taken =
        post(engine, into, "{\"id\":1,\"name\":\"x\",\"more\":2}\n{\"id\":2,\"name\":\"FORMAT CSV\"}\n");
    CHECK(taken.status == 200);
    CHECK(taken.summary.find(R"("written_rows":"2")") != std::string::npos);
    const std::string twice =
        "INSERT INTO shop.orders SETTINGS insert_deduplication_token='one' FORMAT JSONEachRow";
    CHECK(post(engine, twice, R"({"id":3,"name":"once"})").status == 200);
    CHECK(post(engine, twice, R"({"id":3,"name":"once"})").status == 200);
    // The token went with its request.
    CHECK(post(engine, into, R"({"id":4,"name":"other"})").status == 200);
    CHECK(engine.query("SELECT * FROM shop.orders ORDER BY id") ==
          lines{"1\tx", "2\tFORMAT CSV", "3\tonce", "4\tother"});

    const answer mistyped = post(engine, into, R"({"id":"no number"})");
    CHECK(mistyped.status == 400);
    CHECK(mistyped.code == "27");
    CHECK(mistyped.body.find("Code: 27. DB::Exception: Cannot parse") == 0);
    CHECK(post(engine, "INSERT INTO shop.nothing FORMAT JSONEachRow", "{}").code == "60");
    CHECK(post(engine, "INSERT INTO shop.nothing FORMAT JSONEachRow", "{}").status == 404);
    httplib::Client stranger("127.0.0.1", engine.port());
    const auto refused = stranger.Post("/", "SELECT 1", "text/plain");
    REQUIRE(refused);
    CHECK(refused->status == 403);
    CHECK(refused->get_header_value("X-ClickHouse-Exception-Code") == "516");

    const int port = engine.port();
    engine.stop();
    engine.start();
    CHECK(engine.port() == port);
    CHECK(engine.value("SELECT count() FROM shop.orders") == "4");
    // The tokens too: a program that repeats itself after an outage adds nothing.
    CHECK(post(engine, twice, R"({"id":3,"name":"once"})").status == 200);
    CHECK(engine.value("SELECT count() FROM shop.orders") == "4");
}
