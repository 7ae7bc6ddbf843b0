// SPDX-License-Identifier: MIT
#include <nanotel/instrument/query_text.hpp>

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using nanotel::sanitize_query;
using nanotel::sql_dialect;

namespace {

std::string sanitized_text(std::string_view query, std::string_view system = "postgresql") {
    return sanitize_query(query, sql_dialect::of(system)).text;
}
std::string summary_of(std::string_view query, std::string_view system = "postgresql") {
    return sanitize_query(query, sql_dialect::of(system)).summary;
}

} // namespace

TEST_CASE("literals of every kind become question marks") {
    CHECK(sanitized_text("SELECT * FROM users WHERE name = 'ada' AND age > 36") ==
          "SELECT * FROM users WHERE name = ? AND age > ?");
    CHECK(sanitized_text("SELECT 'it''s', '', N'x', X'4F', b'01', E'it\\'s' FROM t") ==
          "SELECT ?, ?, ?, ?, ?, ? FROM t");
    CHECK(sanitized_text("SELECT 1, -2, +3.5, .5, 1e-5, 1E+5, 0x1F, 1_000, 7abc FROM t1") ==
          "SELECT ?, -?, +?, ?, ?, ?, ?, ?, ? FROM t1");
    CHECK(sanitized_text("WHERE a IS TRUE OR b = false OR c IS NULL") ==
          "WHERE a IS ? OR b = ? OR c IS NULL");
    CHECK(sanitized_text("WHERE t.true = 1") == "WHERE t.true = ?");
    CHECK(sanitized_text("DATE '2020-01-01' + INTERVAL '1' DAY") == "DATE ? + INTERVAL ? DAY");
    CHECK(sanitized_text("SELECT a-1, a*2, (3)") == "SELECT a-?, a*?, (?)");
    CHECK(sanitized_text("DO $$ secret 'x' $$; SELECT $tag$ a $$ b $tag$, $1") == "DO ?; SELECT ?, $1");
}

TEST_CASE("names, placeholders and operators stay as they are") {
    CHECK(sanitized_text("SELECT \"it's\", `a``b`, t1.c2, $1, :name, @p1, ?, ?2 FROM \"s p\".t") ==
          "SELECT \"it's\", `a``b`, t1.c2, $1, :name, @p1, ?, ?2 FROM \"s p\".t");
    CHECK(sanitized_text("SELECT [it's], a[1] FROM [my table] WHERE x = 'y'", "microsoft.sql_server") ==
          "SELECT [it's], a[1] FROM [my table] WHERE x = ?");
    CHECK(sanitized_text("SELECT a::text, b->>'k', c @> '{}', d != 1") ==
          "SELECT a::text, b->>?, c @> ?, d != ?");
    CHECK(sanitized_text("SELECT größe FROM größen") == "SELECT größe FROM größen");
}

TEST_CASE("comments go, and blanks are one") {
    CHECK(sanitized_text("SELECT /* 'secret' /* nested */ */ a -- it's\n  FROM\t t --") == "SELECT a FROM t");
    CHECK(sanitized_text("SELECT 1 # it's\n, 'a'", "mysql") == "SELECT ? , ?");
    CHECK(sanitized_text("a #> '{x}'", "postgresql") == "a #> ?");
    CHECK(sanitized_text("SELECT/**/1") == "SELECT ?");
    CHECK(sanitized_text("   ") == "");
}

TEST_CASE("a dialect says where a literal ends") {
    CHECK(sanitized_text("WHERE a = 'it\\'s secret' AND b = 1", "mysql") == "WHERE a = ? AND b = ?");
    CHECK(sanitized_text("WHERE a = 'c:\\' AND b = 'd'", "postgresql") == "WHERE a = ? AND b = ?");
    CHECK(sanitized_text("WHERE a = \"secret\"", "mysql") == "WHERE a = ?");
    CHECK(sanitized_text("WHERE a = \"name\"", "postgresql") == "WHERE a = \"name\"");
    CHECK(sanitized_text("WHERE a = \"secret\" AND [b] = `c`", "sqlite") == "WHERE a = ? AND [b] = `c`");
}

