// SPDX-License-Identifier: MIT
// Sanitised queries: whatever the bytes, they are within their limits, have no literal that could be replaced
// once more, and nothing of what an application puts between quotes by the rules of its dialect.
#include <nanotel/instrument/query_text.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using nanotel::sanitize_query;
using nanotel::sql_dialect;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

std::string quoted(std::string_view value, char quote, bool backslashes) {
    std::string literal(1, quote);
    for (const char c : value) {
        if (c == quote || (backslashes && c == '\\')) literal += c;
        literal += c;
    }
    return literal + quote;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    for (const std::string_view system :
         {"other_sql", "mysql", "postgresql", "sqlite", "clickhouse", "gcp.spanner", "oracle.db"}) {
        const sql_dialect dialect = sql_dialect::of(system);
        const auto once = sanitize_query(input, dialect);
        expect(once.text.size() <= 2048 && once.text.size() <= 2 * input.size());
        expect(once.summary.size() <= 255);
        // Nothing is left to do.
        const auto twice = sanitize_query(once.text, dialect);
        expect(twice.text == once.text && twice.is_whole);
        // What is cut is the beginning.
        for (const std::size_t most : {std::size_t{0}, std::size_t{1}, std::size_t{20}})
            expect(once.text.starts_with(sanitize_query(input, dialect, most).text));
        if (size > 1000) continue;
        // An application's value, quoted as the dialect asks. Where nobody knows, nothing of it in either
        // way.
        const auto with_value = [&](bool backslashes) {
            return sanitize_query("SELECT a FROM t WHERE b = " + quoted(input, '\'', backslashes) +
                                      " AND c = 1",
                                  dialect)
                .text;
        };
        const std::string hidden = "SELECT a FROM t WHERE b = ?";
        for (const bool backslashes : {false, true}) {
            if (!dialect.doubtful && backslashes != dialect.backslash_escapes) continue;
            const std::string text = with_value(backslashes);
            expect(text == hidden + " AND c = ?" || (dialect.doubtful && text == hidden));
        }
        if (dialect.alternative_quotes && input.find("]'") == input.npos) {
            const std::string text =
                sanitize_query("SELECT a FROM t WHERE b = q'[" + input + "]' AND c = 1", dialect).text;
            expect(text == hidden + " AND c = ?");
        }
        // A name, quoted likewise, stays.
        if (dialect.double_quoted_strings) continue;
        const std::string name = quoted(input, '"', false);
        const auto named = sanitize_query("SELECT 'a' FROM " + name + " WHERE b = 1", dialect);
        expect(named.text == "SELECT ? FROM " + name + " WHERE b = ?");
        expect(named.summary == (name.size() < 240 ? "SELECT " + name : named.summary));
    }
    return 0;
}
