// SPDX-License-Identifier: MIT
// The summary of a SQL text: its operations and what they are done to.
#pragma once

#include <nanotel/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nanotel::inline NANOTEL_ABI::detail {

// Is told the tokens of a text in their order, and picks from them by the words before: no grammar, so that
// it says something of every dialect (Semantic Conventions, "Generating a summary of the query").
class query_summary {
public:
    static constexpr std::size_t most_characters = 255;

    const std::string& characters() const noexcept { return summary_; }

    void literal() noexcept {
        expect_ = expecting::nothing;
        in_target_ = false;
        previous_ = '?';
    }

    // A word or a quoted name. The token lives as long as the text.
    void name(std::string_view token, bool quoted) {
        if (previous_ == '.') {
            if (in_target_) extend_target(token); // a.b
        } else {
            in_target_ = false;
            const expecting expected = expect_;
            expect_ = expecting::nothing;
            if (!quoted)
                word(token, expected);
            else if (expected == expecting::target)
                begin_target(token);
            last_word_ = quoted ? std::string_view() : token;
        }
        previous_ = 'a';
    }

    void symbol(char c) {
        if (c == '.') {
            if (in_target_) extend_target(".");
            previous_ = c;
            return;
        }
        in_target_ = false;
        expect_ = expecting::nothing;
        if (c == '(') {
            ++depth_;
            awaits_from_ &= ~here();
            in_from_ &= ~here();
        } else if (c == ')') {
            if (depth_ > 0) --depth_;
        } else if (c == ',') {
            if ((in_from_ & here()) != 0) expect_ = expecting::target;
        } else if (c == ';') {
            depth_ = 0;
            awaits_from_ = in_from_ = 0;
            awaits_into_ = awaits_kind_ = false;
            expect_ = expecting::operation;
        }
        previous_ = c;
    }

    template <class... Words>
    static constexpr bool is_one_of(std::string_view word, const Words&... upper) noexcept {
        return (is(word, upper) || ...);
    }

private:
    enum class expecting : std::uint8_t { nothing, operation, target };

    static constexpr bool is(std::string_view word, std::string_view upper) noexcept {
        if (word.size() != upper.size()) return false;
        for (std::size_t i = 0; i < word.size(); ++i)
            if ((word[i] >= 'a' && word[i] <= 'z' ? word[i] - 32 : word[i]) != upper[i]) return false;
        return true;
    }

    // Of the parentheses that are open; none beyond 64.
    std::uint64_t here() const noexcept { return depth_ < 64 ? std::uint64_t{1} << depth_ : 0; }

    void word(std::string_view token, expecting expected) {
        const bool begins = expected == expecting::operation;
        const bool may_begin = begins || previous_ == '(' || previous_ == ')';
        if (is(token, "SELECT") || (may_begin && is(token, "DELETE"))) {
            put(token);
            awaits_from_ |= here();
        } else if ((may_begin && is_one_of(token, "INSERT", "MERGE")) || (begins && is(token, "REPLACE"))) {
            put(token);
            awaits_into_ = true;
        } else if (begins && is_one_of(token, "CREATE", "ALTER", "DROP")) {
            put(token);
            awaits_kind_ = true;
        } else if ((may_begin && is(token, "UPDATE")) ||
                   (begins && is_one_of(token, "CALL", "EXEC", "EXECUTE", "TRUNCATE"))) {
            put(token);
            expect_ = expecting::target;
        } else if (begins && is(token, "EXPLAIN")) {
            put(token);
            expect_ = expecting::operation;
        } else if (begins) {
            // The queries that WITH names say what they do themselves.
            if (!is(token, "WITH")) put(token);
        } else if (is(token, "FROM") && (awaits_from_ & here()) != 0 && !is(last_word_, "DISTINCT")) {
            awaits_from_ &= ~here();
            in_from_ |= here();
            expect_ = expecting::target;
        } else if (is(token, "JOIN") || (awaits_into_ && is(token, "INTO"))) {
            awaits_into_ = false;
            expect_ = expecting::target;
        } else if (awaits_kind_ &&
                   is_one_of(token, "TABLE", "VIEW", "INDEX", "SCHEMA", "DATABASE", "PROCEDURE", "FUNCTION",
                             "TRIGGER", "SEQUENCE", "TYPE", "USER", "ROLE")) {
            awaits_kind_ = false;
            expect_ = expecting::target;
        } else if (expected == expecting::target) {
            if (is_one_of(token, "IF", "NOT", "EXISTS", "ONLY", "LATERAL", "TABLE", "OR", "IGNORE",
                          "CONCURRENTLY"))
                expect_ = expecting::target;
            else
                begin_target(token);
        } else if (is_one_of(token, "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "SET", "ON", "USING",
                             "UNION", "EXCEPT", "INTERSECT", "WINDOW", "RETURNING", "VALUES")) {
            in_from_ &= ~here();
        }
    }

    // Whole or not at all, and then nothing more.
    bool put(std::string_view token, std::string_view before = " ") {
        if (is_full_) return false;
        if (summary_.empty()) before = {};
        if (summary_.size() + before.size() + token.size() > most_characters) {
            is_full_ = true;
            return false;
        }
        summary_ += before;
        summary_ += token;
        return true;
    }
    void begin_target(std::string_view token) {
        target_begin_ = summary_.size();
        in_target_ = put(token);
    }
    void extend_target(std::string_view token) {
        if (put(token, {})) return;
        summary_.resize(target_begin_);
        in_target_ = false;
    }

    std::string summary_;
    std::string_view last_word_;
    std::size_t target_begin_ = 0;
    std::size_t depth_ = 0;
    std::uint64_t awaits_from_ = 0; // by depth: a SELECT or DELETE whose FROM is still to come
    std::uint64_t in_from_ = 0;     // by depth: after a comma comes another target
    expecting expect_ = expecting::operation;
    char previous_ = ';'; // the last symbol, 'a' for a name, '?' for a literal
    bool awaits_into_ = false;
    bool awaits_kind_ = false; // CREATE what?
    bool in_target_ = false;
    bool is_full_ = false;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
