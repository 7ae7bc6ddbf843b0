// SPDX-License-Identifier: MIT
// Keys and tokens of services in a text, by the beginnings that those give them, and what stands behind the
// name of a secret: Bearer …, password=…, "token": "…".
#pragma once

#include <nanotel/privacy/denied_keys.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

struct key_match {
    std::size_t begin = 0;
    std::size_t size = 0;     // 0: there is none
    std::size_t word_end = 0; // of the word that begins here
};

constexpr bool begins_word(std::string_view text, std::size_t at) noexcept {
    return is_word_character(text[at]) && (at == 0 || !is_word_character(text[at - 1]));
}

constexpr bool is_of_credential(char c) noexcept {
    return is_ascii_letter(c) || is_ascii_digit(c) || c == '_' || c == '-' || c == '.' || c == '~' ||
           c == '+' || c == '/' || c == '=';
}
constexpr bool is_of_key(char c) noexcept {
    return is_ascii_letter(c) || is_ascii_digit(c) || c == '_' || c == '-';
}

template <class Is>
constexpr std::size_t end_of_run(std::string_view text, std::size_t at, Is is) noexcept {
    while (at < text.size() && is(text[at])) ++at;
    return at;
}

struct known_key_start {
    std::string_view letters; // as they are written
    unsigned least;           // characters that follow
};
inline constexpr known_key_start known_key_starts[] = {
    {"sk_live_", 10}, {"sk_test_", 10}, {"pk_live_", 10}, {"pk_test_", 10},    {"rk_live_", 10},
    {"rk_test_", 10}, {"whsec_", 16},   {"sk-", 20},      {"ghp_", 20},        {"gho_", 20},
    {"ghu_", 20},     {"ghs_", 20},     {"ghr_", 20},     {"github_pat_", 20}, {"glpat-", 16},
    {"xoxb-", 10},    {"xoxp-", 10},    {"xoxa-", 10},    {"xoxr-", 10},       {"xapp-", 10},
    {"AKIA", 16},     {"ASIA", 16},     {"AIza", 30},     {"ya29.", 20},       {"hf_", 20},
    {"npm_", 30},     {"pypi-", 30},    {"SG.", 30},      {"dop_v1_", 30},     {"AGE-SECRET-KEY-", 20},
    {"gsk_", 20}};

// A key with a known beginning that begins at `at`; its end, or 0.
constexpr std::size_t end_of_known_key(std::string_view text, std::size_t at) noexcept {
    for (const auto& start : known_key_starts) {
        if (text[at] != start.letters[0] || text.substr(at, start.letters.size()) != start.letters) continue;
        const std::size_t tail = at + start.letters.size();
        const bool dotted = start.letters.back() == '.';
        const std::size_t end =
            end_of_run(text, tail, [&](char c) { return is_of_key(c) || (dotted && c == '.'); });
        if (end - tail >= start.least) return end;
    }
    // JSON Web Tokens: three parts, the first of which begins with {" in base64.
    if (text.substr(at, 3) == "eyJ") {
        constexpr std::size_t most_header = 512;
        const std::size_t first = end_of_run(text.substr(0, at + most_header), at, is_of_key);
        if (first < text.size() && text[first] == '.') {
            const std::size_t second = end_of_run(text, first + 1, is_of_key);
            const std::size_t end = second < text.size() && text[second] == '.'
                                        ? end_of_run(text, second + 1, is_of_key)
                                        : second;
            if (end - at >= 20) return end;
        }
    }
    // api_key_…, apikey-….
    if (goes_on_with(text, at, "api")) {
        std::size_t i = at + 3;
        if (i < text.size() && (text[i] == '_' || text[i] == '-')) ++i;
        if (goes_on_with(text, i, "key")) {
            i += 3;
            if (i < text.size() && (text[i] == '_' || text[i] == '-')) ++i;
            const std::size_t end = end_of_run(text, i, is_of_key);
            if (end - i >= 20) return end;
        }
    }
    return 0;
}

// A private key of PEM that begins at `at`; its end, which is that of the text where it has none, or 0.
constexpr std::size_t end_of_private_key(std::string_view text, std::size_t at) noexcept {
    constexpr std::string_view begin = "-----BEGIN ", end = "-----END ", dashes = "-----";
    if (at >= text.size() || text.substr(at, begin.size()) != begin) return 0;
    constexpr std::size_t most_label = 64; // RSA PRIVATE KEY, PGP PRIVATE KEY BLOCK
    const auto end_of_label = [&](std::size_t label) {
        return end_of_run(text.substr(0, label + most_label), label,
                          [](char c) { return (c >= 'A' && c <= 'Z') || is_ascii_digit(c) || c == ' '; });
    };
    const std::size_t label = at + begin.size(), label_end = end_of_label(label);
    if (text.substr(label, label_end - label).find("PRIVATE KEY") == std::string_view::npos) return 0;
    if (text.substr(label_end, dashes.size()) != dashes) return 0;
    const std::size_t last = text.find(end, label_end);
    if (last == std::string_view::npos) return text.size();
    const std::size_t last_end = end_of_label(last + end.size());
    return text.substr(last_end, dashes.size()) == dashes ? last_end + dashes.size() : last_end;
}

