// SPDX-License-Identifier: MIT
#include <nanotel/clickhouse/schema.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

namespace {

std::string joined(const std::vector<std::string>& statements) {
    std::string all;
    for (const std::string& each : statements) all += each + ";\n";
    return all;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

} // namespace

TEST_CASE("names are quoted, and the lives of rows are said where they end") {
    const auto statements = nanotel::clickhouse_schema({.database = "my `db\\",
                                                        .traces_table = "tr'aces",
                                                        .metrics_table = "m",
                                                        .logs_table = "l",
                                                        .ttl_days = 7,
                                                        .rollup_ttl_days = 0});
    const std::string all = joined(statements);
    CHECK(statements[0] == "CREATE DATABASE IF NOT EXISTS `my \\`db\\\\`");
    CHECK(has(all, "CREATE TABLE IF NOT EXISTS `my \\`db\\\\`.`tr'aces`\n(\n    trace_id String,\n"));
    CHECK(has(all, "FROM `my \\`db\\\\`.`tr'aces` AS r\n"));
    CHECK(has(all, "TTL timestamp + toIntervalDay(7)\n"));
    // Of the roll-ups' tables none has one, and none is replicated.
    CHECK(all.rfind("TTL ") < all.find("metrics_hourly_state"));
    CHECK_FALSE(has(all, "Replicated"));
    CHECK_FALSE(has(all, "ON CLUSTER"));
    for (const std::string& each : statements) {
        CAPTURE(each);
        CHECK((each.starts_with("ALTER TABLE") || has(each, " IF NOT EXISTS ")));
        CHECK_FALSE(each.ends_with(";"));
    }
    CHECK(nanotel::clickhouse_change_ttl({.ttl_days = 7}, "logs") ==
          "ALTER TABLE `telemetry`.`logs` MODIFY TTL timestamp + toIntervalDay(7)");
    CHECK(nanotel::clickhouse_change_ttl({.ttl_days = 0, .cluster = "c"}, "logs") ==
          "ALTER TABLE `telemetry`.`logs_local` ON CLUSTER `c` REMOVE TTL");
}

TEST_CASE("parts of the schema can be left out") {
    const std::string tables = joined(nanotel::clickhouse_schema({.rollups = false}));
    CHECK(has(tables, "ADD COLUMN IF NOT EXISTS"));
    CHECK_FALSE(has(tables, "VIEW"));
    CHECK_FALSE(has(tables, "_state"));
    const std::string untouched = joined(nanotel::clickhouse_schema({.upgrade = false}));
    CHECK_FALSE(has(untouched, "ALTER"));
    CHECK(has(untouched, "VIEW"));
}

TEST_CASE("on a cluster every statement runs everywhere, and rows lie where their trace does") {
    const auto statements = nanotel::clickhouse_schema({.cluster = "main"});
    const std::string all = joined(statements);
    for (const std::string& each : statements) {
        CAPTURE(each);
        CHECK(has(each.substr(0, each.find('\n')), " ON CLUSTER `main`"));
    }
    CHECK(has(all, "`telemetry`.`traces_local` ON CLUSTER `main`\n("));
    CHECK(has(all,
              "ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')"));
    CHECK(has(all, "ENGINE = ReplicatedAggregatingMergeTree("));
    CHECK(has(all, "AS `telemetry`.`traces_local`\n"
                   "ENGINE = Distributed('main', 'telemetry', 'traces_local', cityHash64(trace_id))"));
    CHECK(has(
        all, "ALTER TABLE `telemetry`.`logs` ON CLUSTER")); // the table over the others knows the columns too
    // A machine rolls up its own rows into its own states; who reads sees those of all.
    CHECK(has(all, " TO `telemetry`.`metrics_hourly_state_local` AS"));
    CHECK(has(all, "FROM `telemetry`.`traces_local` AS r\n"));
    CHECK(has(all, "FROM `telemetry`.`metrics_hourly_state` AS s\n"));
    CHECK(has(all, "GLOBAL LEFT JOIN"));
    CHECK_FALSE(has(all, "non_replicated_deduplication_window"));
}

TEST_CASE("options that make no tables are told, and make no statements") {
    using options = nanotel::clickhouse_schema_options;
    const auto problem = [](const options& of) {
        CHECK(nanotel::clickhouse_schema(of).empty());
        return nanotel::clickhouse_schema_problem(of);
    };
    CHECK(nanotel::clickhouse_schema_problem({}).empty());
    CHECK(has(problem({.database = ""}), ".database is empty"));
    CHECK(has(problem({.traces_table = "a\nb"}), ".traces_table has a control character"));
    CHECK(has(problem({.logs_table = std::string(201, 'x')}), ".logs_table has more than 200 bytes"));
    CHECK(has(problem({.ttl_days = 20'001}), ".ttl_days is 20001"));
    CHECK(has(problem({.rollup_ttl_days = 1'000'000}), ".rollup_ttl_days is 1000000"));
    CHECK(has(problem({.traces_table = "logs"}), "the table logs would take the name"));
    CHECK(has(problem({.metrics_table = "metrics_hourly"}), "the table metrics_hourly would take the name"));
    CHECK(has(problem({.traces_table = "logs_local"}), "the name"));
    CHECK(nanotel::clickhouse_schema_problem({.ttl_days = 20'000}).empty());
}

TEST_CASE("no column is listed twice in a statement") {
    for (const auto& statement : nanotel::clickhouse_schema({})) {
        std::set<std::string> names;
        for (auto at = statement.find("\n    "); at != statement.npos;
             at = statement.find("\n    ", at + 1)) {
            std::string name = statement.substr(at + 5, statement.find('\n', at + 5) - at - 5);
            CAPTURE(statement);
            CAPTURE(name);
            CHECK(names.insert(name).second);
        }
    }
}
