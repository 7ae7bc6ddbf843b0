// SPDX-License-Identifier: MIT
// SQL without its literals: what telemetry may say of a query.
#pragma once

#include <nanotel/instrument/query_summary.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace nanotel::inline NANOTEL_ABI {

/// In what the dialects of SQL differ as to where a literal begins and ends. The default is that of the
/// standard, with the dollar quotes of PostgreSQL, which clash with nothing in it.
struct sql_dialect {
    bool backslash_escapes = false;     ///< 'it\'s'
    bool double_quoted_strings = false; ///< "text"; else a name
    bool hash_comments = false;         ///< # to the end of the line
    bool bracketed_names = false;       ///< [name]
    bool dollar_quotes = true;          ///< $tag$text$tag$
    bool alternative_quotes = false;    ///< q'[text]'
    /// Nobody knows whether a backslash escapes or a # begins a comment: from a quote on of which that
    /// decides whether it is one, all is taken for a literal.
    bool doubtful = false;

    /// That of a db.system.name. Of one that is not known, "other_sql" among them, double-quoted text is
    /// taken for a string and what is doubtful for a literal: rather too little is told than too much.
    static constexpr sql_dialect of(std::string_view system) noexcept {
        sql_dialect dialect;
        if (!is_known(system)) {
            dialect.double_quoted_strings = dialect.alternative_quotes = dialect.doubtful = true;
            return dialect;
        }
        const bool of_mysql = system == "mysql" || system == "mariadb";
        const bool of_google = system == "gcp.spanner";
        dialect.backslash_escapes = of_mysql || of_google || system == "hive" || system == "clickhouse";
        // SQLite takes a double-quoted word that names nothing for a string.
        dialect.double_quoted_strings = of_mysql || of_google || system == "hive" || system == "sqlite";
        dialect.hash_comments = of_mysql || of_google || system == "clickhouse";
        dialect.bracketed_names = system == "microsoft.sql_server" || system == "sqlite";
        dialect.dollar_quotes = !of_mysql && !dialect.bracketed_names;
        dialect.alternative_quotes = system == "oracle.db";
        return dialect;
    }

private:
    static constexpr bool is_known(std::string_view system) noexcept {
        for (const std::string_view known :
             {"clickhouse", "cockroachdb", "derby", "gcp.spanner", "h2database", "hive", "hsqldb", "ibm.db2",
              "mariadb", "microsoft.sql_server", "mysql", "oracle.db", "postgresql", "sap.hana", "sqlite",
              "teradata", "trino"})
            if (system == known) return true;
        return false;
    }
};

/// What sanitize_query() makes of a query.
struct sanitized_query {
    std::string text;     ///< for db.query.text
    std::string summary;  ///< for db.query.summary: "SELECT users", "INSERT orders SELECT carts"
    bool is_whole = true; ///< false: the query was too long, and the end of its text is missing
};

namespace detail {

class query_scanner {
public:
    // Of longer queries the rest is not looked at.
    static constexpr std::size_t most_input = 64 * 1024;

    query_scanner(std::string_view query, const sql_dialect& dialect, std::size_t most_text)
        : dialect_(dialect), query_(query.substr(0, most_input)), limit_(most_text) {
        result_.is_whole = query_.size() == query.size();
        result_.text.reserve(query_.size() < limit_ ? query_.size() : limit_);
    }

    sanitized_query scan() {
        // Also past the end of what is written: the summary is of the whole.
        while (at_ < query_.size()) step();
        if (is_full_) result_.is_whole = false;
        if (!result_.text.empty() && result_.text.back() == ' ') result_.text.pop_back();
        result_.summary = summary_.characters();
        return std::move(result_);
    }

private:
    // A list after IN, as long as it has literals alone: written up to the first of them, and then only
    // watched.
    enum class list : std::uint8_t { none, begun, has_one, has_more };

    static constexpr bool is_space(char c) noexcept {
        return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
    }
    static constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
    static constexpr bool is_word(char c) noexcept {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
               static_cast<unsigned char>(c) >= 0x80;
    }
    static constexpr bool is_any(std::string_view word, std::string_view upper) noexcept {
        return query_summary::is_one_of(word, upper);
    }

    char peek(std::size_t ahead = 0) const noexcept {
        return at_ + ahead < query_.size() ? query_[at_ + ahead] : '\0';
    }

