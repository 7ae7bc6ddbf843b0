// SPDX-License-Identifier: MIT
// What stands behind the name of a secret in a text: password=…, "token": "…", --password …, <password>….
#pragma once

#include <nanotel/core/text_parts.hpp> // is_blank
#include <nanotel/privacy/denied_keys.hpp>
#include <nanotel/privacy/keys.hpp>

#include <initializer_list>

namespace nanotel::inline NANOTEL_ABI::detail {

constexpr bool is_quote(char c) noexcept { return c == '"' || c == '\'' || c == '`'; }
constexpr bool is_white(char c) noexcept { return is_blank(c) || c == '\n' || c == '\r'; }

// Whether it is what this library writes in the place of others, and nothing beside.
constexpr bool is_hidden(std::string_view value) noexcept {
    constexpr std::string_view hash = "sha256:";
    const auto is_of_hash = [](char c) { return is_ascii_digit(c) || (c >= 'a' && c <= 'f'); };
    return value == "[REDACTED]" || value == "***" ||
           (value.size() == hash.size() + 16 && value.substr(0, hash.size()) == hash &&
            end_of_run(value, hash.size(), is_of_hash) == value.size());
}

// Cookie and Set-Cookie, also as http.request.header.cookie.
constexpr bool is_cookie_header(std::string_view name) noexcept {
    const std::size_t dot = name.rfind('.');
    if (dot != std::string_view::npos) name.remove_prefix(dot + 1);
    if (name.size() == 10 && goes_on_with(name, 0, "set") && (name[3] == '-' || name[3] == '_'))
        name.remove_prefix(4);
    return name.size() == 6 && goes_on_with(name, 0, "cookie");
}

// Whether it may be of a language or of a program, as in "token: expired" and "unexpected token: '}'": short,
// with no digit, and not of capitals among small letters.
constexpr bool is_ordinary_word(std::string_view value) noexcept {
    constexpr std::size_t most = 24;
    if (value.size() > most) return false;
    unsigned humps = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (is_ascii_digit(value[i])) return false;
        const bool is_upper = value[i] >= 'A' && value[i] <= 'Z';
        if (i != 0 && is_upper && value[i - 1] >= 'a' && value[i - 1] <= 'z') ++humps;
    }
    return humps <= 1;
}

// 12, 1.5, and lists of them: [101, 2023].
constexpr bool is_decimal(std::string_view value) noexcept {
    const bool list = value.size() > 1 && value.front() == '[' && value.back() == ']';
    if (list) value = value.substr(1, value.size() - 2);
    bool point = false, digit = false;
    for (const char c : value) {
        if (c == '.' && !point)
            point = true;
        else if (is_ascii_digit(c))
            digit = true;
        else if (list && (c == ',' || c == ' '))
            point = false;
        else
            return false;
    }
    return digit;
}

constexpr bool is_one_of(std::string_view word, std::initializer_list<std::string_view> lower) noexcept {
    for (const std::string_view one : lower)
        if (word.size() == one.size() && goes_on_with(word, 0, one)) return true;
    return false;
}

// Whether a line, a text or a member of a list begins at `at`, but for its indentation and dashes.
constexpr bool begins_line(std::string_view text, std::size_t at) noexcept {
    constexpr std::size_t most = 32;
    const std::size_t least = at > most ? at - most : 0;
    while (at > least && (is_blank(text[at - 1]) || text[at - 1] == '-')) --at;
    if (at == 0) return true;
    const char before = text[at - 1];
    const auto ends_line = [](char c) { return c == 'n' || c == 'r'; }; // behind a backslash: JSON in text
    if (before == '\\') return ends_line(text[at]);
    return is_quote(before) || std::string_view("\n\r,;({").find(before) != std::string_view::npos ||
           (at > 1 && text[at - 2] == '\\' && ends_line(before));
}

