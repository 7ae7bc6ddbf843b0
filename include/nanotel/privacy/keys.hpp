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
    {"npm_", 30},     {"pypi-", 30},    {"SG.", 30},      {"dop_v1_", 30},     {"AGE-SECRET-KEY-", 20}};

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
    // "unexpected token: x" is prose, and "tokens: 12" is a count.
    if (colon && !quoted && end_of_word_in_key(name, 0, "token") != 0) return {};
    skip(is_space, 4);
    // Authorization: Bearer …, whose scheme tells nothing.
    for (const std::string_view scheme : {"bearer ", "basic ", "digest ", "token "})
        if (goes_on_with(text, i, scheme)) i += scheme.size();
    const bool within_text = i < text.size() && text[i] == '\\'; // its quotes are escaped themselves
    skip([](char c) { return c == '\\'; }, 2);
    char closing = 0;
    if (i < text.size() && is_quote(text[i])) closing = text[i++];
    const std::size_t begin = i;
    // What was hidden before.
    if (begin < text.size() &&
        (text[begin] == '[' || text[begin] == '*' || goes_on_with(text, begin, "sha256:")))
        return {};
    if (closing != 0)
        while (i < text.size() && text[i] != closing) i += !within_text && text[i] == '\\' ? 2 : 1;
    else
        while (i < text.size() && static_cast<unsigned char>(text[i]) > 0x20 && text[i] != '&' &&
               text[i] != ',' && text[i] != ';' && text[i] != ')' && text[i] != '}' && text[i] != '<' &&
               !is_quote(text[i]))
            ++i;
    if (i > text.size()) i = text.size();
    if (closing != 0 && i > begin && text[i - 1] == '\\') --i;
    return i > begin ? key_match{begin, i - begin, end} : key_match{};
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
