// SPDX-License-Identifier: MIT
// Keys whose values are secrets by their name, however it is written: api_key, API-Key, apiKey, db.password.
#pragma once

#include <nanotel/privacy/characters.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Found anywhere in a key: userpassword, MYSQL_PASSWORD.
inline constexpr std::string_view denied_anywhere[] = {
    "password",      "passwd",      "passphrase",     "secret",      "apikey",       "accesskey",
    "privatekey",    "credential",  "authorization",  "accesstoken", "refreshtoken", "authtoken",
    "sessiontoken",  "bearertoken", "socialsecurity", "creditcard",  "cardnumber",   "signingkey",
    "encryptionkey", "apitoken",    "idtoken",        "passcode"};
// Found as a word of a key: token, user.ssn. Within others they mean something else.
inline constexpr std::string_view denied_words[] = {"token",  "pwd", "ssn",  "cvv",    "cvc",
                                                    "cookie", "jwt", "auth", "otpcode"};
// As the last word alone, but for digits: db_pass, SMTP_PASS_2. Before others they mean something else:
// pass_rate, pass-through, pin_mode, bearer_format.
inline constexpr std::string_view denied_last_words[] = {"pass", "pin", "otp", "bearer"};

// The last words of keys that count what they are named after: token_count, secret.size. Their numbers are no
// secret.
inline constexpr std::string_view quantity_words[] = {"count", "counts",  "total", "length", "size",
                                                      "limit", "used",    "usage", "cost",   "max",
                                                      "min",   "average", "rate",  "ms"};

constexpr bool is_key_character(char c) noexcept {
    return is_ascii_letter(c) || is_ascii_digit(c) || is_beyond_ascii(c);
}

// Where the letters of `word`, which is in lower case, end in the key from `at` on, with separators between
// them or not; 0 where they are not there.
constexpr std::size_t end_of_word_in_key(std::string_view key, std::size_t at,
                                         std::string_view word) noexcept {
    for (const char c : word) {
        while (at < key.size() && !is_key_character(key[at])) ++at;
        if (at == key.size() || lower_case(key[at]) != c) return 0;
        ++at;
    }
    return at;
}

constexpr bool begins_word_in_key(std::string_view key, std::size_t at) noexcept {
    if (at == 0) return true;
    const char before = key[at - 1], c = key[at];
    const auto is_lower = [](char one) { return one >= 'a' && one <= 'z'; };
    if (!is_ascii_letter(before)) return true;
    if (c < 'A' || c > 'Z') return false;
    // userToken, and behind an abbreviation: APIToken.
    return is_lower(before) || (at + 1 < key.size() && is_lower(key[at + 1]));
}
constexpr bool ends_word_in_key(std::string_view key, std::size_t at) noexcept {
    return at >= key.size() || !is_ascii_letter(key[at]) || begins_word_in_key(key, at);
}

constexpr bool holds_word(std::string_view key, std::string_view word) noexcept {
    for (std::size_t i = 0; i < key.size(); ++i)
        if (is_key_character(key[i]) && end_of_word_in_key(key, i, word) != 0) return true;
    return false;
}

// Whether the key has no word from `at` on, but digits at most.
constexpr bool ends_words_in_key(std::string_view key, std::size_t at) noexcept {
    while (at < key.size() && (is_ascii_digit(key[at]) || !is_key_character(key[at]))) ++at;
    return at == key.size();
}

// Whether the value of the key is never to be sent. `is_number`: it is one, which is no secret under the name
// of a quantity, as token_count or tokens. `more` are words beside the known ones, found anywhere.
template <class Words>
constexpr bool is_denied_key(std::string_view key, bool is_number, const Words& more) noexcept {
    constexpr std::size_t enough = 256;
    key = key.substr(0, enough);
    bool quantity = false;
    if (is_number) {
        std::size_t last = key.size();
        while (last > 0 && !begins_word_in_key(key, --last)) {
        }
        for (const std::string_view word : quantity_words)
            if (end_of_word_in_key(key, last, word) == key.size() && !key.empty()) quantity = true;
        if (quantity) return false;
    }
    for (std::size_t i = 0; i < key.size(); ++i) {
        if (!is_key_character(key[i])) continue;
        for (const std::string_view word : denied_anywhere) {
            if (lower_case(key[i]) != word[0]) continue;
            const std::size_t end = end_of_word_in_key(key, i, word);
            if (end == 0) continue;
            // Numbers of tokens count them: paid_tokens, which holds idtoken.
            const bool plural =
                end < key.size() && lower_case(key[end]) == 's' && ends_word_in_key(key, end + 1);
            if (!(is_number && plural && word.substr(word.size() - 5) == "token")) return true;
        }
        for (const auto& word : more)
            if (!word.empty() && end_of_word_in_key(key, i, word) != 0) return true;
        if (!begins_word_in_key(key, i)) continue;
        for (const std::string_view word : denied_words) {
            if (lower_case(key[i]) != word[0]) continue;
            const std::size_t end = end_of_word_in_key(key, i, word);
            if (end == 0) continue;
            if (ends_word_in_key(key, end)) return true;
            const bool plural = lower_case(key[end]) == 's' && ends_word_in_key(key, end + 1);
            if (plural && !is_number) return true;
        }
        for (const std::string_view word : denied_last_words) {
            const std::size_t end = end_of_word_in_key(key, i, word);
            if (end != 0 && ends_words_in_key(key, end)) return true;
        }
    }
    return false;
}

inline constexpr std::string_view no_more_words[1] = {};

constexpr bool is_denied_key(std::string_view key, bool is_number = false) noexcept {
    return is_denied_key(key, is_number, no_more_words);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