constexpr bool ends_value(char c) noexcept {
    return static_cast<unsigned char>(c) <= 0x20 || c == '&' || c == ',' || c == ';' || c == ')' ||
           c == '}' || c == '<' || is_quote(c);
}
constexpr std::size_t end_of_value(std::string_view text, std::size_t at) noexcept {
    return end_of_run(text, at, [](char c) { return !ends_value(c); });
}

// Of words behind one that ends at `at`: to the end of the line, or where something else is named.
constexpr std::size_t end_of_words(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && is_blank(text[at])) {
        const std::size_t word = end_of_run(text, at, is_blank);
        std::size_t end = word;
        bool named = false, line_ends = false;
        for (; end < text.size() && !ends_value(text[end]); ++end) {
            named = named || text[end] == '=';
            line_ends = text[end] == '\\' && end + 1 < text.size() &&
                        (text[end + 1] == 'n' || text[end + 1] == 'r'); // JSON in text
            if (line_ends) break;
        }
        const std::size_t next = end_of_run(text, end, is_blank);
        named =
            named || text[end - 1] == ':' || (next < text.size() && (text[next] == '=' || text[next] == ':'));
        if (end == word || named) break;
        at = end;
        if (line_ends) break;
    }
    return at;
}

// The closing quote of what begins at `at`, or the end of the text. `escaped`: so is the quote.
constexpr std::size_t closing_quote(std::string_view text, std::size_t at, char quote,
                                    bool escaped) noexcept {
    while (at < text.size() && text[at] != quote) at += !escaped && text[at] == '\\' ? 2 : 1;
    return at < text.size() ? at : text.size();
}

// The strings of the array of JSON that begins at `at`, from within the first to within the last; of size 0
// where it does not begin with one.
constexpr key_match match_strings(std::string_view text, std::size_t at) noexcept {
    std::size_t i = end_of_run(text, at + 1, is_white);
    const bool escaped = i < text.size() && text[i] == '\\';
    if (escaped) i = end_of_run(text, i, [](char c) { return c == '\\'; });
    if (i >= text.size() || !is_quote(text[i])) return {};
    const std::size_t begin = i + 1;
    std::size_t end = begin;
    for (unsigned depth = 1; i < text.size() && depth != 0; ++i) {
        const char c = text[i];
        if (is_quote(c)) {
            const std::size_t first = i + 1;
            end = i = closing_quote(text, first, c, escaped);
            while (escaped && end > first && text[end - 1] == '\\') --end;
        }
        if (c == '[') ++depth;
        if (c == ']') --depth;
    }
    return {begin, end - begin, end};
}

// <password>…</password>, also with a prefix and attributes: `at` and `end` are of the name.
constexpr key_match match_element(std::string_view text, std::size_t at, std::size_t end) noexcept {
    constexpr std::size_t most_prefix = 32, most_attributes = 256, none = std::string_view::npos;
    constexpr std::string_view section = "<![CDATA[";
    std::size_t tag = at;
    if (tag != 0 && text[tag - 1] == ':')
        for (--tag; tag != 0 && at - tag < most_prefix && is_of_key(text[tag - 1]);) --tag;
    if (tag == 0 || text[tag - 1] != '<' || end >= text.size() ||
        (text[end] != '>' && !is_white(text[end])) || !is_denied_key(text.substr(at, end - at)))
        return {};
    std::size_t begin = text.substr(0, end + most_attributes).find_first_of("<>", end);
    if (begin == none || text[begin] == '<' || text[begin - 1] == '/') return {};
    std::size_t stop = none;
    if (text.substr(++begin, section.size()) == section) {
        begin += section.size();
        stop = text.find("]]>", begin);
    } else {
        stop = text.find('<', begin);
        // The name of an argument, as help texts write it: login <password> <host>.
        if (stop == none ? begin == text.size() || !is_word_character(text[begin])
                         : text.substr(stop, 2) != "</")
            return {};
    }
    if (stop == none) stop = text.size();
    begin = end_of_run(text.substr(0, stop), begin, is_white);
    while (stop > begin && is_white(text[stop - 1])) --stop;
    return {begin, stop - begin, end};
}