    void step() {
        const char c = peek();
        if (is_space(c)) {
            ++at_;
            blank();
        } else if ((c == '-' && peek(1) == '-') ||
                   (c == '#' && (dialect_.hash_comments || dialect_.doubtful))) {
            const std::size_t begin = at_;
            while (at_ < query_.size() && query_[at_] != '\n') ++at_;
            if (c == '#' && dialect_.doubtful &&
                query_.substr(begin, at_ - begin).find_first_of("'\"`$") != query_.npos)
                hide_rest();
            else
                blank();
        } else if (c == '/' && peek(1) == '*') {
            skip_comment();
            blank();
        } else if (c == '\'' || (c == '"' && dialect_.double_quoted_strings)) {
            skip_quoted(c, of_dialect());
            literal();
        } else if (c == '"' || c == '`' || (c == '[' && dialect_.bracketed_names)) {
            const std::size_t begin = at_;
            if (skip_quoted(c == '[' ? ']' : c, backslash::character))
                name(query_.substr(begin, at_ - begin), true);
            else
                literal(); // not closed: nobody knows what it is
        } else if (c == '$' && dialect_.dollar_quotes && skip_dollar_quoted()) {
            literal();
        } else if ((c == '$' && is_digit(peek(1))) ||
                   ((c == ':' || c == '?' || c == '@') && is_word(peek(1)))) {
            placeholder();
        } else if (is_digit(c) || (c == '.' && is_digit(peek(1)) && !after_name_)) {
            skip_number();
            literal();
        } else if (is_word(c)) {
            word();
        } else {
            ++at_;
            symbol(c);
        }
    }

    // -- what is passed over

    // PostgreSQL nests comments. Elsewhere more is left out than need be where one has the beginning of
    // another.
    void skip_comment() noexcept {
        std::size_t depth = 0;
        while (at_ < query_.size()) {
            if (peek() == '/' && peek(1) == '*') {
                ++depth;
                at_ += 2;
            } else if (peek() == '*' && peek(1) == '/') {
                at_ += 2;
                if (--depth == 0) return;
            } else {
                ++at_;
            }
        }
    }

    enum class backslash : std::uint8_t { character, escape, doubtful };
    backslash of_dialect() const noexcept {
        return dialect_.doubtful            ? backslash::doubtful
               : dialect_.backslash_escapes ? backslash::escape
                                            : backslash::character;
    }

    // To the closing quote; two of them are one that does not close. False: to the end, and not closed, or
    // nobody knows.
    bool skip_quoted(char quote, backslash is) noexcept {
        for (++at_; at_ < query_.size(); ++at_) {
            if (is != backslash::character && query_[at_] == '\\') {
                ++at_;
                if (is == backslash::doubtful && peek() == quote) break;
            } else if (query_[at_] == quote) {
                ++at_;
                if (at_ == query_.size() || query_[at_] != quote) return true;
            }
        }
        at_ = query_.size();
        return false;
    }

    void hide_rest() {
        at_ = query_.size();
        literal();
    }

    // Behind q: '[text]', and with any other character on both sides.
    void skip_alternative_quoted() noexcept {
        const char opens = peek(1);
        const char end[] = {opens == '['   ? ']'
                            : opens == '{' ? '}'
                            : opens == '(' ? ')'
                            : opens == '<' ? '>'
                                           : opens,
                            '\''};
        const std::size_t close = query_.find(std::string_view(end, 2), at_ + 2);
        at_ = close == query_.npos ? query_.size() : close + 2;
    }

    bool skip_dollar_quoted() noexcept {
        std::size_t end = at_ + 1;
        while (end < query_.size() && query_[end] != '$' && is_word(query_[end])) ++end;
        if (end >= query_.size() || query_[end] != '$' || is_digit(peek(1))) return false;
        const std::string_view tag = query_.substr(at_, end + 1 - at_);
        const std::size_t close = query_.find(tag, end + 1);
        at_ = close == query_.npos ? query_.size() : close + tag.size();
        return true;
    }