TEST_CASE("an Oracle q quote ends where its own quote does") {
    for (const char* literal : {"q'[it's ada]'", "Q'{it's {a}s}'", "nq'(it's)'", "NQ'<it's>'", "q'!it's!'",
                                "q''it''", "q'|]'|'", "N'it''s'"}) {
        CAPTURE(std::string(literal));
        for (const char* system : {"oracle.db", "other_sql"})
            CHECK(sanitized_text(std::string("SELECT ") + literal + ", secret FROM t", system) ==
                  "SELECT ?, secret FROM t");
    }
    CHECK(sanitized_text("SELECT q'[it's", "oracle.db") == "SELECT ?");
    CHECK(sanitized_text("SELECT q'", "oracle.db") == "SELECT ?");
    CHECK(sanitized_text("SELECT q'[', a", "postgresql") == "SELECT ?, a"); // where q is nothing
}

TEST_CASE("of a system that is not known more is hidden rather than less") {
    for (const char* system : {"other_sql", "aws.redshift", ""}) {
        CAPTURE(system);
        CHECK(sanitized_text("SELECT a FROM t WHERE b = \"it's secret\" AND c = 'ada'", system) ==
              "SELECT a FROM t WHERE b = ? AND c = ?");
        // One reading of each has a secret outside of what the other takes for literals.
        CHECK(sanitized_text("SELECT 'it\\'s secret', a", system) == "SELECT ?");
        CHECK(sanitized_text("SELECT 'c:\\', 'secret', a", system) == "SELECT ?");
        CHECK(sanitized_text("SELECT E'\\' secret', \"\\\" secret", system) == "SELECT ?");
        CHECK(sanitized_text("SELECT a # it's\n, 'secret'", system) == "SELECT a ?");
        // These both read alike.
        CHECK(sanitized_text("SELECT 'c:\\\\', 'a\\b', a FROM t", system) == "SELECT ?, ?, a FROM t");
        CHECK(sanitized_text("SELECT a # of b\n, 'secret' FROM t", system) == "SELECT a , ? FROM t");
    }
    CHECK(sanitize_query("SELECT \"a\" FROM t WHERE b = 'c:\\' AND d = 1").text ==
          "SELECT \"a\" FROM t WHERE b = ? AND d = ?"); // by default the standard's
}

TEST_CASE("what is not closed is a literal to the end") {
    CHECK(sanitized_text("WHERE a = 'secret") == "WHERE a = ?");
    CHECK(sanitized_text("WHERE a = \"secret") == "WHERE a = ?");
    CHECK(sanitized_text("WHERE a = 'secret\\", "mysql") == "WHERE a = ?");
    CHECK(sanitized_text("WHERE a = $x$ secret") == "WHERE a = ?");
    CHECK(sanitized_text("WHERE a /* secret") == "WHERE a");
}

TEST_CASE("a list of literals after IN is one") {
    CHECK(sanitized_text("WHERE a IN (1, 2, 3)") == "WHERE a IN (?)");
    CHECK(sanitized_text("WHERE a in('x',-2)") == "WHERE a in(?)");
    CHECK(sanitized_text("WHERE a IN (-1, +2) AND b IN ( 7 )") == "WHERE a IN (-?) AND b IN ( ?)");
    CHECK(sanitized_text("WHERE a IN (1, b, 2)") == "WHERE a IN (?, b, ?)");
    CHECK(sanitized_text("WHERE a IN (1, 2, 3, b)") == "WHERE a IN (?, ?, b)");
    CHECK(sanitized_text("WHERE a IN (1, ?, $2)") == "WHERE a IN (?, ?, $2)");
    CHECK(sanitized_text("WHERE a IN (SELECT 1)") == "WHERE a IN (SELECT ?)");
    CHECK(sanitized_text("VALUES (1, 2)") == "VALUES (?, ?)");
    CHECK(sanitized_text("WHERE (a, b) IN ((1, 2), (3, 4))") == "WHERE (a, b) IN ((?, ?), (?, ?))");
    std::string many = "SELECT a FROM t WHERE b IN (0";
    for (int i = 1; i < 5000; ++i) many += "," + std::to_string(i);
    const auto sanitized = sanitize_query(many + ") AND c = 'x'");
    CHECK(sanitized.text == "SELECT a FROM t WHERE b IN (?) AND c = ?");
    CHECK(sanitized.is_whole);
}