// Where the value of an option begins that it does not name with a sign: --password hunter2, and as the
// arguments of a process "--password","hunter2". `i`: behind the name and its quote; 0 where there is none.
constexpr std::size_t begin_of_argument(std::string_view text, std::size_t at, std::string_view name,
                                        std::size_t i, bool quoted) noexcept {
    if (at < 2 || text[at - 1] != '-' || text[at - 2] != '-' || i >= text.size()) return 0;
    if (at > 2 && !is_white(text[at - 3]) && !is_quote(text[at - 3]) && text[at - 3] != '[') return 0;
    const std::size_t space = quoted && text[i] == ',' ? i + 1 : i;
    const std::size_t begin = end_of_run(text.substr(0, space + 8), space, is_blank);
    if (begin == i || begin >= text.size() || text[begin] == '-') return 0;
    // What options about secrets tell is none: --password-file /run/x. And prose: --password is required.
    const std::size_t last = name.rfind('-');
    if (last != std::string_view::npos &&
        is_one_of(name.substr(last + 1), {"file", "path", "stdin", "type", "name", "method", "host", "url"}))
        return 0;
    const std::size_t end = end_of_value(text, begin);
    return is_one_of(text.substr(begin, end - begin),
                     {"is",  "was", "are", "and",  "or",   "must",   "should", "can",      "cannot",  "may",
                      "to",  "in",  "for", "with", "from", "option", "flag",   "option.",  "flag.",   "has",
                      "not", "if",  "on",  "as",   "when", "given",  "needs",  "requires", "argument"})
               ? 0
               : begin;
}

// Whether a value that is not quoted is none behind names that are words of other things as well: "unexpected
// token: x", "pin: 13", "second pass: sorting the rows", "pass=12 fail=0", "--- PASS: TestCart",
// "Pin::new".
constexpr bool is_prose(std::string_view text, std::size_t at, std::string_view name, bool colon,
                        std::string_view value) noexcept {
    const bool pass = is_one_of(name, {"pass"}), digits = is_one_of(name, {"pin", "otp"});
    if (!pass && !digits && !is_one_of(name, {"token", "tokens", "bearer"})) return false;
    if ((pass || digits) && (value.size() < 4 || is_one_of(value, {"true", "false", "null"}))) return true;
    if (!colon) return false;
    const std::size_t begin = static_cast<std::size_t>(value.data() - text.data());
    if (value.front() == ':' || (name == "PASS" && !is_quote(text[begin - 1]) && begins_line(text, at)))
        return true;
    if (!is_ordinary_word(value)) return false;
    const std::size_t end = begin + value.size();
    return !pass || (end + 1 < text.size() && text[end] == ' ' && is_ascii_letter(text[end + 1]));
}