    // Also 0x1F, 1e-5 and whatever else hangs on a digit.
    void skip_number() noexcept {
        for (char last = '\0'; at_ < query_.size(); last = query_[at_++]) {
            const char c = query_[at_];
            const bool of_exponent =
                (c == '+' || c == '-') && (last == 'e' || last == 'E') && is_digit(peek(1));
            if (!is_word(c) && c != '.' && !of_exponent) return;
        }
    }

    // -- what is written, each token whole or not at all

    void put(std::string_view token) {
        if (is_full_ || result_.text.size() + token.size() > limit_)
            is_full_ = true;
        else
            result_.text += token;
    }
    void blank() {
        if (!is_watched() && !result_.text.empty() && result_.text.back() != ' ') put(" ");
    }

    bool is_watched() const noexcept { return list_ == list::has_one || list_ == list::has_more; }
    // It turned out to have something else than literals: several of them are told as two.
    void leave_list() {
        if (list_ == list::has_more) put(", ?");
        if (is_watched() && comma_) put(", ");
        list_ = list::none;
    }

    void literal() {
        summary_.literal();
        after_name_ = after_dot_ = after_in_ = comma_ = false;
        if (is_watched()) {
            list_ = list::has_more;
            return;
        }
        put("?");
        if (list_ == list::begun) list_ = list::has_one;
    }

    void placeholder() {
        const std::size_t begin = at_++;
        while (at_ < query_.size() && is_word(query_[at_])) ++at_;
        leave_list();
        put(query_.substr(begin, at_ - begin));
        summary_.literal();
        after_name_ = after_dot_ = after_in_ = false;
    }

    void word() {
        const std::size_t begin = at_;
        while (at_ < query_.size() && is_word(query_[at_])) ++at_;
        const std::string_view word = query_.substr(begin, at_ - begin);
        if (peek() == '\'') {
            // N'…', X'…', E'…', _utf8'…'; an E lets backslashes escape.
            if (dialect_.alternative_quotes && (is_any(word, "Q") || is_any(word, "NQ")))
                skip_alternative_quoted();
            else
                skip_quoted('\'', is_any(word, "E") && !dialect_.doubtful ? backslash::escape : of_dialect());
            literal();
        } else if (!after_dot_ && peek() != '.' && (is_any(word, "TRUE") || is_any(word, "FALSE"))) {
            literal();
        } else {
            name(word, false);
        }
    }

    void name(std::string_view token, bool quoted) {
        leave_list();
        put(token);
        summary_.name(token, quoted);
        after_in_ = !quoted && is_any(token, "IN");
        after_name_ = true;
        after_dot_ = false;
    }

    void symbol(char c) {
        summary_.symbol(c);
        if (c == ')' && is_watched()) {
            list_ = list::none;
        } else if (is_watched() && (c == ',' || c == '-' || c == '+')) {
            comma_ = c == ',';
            return;
        } else if (c != '-' && c != '+') {
            leave_list();
        }
        put(std::string_view(&c, 1));
        if (c == '(' && after_in_) {
            list_ = list::begun;
            comma_ = false;
        }
        after_in_ = false;
        after_dot_ = c == '.';
        after_name_ = after_dot_ || c == ')' || c == ']';
    }

    const sql_dialect dialect_;
    std::string_view query_;
    const std::size_t limit_;
    std::size_t at_ = 0;
    sanitized_query result_;
    query_summary summary_;
    list list_ = list::none;
    bool comma_ = false;      // in a list, after its last literal
    bool after_name_ = false; // a dot that follows is none of a number
    bool after_dot_ = false;
    bool after_in_ = false;
    bool is_full_ = false;
};

} // namespace detail

/// Replaces the literals of a SQL text by ?: strings, numbers, booleans, binary and dollar-quoted ones,
/// whatever prefix they have. Comments are left out, runs of blanks are one, IN (?, ?, ?) is IN (?); names,
/// also quoted ones where the dialect quotes no strings so, and placeholders stay (Semantic Conventions,
/// "Sanitization of db.query.text"). At most `most_text` bytes are made, cut between two tokens, and 64 KiB
/// are read. Whatever is not closed is taken for a literal. Any bytes, in linear time; allocates its results
/// alone.
inline sanitized_query sanitize_query(std::string_view query, const sql_dialect& dialect = {},
                                      std::size_t most_text = 2048) {
    return detail::query_scanner(query, dialect, most_text).scan();
}

} // namespace nanotel::inline NANOTEL_ABI