TEST_CASE("long texts are cut between two tokens") {
    const auto cut = sanitize_query("SELECT abcdef, 'secret' FROM t", {}, 10);
    CHECK(cut.text == "SELECT");
    CHECK_FALSE(cut.is_whole);
    CHECK(cut.summary == "SELECT t");
    CHECK(sanitize_query("SELECT 1", {}, 8).text == "SELECT ?");
    CHECK(sanitize_query("SELECT 1", {}, 0).text.empty());
    // Of what is longer than anybody would write the rest is not read.
    const auto huge = sanitize_query("SELECT '" + std::string(1'000'000, 'x') + "', a FROM t");
    CHECK(huge.text == "SELECT ?");
    CHECK_FALSE(huge.is_whole);
}

TEST_CASE("the summary says what is done to what") {
    CHECK(summary_of("SELECT * FROM wuser_table WHERE username = 'x'") == "SELECT wuser_table");
    CHECK(summary_of(
              "INSERT INTO shipping_details (order_id, address) SELECT order_id, address FROM orders WHERE "
              "order_id = 7") == "INSERT shipping_details SELECT orders");
    CHECK(
        summary_of("select a, b from s.users u, \"Other Table\" o join x.y.z on (u.id = z.id) where a = 1") ==
        "select s.users \"Other Table\" x.y.z");
    CHECK(summary_of("UPDATE stock SET n = n - 1 WHERE id = 3") == "UPDATE stock");
    CHECK(summary_of("DELETE FROM carts WHERE id IN (SELECT cart FROM old)") == "DELETE carts SELECT old");
    CHECK(summary_of("WITH r AS (SELECT a FROM b) SELECT * FROM r") == "SELECT b SELECT r");
    CHECK(summary_of("WITH r AS (DELETE FROM b RETURNING a) INSERT INTO c SELECT a FROM r") ==
          "DELETE b INSERT c SELECT r");
    CHECK(summary_of("CREATE TABLE IF NOT EXISTS items (id INTEGER, n DEFAULT 'x')") == "CREATE items");
    CHECK(summary_of("CREATE UNIQUE INDEX by_name ON items (name)") == "CREATE by_name");
    CHECK(summary_of("DROP TABLE items; TRUNCATE TABLE carts; CALL refresh(1)") ==
          "DROP items TRUNCATE carts CALL refresh");
    CHECK(summary_of("INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1") == "INSERT t");
    CHECK(summary_of("SELECT a FROM t FOR UPDATE") == "SELECT t");
    CHECK(summary_of("EXPLAIN SELECT 1 FROM t") == "EXPLAIN SELECT t");
    CHECK(summary_of("BEGIN IMMEDIATE") == "BEGIN");
    CHECK(summary_of("PRAGMA table_info(items)") == "PRAGMA");
    CHECK(summary_of("SELECT EXTRACT(YEAR FROM born), a IS DISTINCT FROM b FROM people") == "SELECT people");
    CHECK(summary_of("SELECT * FROM (SELECT * FROM t) x, u") == "SELECT SELECT t u");
    CHECK(summary_of("SELECT 'x' FROM t WHERE a = 'FROM secret'") == "SELECT t");
    CHECK(summary_of("") == "");
    CHECK(summary_of("'secret'") == "");
}

TEST_CASE("the summary has at most 255 characters, cut between two names") {
    std::string query = "SELECT * FROM t0";
    for (int i = 1; i < 200; ++i) query += ", table_" + std::to_string(i);
    const std::string cut = summary_of(query);
    CHECK(cut.size() <= 255);
    CHECK(cut.size() > 240);
    CHECK(query.find(cut.substr(cut.rfind(' ') + 1) + ",") != query.npos);
    CHECK(summary_of("SELECT a FROM s." + std::string(300, 'x')) == "SELECT");
}
