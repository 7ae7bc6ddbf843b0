// SPDX-License-Identifier: MIT
#include "instrumented.hpp"

#include <nanotel/instrument/database.hpp>

#include <stdexcept>
#include <string>

using nanotel::database_call;
using nanotel::database_client;
using nanotel::database_query;
using nanotel::database_statement;
using nanotel::finished_span;
using nanotel::span_kind;
using nanotel::status_code;

namespace {

database_client shop_database() {
    return database_client({.system_name = "postgresql",
                            .name_space = "shop",
                            .server_address = "db.example",
                            .server_port = 5432});
}

} // namespace

TEST_CASE("a call is a span named by the summary of its query, with what the conventions ask of it") {
    nanotel_test::instrumented telemetry;
    const database_client client = shop_database();
    {
        NANOTEL_SCOPED_SPAN("checkout");
        database_call call(client, {.text = "SELECT * FROM items WHERE id = 7 AND name = 'secret'"});
        CHECK(nanotel::current_context().is_valid());
        call.set_returned_rows(3);
        call.span().set("shop.cache", "miss");
    }
    const finished_span span = telemetry.span("SELECT items", span_kind::client);
    CHECK(span.parent_span_id == telemetry.span("checkout", span_kind::internal).span_id);
    CHECK(span.status.code == status_code::unset);
    CHECK(span.scope.name == "nanotel.database");
    CHECK(span.attributes["db.system.name"] == "postgresql");
    CHECK(span.attributes["db.namespace"] == "shop");
    CHECK(span.attributes["db.query.text"] == "SELECT * FROM items WHERE id = ? AND name = ?");
    CHECK(span.attributes["db.query.summary"] == "SELECT items");
    CHECK(span.attributes["server.address"] == "db.example");
    CHECK(span.attributes["server.port"] == 5432);
    CHECK(span.attributes["db.response.returned_rows"] == 3);
    CHECK(span.attributes["shop.cache"] == "miss");
    for (const char* absent :
         {"db.operation.name", "db.collection.name", "db.operation.batch.size", "error.type"})
        CHECK_FALSE(span.attributes.contains(absent));
}

TEST_CASE("the name falls back as the conventions say") {
    nanotel_test::instrumented telemetry;
    const database_client client = shop_database();
    const database_client redis({.system_name = "redis", .server_address = "cache", .server_port = 6379});
    const database_client nothing({.system_name = "mongodb"});
    database_call(client, {.operation = "findAndModify", .collection = "products"}).end();
    database_call(client, {.operation = "call", .stored_procedure = "refresh"}).end();
    database_call(client, {.operation = "ping"}).end();
    database_call(redis, {.operation = "GET"}).end();
    database_call(redis, {.batch_size = 3}).end();
    database_call(nothing, {}).end();
    database_call(client, {.text = "SELECT 1", .summary = "health check"}).end();
    const auto spans = telemetry.spans();
    REQUIRE(spans.size() == 7);
    CHECK(spans[0].name == "findAndModify products");
    CHECK(spans[0].attributes["db.collection.name"] == "products");
    CHECK(spans[1].name == "call refresh");
    CHECK(spans[1].attributes["db.stored_procedure.name"] == "refresh");
    CHECK(spans[2].name == "ping shop");
    CHECK(spans[3].name == "GET cache:6379");
    CHECK(spans[4].name == "cache:6379");
    CHECK(spans[4].attributes["db.operation.batch.size"] == 3);
    CHECK(spans[5].name == "mongodb");
    CHECK(spans[6].name == "health check");
}

TEST_CASE("a text with parameters is told as it is, and none where none is wanted") {
    nanotel_test::instrumented telemetry;
    database_call(shop_database(), {.text = "SELECT 1 FROM t WHERE a = $1", .parameterized = true}).end();
    const database_client silent({.system_name = "sqlite", .most_query_text = 0});
    database_call(silent, {.text = "SELECT 1 FROM t"}).end();
    const auto spans = telemetry.spans();
    REQUIRE(spans.size() == 2);
    CHECK(spans[0].attributes["db.query.text"] == "SELECT 1 FROM t WHERE a = $1");
    CHECK_FALSE(spans[1].attributes.contains("db.query.text"));
    CHECK(spans[1].name == "SELECT t");
}