// What stands behind "Bearer " or "Basic " at `at`, as RFC 9110 calls it: credentials.
constexpr key_match match_scheme(std::string_view text, std::size_t at, std::size_t word_end) noexcept {
    const std::string_view word = text.substr(at, word_end - at);
    const bool bearer = goes_on_with(word, 0, "bearer") && word.size() == 6;
    const bool basic = goes_on_with(word, 0, "basic") && word.size() == 5;
    if (!bearer && !basic) return {};
    std::size_t begin = word_end;
    while (begin < text.size() && begin - word_end < 8 && (text[begin] == ' ' || text[begin] == '\t'))
        ++begin;
    if (goes_on_with(text, word_end, "%20")) begin = word_end + 3;
    if (begin == word_end) return {};
    const std::size_t end = end_of_run(text, begin, is_of_credential);
    bool odd = false; // no word of a language
    for (std::size_t i = begin; i < end; ++i) odd = odd || is_ascii_digit(text[i]) || text[i] == '=';
    return end - begin >= (odd ? 8u : 20u) ? key_match{begin, end - begin, word_end} : key_match{};
}

constexpr bool is_quote(char c) noexcept { return c == '"' || c == '\'' || c == '`'; }

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

constexpr bool is_decimal(std::string_view value) noexcept {
    bool point = false, digit = false;
    for (const char c : value) {
        if (c == '.' && !point)
            point = true;
        else if (is_ascii_digit(c))
            digit = true;
        else
            return false;
    }
    return digit;
}

// The value behind the name of a secret: name=value, "name": "value", Authorization: value.
constexpr key_match match_assignment(std::string_view text, std::size_t at) noexcept {
    constexpr std::size_t most_name = 64;
    const std::size_t end =
        end_of_run(text.substr(0, at + most_name), at, [](char c) { return is_of_key(c) || c == '.'; });
    std::size_t i = end;
    const auto skip = [&](auto is, unsigned most) {
        for (unsigned n = 0; n < most && i < text.size() && is(text[i]); ++n) ++i;
    };
    const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
    skip([](char c) { return c == '\\'; }, 2); // JSON within JSON
    const bool quoted = i < text.size() && is_quote(text[i]);
    if (quoted) ++i;
    skip(is_space, 2);
    if (i >= text.size() || (text[i] != '=' && text[i] != ':')) return {};
    const bool colon = text[i] == ':';
    ++i;
    const std::string_view name = text.substr(at, end - at);
    if (!is_denied_key(name)) return {};
    skip(is_space, 4);
    // Authorization: Bearer …, whose scheme tells nothing.
    for (const std::string_view scheme : {"bearer ", "basic ", "digest ", "token "})
        if (goes_on_with(text, i, scheme)) i += scheme.size();
    const bool within_text = i < text.size() && text[i] == '\\'; // its quotes are escaped themselves
    skip([](char c) { return c == '\\'; }, 2);
    char closing = 0;
    if (i < text.size() && is_quote(text[i])) closing = text[i++];
    const std::size_t begin = i;
    const bool cookies = is_cookie_header(name);
    // What was hidden before.
    if (begin < text.size() &&
        (text[begin] == '[' || text[begin] == '*' || goes_on_with(text, begin, "sha256:")))
        return {};
    if (closing == 0 && cookies && colon && at != 0 && is_quote(text[at - 1])) closing = text[at - 1];
    const std::size_t private_key = closing == 0 ? end_of_private_key(text, begin) : 0;
    if (closing != 0)
        while (i < text.size() && text[i] != closing) i += !within_text && text[i] == '\\' ? 2 : 1;
    else if (private_key != 0)
        i = private_key;
    else if (cookies && colon) // all of them, to the end of the line
        while (i < text.size() && text[i] != '\n' && text[i] != '\r') ++i;
    else
        while (i < text.size() && static_cast<unsigned char>(text[i]) > 0x20 && text[i] != '&' &&
               text[i] != ',' && text[i] != ';' && text[i] != ')' && text[i] != '}' && text[i] != '<' &&
               !is_quote(text[i])) {
            ++i;
            if (cookies && i + 1 < text.size() && text[i] == ';' && text[i + 1] == ' ')
                i += 2; // and the next
        }
    if (i > text.size()) i = text.size();
    if (closing != 0 && i > begin && text[i - 1] == '\\') --i;
    if (i == begin) return {};
    const std::string_view value = text.substr(begin, i - begin);
    // token_count=5, "tokens: 12".
    if (is_decimal(value) && !is_denied_key(name, true)) return {};
    // "unexpected token: x" is prose.
    const bool prose_name = goes_on_with(name, 0, "token") &&
                            (name.size() == 5 || (name.size() == 6 && lower_case(name[5]) == 's'));
    if (colon && !quoted && prose_name && is_ordinary_word(value)) return {};
    return {begin, value.size(), end};
}

// At the beginning of a word.
constexpr key_match match_key(std::string_view text, std::size_t at) noexcept {
    std::size_t word_end = end_of_run(text, at, is_word_character);
    if (goes_on_with(text, at, "sha256:")) // what this library writes in the place of others
        return {at, 0, end_of_run(text, at + 7, is_hexadecimal)};
    if (const std::size_t end = end_of_known_key(text, at)) return {at, end - at, word_end};
    if (const key_match found = match_scheme(text, at, word_end); found.size != 0) return found;
    if (const key_match found = match_assignment(text, at); found.size != 0) return found;
    return {at, 0, word_end};
}

} // namespace nanotel::inline NANOTEL_ABI::detail