// The value behind the name of a secret: name=value, "name": "value", Authorization: value, the strings of an
// array, --name value, <name>value</name>. What is not quoted ends at a space or a sign such as a comma;
// behind a colon cookies go on to the end of the line, and so do the words of a passphrase, and of a password
// whose name begins the line ("password: correct horse"), but no further than a comma or the next name: in
// "check password: connection refused" one word is hidden.
constexpr key_match match_assignment(std::string_view text, std::size_t at) noexcept {
    constexpr std::size_t most_name = 64, most_blanks = 32, most_list = 256;
    const std::size_t end =
        end_of_run(text.substr(0, at + most_name), at, [](char c) { return is_of_key(c) || c == '.'; });
    std::size_t i = end;
    const auto skip = [&](auto is, std::size_t most) {
        for (std::size_t n = 0; n < most && i < text.size() && is(text[i]); ++n) ++i;
    };
    skip([](char c) { return c == '\\'; }, 2); // JSON within JSON
    const bool quoted = i < text.size() && is_quote(text[i]);
    if (quoted) ++i;
    const std::string_view name = text.substr(at, end - at);
    const std::size_t name_end = i;
    skip(is_blank, most_blanks);
    const bool assigned = i < text.size() && (text[i] == '=' || text[i] == ':');
    const bool colon = assigned && text[i] == ':';
    if (assigned) {
        ++i;
        if (i < text.size() && !colon && text[i] == '>') ++i; // =>
        skip([](char c) { return c == '='; }, 2);             // := == ===
        if (!is_denied_key(name)) return {};
        skip(is_blank, most_blanks);
    } else {
        if (at == 0) return {};
        if (const key_match element = match_element(text, at, end); element.size != 0) {
            const std::string_view value = text.substr(element.begin, element.size);
            return is_hidden(value) || (is_decimal(value) && !is_denied_key(name, true)) ? key_match{}
                                                                                         : element;
        }
        i = begin_of_argument(text, at, name, name_end, quoted);
        if (i == 0 || !is_denied_key(name)) return {};
    }
    // Authorization: Bearer …, whose scheme tells nothing.
    for (const std::string_view scheme : {"bearer ", "basic ", "digest ", "token "})
        if (goes_on_with(text, i, scheme)) i += scheme.size();
    const bool list = i < text.size() && text[i] == '[';
    if (list || (i < text.size() && text[i] == '{')) {
        if (list)
            if (const key_match strings = match_strings(text, i); strings.size != 0) {
                const std::string_view value = text.substr(strings.begin, strings.size);
                const bool prose = colon && !quoted && is_prose(text, at, name, colon, value);
                return is_hidden(value) || prose ? key_match{} : strings;
            }
        // Objects of JSON have names of their own.
        const std::size_t inner = end_of_run(text, i + 1, is_white);
        if (inner < text.size() &&
            (is_quote(text[inner]) || text[inner] == '{' || (text[inner] == '\\' && !list)))
            return {};
    }
    const bool within_text = i < text.size() && text[i] == '\\'; // its quotes are escaped themselves
    skip([](char c) { return c == '\\'; }, 2);
    char closing = 0;
    if (i < text.size() && is_quote(text[i])) closing = text[i++];
    const std::size_t begin = i;
    const bool cookies = is_cookie_header(name);
    if (closing == 0 && cookies && colon && at != 0 && is_quote(text[at - 1])) closing = text[at - 1];
    const std::size_t private_key = closing == 0 ? end_of_private_key(text, begin) : 0;
    if (closing != 0) {
        i = closing_quote(text, i, closing, within_text);
        if (i > begin && text[i - 1] == '\\') --i;
    } else if (private_key != 0) {
        i = private_key;
    } else if (cookies && colon) { // all of them, to the end of the line
        while (i < text.size() && text[i] != '\n' && text[i] != '\r') ++i;
    } else {
        i = end_of_value(text, i);
        while (cookies && i + 1 < text.size() && text[i] == ';' && text[i + 1] == ' ') // and the next
            i = end_of_value(text, i + 2);
        if (list && i < text.size() && text[i] == ',' && text[i - 1] != ']') {
            const std::size_t last = text.substr(0, i + most_list).find_first_of("]\n\r", i);
            if (last != std::string_view::npos && text[last] == ']') i = last + 1;
        }
    }
    if (i == begin) return {};
    std::string_view value = text.substr(begin, i - begin);
    if (is_hidden(value) || value.find_first_not_of("[]{}") == std::string_view::npos) return {};
    // token_count=5, "tokens: 12".
    if (is_decimal(value) && !is_denied_key(name, true)) return {};
    if (!quoted || closing == 0)
        if (is_prose(text, at, name, colon && !quoted, value)) return {};
    if (colon && !quoted && closing == 0 && private_key == 0 && !cookies &&
        (holds_word(name, "passphrase") || (holds_word(name, "password") && begins_line(text, at))))
        if (value.back() != ':' && value.find("\\n") == std::string_view::npos)
            value = text.substr(begin, end_of_words(text, i) - begin);
    return {begin, value.size(), end};
}

} // namespace nanotel::inline NANOTEL_ABI::detail
