// SPDX-License-Identifier: MIT
// Where a text holds e-mail addresses, phone and card numbers, IPv4 addresses, keys and home folders:
// scanners that go over it once, each with a bounded look around the character that gives it away.
#pragma once

#include <nanotel/privacy/assignments.hpp>
#include <nanotel/privacy/characters.hpp>
#include <nanotel/privacy/keys.hpp>
#include <nanotel/privacy/numbers.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// What the detectors tell apart.
enum class personal_data : std::uint8_t { email, phone, api_key, card, ipv4, home_path };

namespace detail {

// What was found: text.substr(begin, size) is to be hidden.
struct found_data {
    std::size_t begin = 0;
    std::size_t size = 0; // 0: nothing was found
    personal_data kind{};
};

// From the slashes of a URL to the @ behind its password, as far as it is looked for.
inline constexpr std::size_t most_url_user = 256;

// -- e-mail addresses

constexpr bool is_local_part(char c) noexcept {
    return is_word_character(c) || std::string_view(".%+-!#$&*/?^{|}~'=").find(c) != std::string_view::npos;
}
constexpr bool is_of_domain(char c) noexcept {
    return is_ascii_digit(c) || is_ascii_letter(c) || is_beyond_ascii(c) || c == '-';
}

// Around the sign at `at`, which is an @ or, in a URL, %40; not before `least`.
constexpr found_data email_around(std::string_view text, std::size_t at, std::size_t least) noexcept {
    constexpr std::size_t most_local = 64, most_domain = 255; // RFC 5321, section 4.5.3.1
    std::size_t begin = at;
    while (begin > least && at - begin < most_local && is_local_part(text[begin - 1])) --begin;
    // The colours of a terminal before it.
    if (begin > least && (text[begin - 1] == '[' || text[begin - 1] == ';'))
        if (const std::size_t escape = end_of_escape(text, begin); escape < at) begin = escape;
    // What may stand in a local part and never begins one in practice: `user=ada@…`, `mailto/ada@…`.
    for (std::size_t i = at; i-- > begin;)
        if (text[i] == '=' || text[i] == '/' || text[i] == '?' || text[i] == '&' || text[i] == '\'') {
            begin = i + 1;
            break;
        }
    while (begin < at && (text[begin] == '.' || text[begin] == '-')) ++begin;
    if (begin == at) return {};
    const std::size_t domain = at + (text[at] == '@' ? 1 : 3);
    std::size_t end = domain;
    std::size_t label = domain; // where the label begins that is being read
    std::size_t last_good = 0;  // the end of the last label that may be the last
    while (end < text.size() && end - domain < most_domain) {
        const char c = text[end];
        if (is_of_domain(c)) {
            ++end;
            if (label != domain && end - label >= 2 && !is_ascii_digit(text[label]) && c != '-')
                last_good = end;
        } else if (c == '.' && end != label) {
            label = ++end;
        } else {
            break;
        }
    }
    if (last_good == 0) return {};
    // A label is whole: where it went on with what no domain ends in, that is left outside.
    return {begin, last_good - begin, personal_data::email};
}

// -- passwords in URLs

struct url_password {
    bool is_there = false;
    found_data found; // of size 0 where it was hidden before
};

// What stands between `//user:` and the @ at `at`: postgres://app:hunter2@db:5432. Not before `least`.
constexpr url_password password_before(std::string_view text, std::size_t at, std::size_t least) noexcept {
    constexpr std::size_t none = std::string_view::npos;
    const auto ends_url = [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || is_quote(c) || c == '<' || c == '>';
    };
    std::size_t user = at;
    bool may_have_sign = true; // the user may be an e-mail address
    const std::size_t first = at > most_url_user ? at - most_url_user : 0;
    while (user >= first + 2 && !(text[user - 1] == '/' && text[user - 2] == '/')) {
        const char c = text[--user];
        if (ends_url(c) || (c == '@' && !may_have_sign)) return {};
        if (c == '@') may_have_sign = false;
    }
    if (user < first + 2) return {};
    const std::size_t colon = text.substr(0, at).find_first_of(":/?#[", user);
    if (colon == none || text[colon] != ':' || colon + 1 < least) return {};
    const std::size_t begin = colon + 1;
    // A host with its port, and an @ in the path: //example.com:8080/@ada.
    const std::size_t path = end_of_run(text.substr(0, at), begin, is_ascii_digit);
    if (path < at && (text[path] == '/' || text[path] == '?' || text[path] == '#')) return {};
    // One that holds an @ itself goes on to the last of them.
    for (std::size_t i = at + 1; i < text.size() && i - begin <= most_url_user; ++i) {
        if (ends_url(text[i]) || std::string_view("/?#,;)").find(text[i]) != none) break;
        if (text[i] == '@') at = i;
    }
    const std::string_view password = text.substr(begin, at - begin);
    if (password.empty()) return {};
    return {true, {begin, is_hidden(password) ? 0 : password.size(), personal_data::api_key}};
}

// -- home folders: the name of the user alone

constexpr found_data home_at(std::string_view text, std::size_t at) noexcept {
    constexpr std::size_t most_name = 255;
    std::size_t name = 0;
    const auto is_slash = [](char c) { return c == '/' || c == '\\'; };
    // /users/ is a route as often as not, and the folder has a capital; with a drive or a backslash it is one
    // anyway.
    const bool of_windows = text[at] == '\\' || (at != 0 && text[at - 1] == ':');
    if (text.substr(at + 1, 4) == "home")
        name = at + 5;
    else if (of_windows ? goes_on_with(text, at + 1, "users") : text.substr(at + 1, 5) == "Users")
        name = at + 6;
    if (name == 0 || name >= text.size() || !is_slash(text[name])) return {};
    while (name < text.size() && is_slash(text[name])) ++name; // escaped ones are doubled
    // A template of a route, or what was hidden before.
    if (name < text.size() &&
        (text[name] == '{' || text[name] == '[' || text[name] == '*' || text[name] == '<'))
        return {};
    if (goes_on_with(text, name, "sha256:")) return {};
    const auto ends_name = [](char c) {
        return std::string_view("/\\:\"'<>|?*").find(c) != std::string_view::npos ||
               static_cast<unsigned char>(c) < 0x20;
    };
    std::size_t end = name;
    while (end < text.size() && end - name < most_name && !ends_name(text[end])) ++end;
    // A name with a space only where the path goes on behind it.
    if (!of_windows || end >= text.size() || !is_slash(text[end])) {
        const std::size_t stop = text.substr(name, end - name).find_first_of(" ,;)");
        if (stop != std::string_view::npos) end = name + stop;
    }
    return {name, end - name, personal_data::home_path};
}

// -- keys of services and secrets by their names

// At the beginning of a word.
constexpr key_match match_key(std::string_view text, std::size_t at) noexcept {
    const std::size_t word_end = end_of_word(text, at);
    if (goes_on_with(text, at, "sha256:")) // what this library writes in the place of others
        return {at, 0, end_of_run(text, at + 7, is_hexadecimal)};
    if (const std::size_t end = end_of_known_key(text, at)) return {at, end - at, word_end};
    if (const key_match found = match_scheme(text, at, word_end); found.size != 0) return found;
    if (const key_match found = match_assignment(text, at); found.size != 0) return found;
    return {at, 0, word_end};
}

// -- all of them

// Calls found(found_data) for each, in their order; they do not overlap. It ends at `enough`, which `found`
// may move: what begins before it is found whole.
template <class Found>
constexpr void find_personal_data(std::string_view text, const std::size_t& enough, Found&& found) {
    // The sign of an e-mail address, or that behind a password, may stand behind its end.
    constexpr std::size_t look_ahead = most_url_user;
    std::size_t done = 0;     // what lies before was told
    std::size_t boundary = 0; // where the last escape ended
    // To the end of the word at `at`, of which the first letters may be of an escape.
    const auto after = [&](std::size_t at, std::size_t word_end) {
        const std::size_t escape = end_of_escape(text, at);
        return escape == at ? word_end : boundary = escape;
    };
    for (std::size_t i = 0; i < text.size() && i < enough + look_ahead;) {
        const char c = text[i];
        found_data here;
        if (c == '@' || (c == '%' && goes_on_with(text, i, "%40"))) {
            const url_password password = c == '@' ? password_before(text, i, done) : url_password{};
            here = password.is_there ? password.found : email_around(text, i, done);
        } else if (c == '-') {
            if (const std::size_t end = end_of_private_key(text, i))
                here = {i, end - i, personal_data::api_key};
        } else if (c == '/' || c == '\\') {
            here = home_at(text, i);
        } else if (begins_number(text, i, done, boundary)) {
            const number_match number = match_number(text, i);
            here = {i, number.size,
                    number.kind == number_kind::card    ? personal_data::card
                    : number.kind == number_kind::phone ? personal_data::phone
                                                        : personal_data::ipv4};
            if (number.size == 0) {
                i = after(i, i + number.skip);
                continue;
            }
        } else if (begins_word(text, i) || (i == boundary && is_word_character(c))) {
            const key_match key = match_key(text, i);
            here = {key.begin, key.size, personal_data::api_key};
            if (key.size == 0) {
                i = after(i, key.word_end);
                continue;
            }
        }
        if (here.size == 0) {
            ++i;
            continue;
        }
        // Also where it is not told, else a password would be found from the sign behind it once more.
        i = done = here.begin + here.size;
        if (here.begin < enough) found(here); // a password that begins before may end behind it
    }
}

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
