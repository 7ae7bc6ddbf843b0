// SPDX-License-Identifier: MIT
// Keys and tokens of services in a text, by the beginnings that those give them, private keys, and what
// stands behind the name of a scheme: Bearer ….
#pragma once

#include <nanotel/privacy/characters.hpp>

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

} // namespace nanotel::inline NANOTEL_ABI::detail