TEST_CASE("an error has its code and its type") {
    nanotel_test::instrumented telemetry;
    const database_client client = shop_database();
    const database_statement insert(client, {.text = "INSERT INTO orders VALUES (1)"});
    {
        database_call call(insert);
        call.fail("23505", "duplicate key");
    }
    {
        database_call call(insert);
        call.fail_without_response("timeout");
    }
    {
        database_call call(insert);
    }
    const auto spans = telemetry.spans();
    REQUIRE(spans.size() == 3);
    CHECK(spans[0].status.code == status_code::error);
    CHECK(spans[0].status.message == "duplicate key");
    CHECK(spans[0].attributes["db.response.status_code"] == "23505");
    CHECK(spans[0].attributes["error.type"] == "23505");
    CHECK(spans[1].attributes["error.type"] == "timeout");
    CHECK_FALSE(spans[1].attributes.contains("db.response.status_code"));
    CHECK(spans[2].status.code == status_code::unset);

    const nanotel::finished_metric durations = telemetry.metric("db.client.operation.duration");
    CHECK(durations.unit == "s");
    const auto with = [&](nanotel::attribute_list labels) {
        const nanotel::attribute_list common{{"db.system.name", "postgresql"},
                                             {"db.namespace", "shop"},
                                             {"db.query.summary", "INSERT orders"},
                                             {"server.address", "db.example"},
                                             {"server.port", 5432}};
        for (const auto& [key, value] : common) labels.emplace_back(key, value);
        return durations.find(labels);
    };
    REQUIRE(with({}) != nullptr);
    CHECK(with({})->count == 1);
    CHECK(with({})->explicit_bounds.size() == 9);
    CHECK(with({{"db.response.status_code", "23505"}, {"error.type", "23505"}}) != nullptr);
    CHECK(with({{"error.type", "timeout"}}) != nullptr);
    CHECK(durations.points.size() == 3);
}

TEST_CASE("an exception that leaves the scope of a call is an error that nobody named") {
    nanotel_test::instrumented telemetry;
    const database_client client = shop_database();
    const auto throwing = [&](bool told) {
        const database_query query{.text = "SELECT a FROM t"};
        database_call call(client, query);
        if (told) call.fail("42P01");
        throw std::runtime_error("lost");
    };
    CHECK_THROWS(throwing(false));
    CHECK_THROWS(throwing(true));
    struct rolls_back {
        const database_client& client;
        ~rolls_back() { database_call(client, {.text = "ROLLBACK"}).end(); }
    };
    const auto rolling_back = [&] {
        const rolls_back at_end{client};
        throw std::runtime_error("lost");
    };
    CHECK_THROWS(rolling_back());
    const auto spans = telemetry.spans();
    REQUIRE(spans.size() == 3);
    CHECK(spans[0].attributes["error.type"] == "_OTHER");
    CHECK(spans[0].status.code == status_code::error);
    CHECK(spans[1].attributes["error.type"] == "42P01");
    // While another exception flies a call may succeed.
    CHECK_FALSE(spans[2].attributes.contains("error.type"));
    CHECK(spans[2].status.code == status_code::unset);
    const nanotel::finished_metric durations = telemetry.metric("db.client.operation.duration");
    bool found = false;
    for (const auto& point : durations.points)
        found = found || (point.attributes["error.type"] == "_OTHER" && point.count == 1);
    CHECK(found);
}

TEST_CASE("what leaves a function that runs as a call is its error") {
    nanotel_test::instrumented telemetry;
    const database_client client = shop_database();
    CHECK(client.run({.text = "SELECT a FROM t"}, [](database_call& call) {
        call.set_returned_rows(1);
        return 7;
    }) == 7);
    CHECK_THROWS_AS(client.run({.text = "SELECT b FROM t"}, [] { throw std::runtime_error("lost"); }),
                    std::runtime_error);
    const auto spans = telemetry.spans();
    REQUIRE(spans.size() == 2);
    CHECK(spans[0].status.code == status_code::unset);
    CHECK(spans[1].status.code == status_code::error);
    CHECK(spans[1].attributes["error.type"] == "std::runtime_error");
    REQUIRE(spans[1].events.size() == 1);
    CHECK(spans[1].events[0].attributes["exception.message"] == "lost");
}

TEST_CASE("without a start a call does nothing, and a statement of before counts after") {
    const database_client client = shop_database();
    const database_statement statement(client, {.text = "SELECT a FROM t"});
    {
        database_call call(client, {.text = "SELECT a FROM t"});
        call.fail("1", "no");
        call.span().set("a", 1);
        database_call other(statement);
    }
    nanotel_test::instrumented telemetry;
    {
        database_call call(statement);
    }
    CHECK(telemetry.spans().size() == 1);
    CHECK(telemetry.metric("db.client.operation.duration").points.size() == 1);
}
