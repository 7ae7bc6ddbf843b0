// SPDX-License-Identifier: MIT
// Numbers that belong to somebody: cards (with Luhn's check), phones, IPv4 addresses, in the ways in which
// people and programs write them.
#pragma once

#include <nanotel/privacy/characters.hpp>

#include <cstdint>

namespace nanotel::inline NANOTEL_ABI::detail {

enum class number_kind : std::uint8_t { none, card, phone, ipv4 };

struct number_match {
    number_kind kind = number_kind::none;
    std::size_t size = 0; // from where the search began; 0: none of these
    std::size_t skip = 1; // and how far to go on then
};

// Groups of digits with a short separator between them, as far as one number may go.
struct digit_groups {
    static constexpr unsigned most = 20;
    struct group {
        std::size_t begin;
        std::size_t end; // behind its parenthesis
        unsigned digits;
        char separator; // before it; 0: none
        bool in_parentheses;
    };
    group groups[most];
    unsigned count = 0;
    bool international = false; // with a plus sign
};

constexpr bool is_phone_separator(char c) noexcept { return c == ' ' || c == '-' || c == '.' || c == '/'; }

constexpr std::size_t plus_sign_at(std::string_view text, std::size_t at) noexcept {
    return text[at] == '+' ? 1 : goes_on_with(text, at, "%2b") ? 3 : 0;
}

// Behind an underscore, as in ip_10.0.0.1, stand addresses and cards: digits enough to tell them from ids.
constexpr bool is_joined(std::string_view text, std::size_t at) noexcept {
    return at != 0 && text[at - 1] == '_' && is_ascii_digit(text[at]);
}

// `done`: what lies before was found already; `boundary`: where an escape ends, whose letters are of no word.
constexpr bool begins_number(std::string_view text, std::size_t at, std::size_t done,
                             std::size_t boundary) noexcept {
    const auto is_digit_at = [&](std::size_t i) { return i < text.size() && is_ascii_digit(text[i]); };
    std::size_t first = at + plus_sign_at(text, at);
    const bool has_plus = first != at;
    if (first < text.size() && text[first] == '(') ++first;
    if (!is_digit_at(first)) return false;
    if (at == 0 || at == boundary) return true;
    const char before = text[at - 1];
    if (is_word_character(before) && !has_plus && !is_joined(text, at)) return false;
    // In the middle of a longer one, unless that is one of its own: 10.0.0.1-10.0.0.9.
    return at - 1 == done || !((before == '-' || before == '.') && at >= 2 && is_ascii_digit(text[at - 2]));
}

constexpr digit_groups read_groups(std::string_view text, std::size_t at) noexcept {
    constexpr unsigned most_digits = 24;
    digit_groups all;
    const std::size_t plus = plus_sign_at(text, at);
    all.international = plus != 0;
    at += plus;
    char separator = 0;
    while (all.count < digit_groups::most) {
        const bool opened = at < text.size() && text[at] == '(';
        std::size_t i = at + (opened ? 1 : 0);
        const std::size_t first = i;
        while (i < text.size() && i - first <= most_digits && is_ascii_digit(text[i])) ++i;
        if (i == first || i - first > most_digits) break;
        if (opened && (i >= text.size() || text[i] != ')')) break;
        all.groups[all.count++] = {at, i + (opened ? 1 : 0), static_cast<unsigned>(i - first), separator,
                                   opened};
        at = i + (opened ? 1 : 0);
        if (at >= text.size()) break;
        separator = opened ? ')' : 0;
        if (is_phone_separator(text[at])) {
            separator = text[at];
            // "555 - 1234" and ") " and " (".
            if (separator == ' ' && at + 2 < text.size() && text[at + 1] == '-' && text[at + 2] == ' ')
                at += 2;
            ++at;
        } else if (text[at] != '(' && !opened) {
            break;
        }
    }
    return all;
}

// Of a phone number: x89, ext89, ext. 89.
constexpr bool begins_extension(std::string_view text, std::size_t at) noexcept {
    if (goes_on_with(text, at, "ext")) {
        at += 3;
        if (at < text.size() && text[at] == '.') ++at;
        if (at < text.size() && text[at] == ' ') ++at;
    } else if (goes_on_with(text, at, "x")) {
        ++at;
    } else {
        return false;
    }
    return at < text.size() && is_ascii_digit(text[at]);
}

// Whether a number may end before `at`.
constexpr bool ends_number(std::string_view text, std::size_t at) noexcept {
    if (at >= text.size()) return true;
    const char c = text[at];
    if (begins_extension(text, at)) return true;
    if (is_word_character(c) || c == '@' || goes_on_with(text, at, "%40")) return false;
    if ((c == '-' || c == '.') && at + 1 < text.size()) {
        const char next = text[at + 1];
        return c == '.' ? !is_ascii_digit(next) : !is_word_character(next);
    }
    return true;
}

// Whether it ends so, or is the beginning of a range: behind a hyphen stands one that is written alike.
constexpr bool ends_number_or_range(std::string_view text, std::size_t begin, std::size_t end) noexcept {
    if (ends_number(text, end)) return true;
    const std::size_t size = end - begin;
    if (text[end] != '-' || text.size() - end <= size) return false;
    const std::size_t other = end + 1;
    for (std::size_t i = 0; i < size; ++i) {
        const char c = text[begin + i], like = text[other + i];
        if (is_ascii_digit(c) ? !is_ascii_digit(like) : c != like) return false;
    }
    return other + size == text.size() || !is_word_character(text[other + size]);
}

// -- IPv4 addresses

// Of the name of a package, whose version may look like an address: alsa-topology-conf_1.2.5.1-2_all.deb.
constexpr bool is_rest_of_package(std::string_view text, std::size_t at) noexcept {
    if (text[at] == '+' || text[at] == '~') return true;
    if (text[at] == '_')
        for (const std::string_view architecture : {"all", "amd64", "arm", "i386"})
            if (goes_on_with(text, at + 1, architecture)) return true;
    if (text[at] != '-') return false;
    // Its revision, and neither a port nor a range of addresses.
    const std::size_t end = end_of_run(text, at + 1, is_ascii_digit);
    return end != at + 1 && end <= at + 3 && (end == text.size() || text[end] != '.');
}

constexpr bool is_ipv4(std::string_view text, const digit_groups& all) noexcept {
    if (all.count < 4 || all.international) return false;
    for (unsigned i = 0; i < 4; ++i) {
        const auto& one = all.groups[i];
        if (one.digits > 3 || one.in_parentheses || (i != 0 && one.separator != '.')) return false;
        unsigned value = 0;
        for (std::size_t k = one.begin; k < one.end; ++k)
            value = value * 10 + static_cast<unsigned>(text[k] - '0');
        if (value > 255) return false;
    }
    const std::size_t end = all.groups[3].end;
    if (end >= text.size()) return true;
    if (text[end] == '.') return end + 1 >= text.size() || !is_word_character(text[end + 1]);
    if (is_joined(text, all.groups[0].begin) && is_rest_of_package(text, end)) return false;
    return !is_word_character(text[end]) || text[end] == '_';
}

// -- cards

// ISO/IEC 7812-1, annex B.
constexpr bool passes_luhn(std::string_view text, std::size_t begin, std::size_t end) noexcept {
    unsigned sum = 0;
    bool doubled = false;
    for (std::size_t i = end; i-- > begin;) {
        if (!is_ascii_digit(text[i])) continue;
        unsigned digit = static_cast<unsigned>(text[i] - '0');
        if (doubled) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
        sum += digit;
        doubled = !doubled;
    }
    return sum % 10 == 0;
}

// The end of the longest card number that begins here; 0 where none does. The first digit is that of the
// networks that people have cards of, which times since 1970 do not have.
constexpr std::size_t end_of_card(std::string_view text, const digit_groups& all) noexcept {
    if (all.count == 0 || all.international) return 0;
    const char first = text[all.groups[0].begin];
    if (first < '2' || first > '6') return 0;
    const std::size_t begin = all.groups[0].begin;
    // 22 to 27 are Mastercard's and Mir's; what begins with 20 is a time: 20261130065454.
    if (first == '2' && (all.groups[0].digits < 2 || text[begin + 1] < '2' || text[begin + 1] > '7'))
        return 0;
    unsigned digits = 0;
    std::size_t end = 0;
    for (unsigned i = 0; i < all.count; ++i) {
        const auto& one = all.groups[i];
        if (one.in_parentheses || (one.separator != 0 && one.separator != ' ' && one.separator != '-')) break;
        digits += one.digits;
        if (digits > 19) break;
        if (digits < 13 || !passes_luhn(text, begin, one.end)) continue;
        const bool joined = one.end < text.size() && text[one.end] == '_';
        if (joined || ends_number(text, one.end) ||
            (ends_number_or_range(text, begin, one.end) &&
             passes_luhn(text, one.end + 1, one.end + 1 + (one.end - begin))))
            end = one.end;
    }
    return end;
}

// -- phones

constexpr std::size_t end_of_international_phone(std::string_view text, const digit_groups& all,
                                                 unsigned prefix, unsigned least) noexcept {
    unsigned digits = 0;
    std::size_t end = 0;
    for (unsigned i = 0; i < all.count; ++i) {
        digits += all.groups[i].digits;
        if (digits > 15 + prefix) break; // E.164
        if (digits >= least + prefix && ends_number_or_range(text, all.groups[0].begin, all.groups[i].end))
            end = all.groups[i].end;
    }
    return end;
}

// North America: 3-3-4 after an optional 1, or all at once.
constexpr std::size_t end_of_north_american_phone(std::string_view text, const digit_groups& all) noexcept {
    const auto* group = all.groups;
    unsigned left = all.count;
    if (group[0].digits == 1 && text[group[0].begin] == '1' && left > 1) ++group, --left;
    const auto ends = [&](std::size_t end) { return ends_number_or_range(text, all.groups[0].begin, end); };
    if (left >= 3 && group[0].digits == 3 && group[1].digits == 3 && group[2].digits == 4 &&
        ends(group[2].end))
        return group[2].end;
    if (left >= 2 && group[0].digits == 3 && group[0].in_parentheses && group[1].digits == 7 &&
        ends(group[1].end))
        return group[1].end;
    // No area code begins with 0 or 1, as the seconds since 1970 do for years to come.
    const std::size_t area = group[0].begin + (group[0].digits == 11 ? 1 : 0);
    const bool all_at_once = group[0].digits == 10 || (group[0].digits == 11 && text[group[0].begin] == '1');
    if (all_at_once && !group[0].in_parentheses && text[area] >= '2' && ends(group[0].end))
        return group[0].end;
    return 0;
}

// Elsewhere: an area code, then the number in one piece or in two of which the last has four digits.
constexpr std::size_t end_of_national_phone(std::string_view text, const digit_groups& all) noexcept {
    for (unsigned area = 0; area < 2 && area < all.count; ++area) {
        const auto* const group = all.groups + area;
        const unsigned left = all.count - area;
        if (area == 1 && (all.groups[0].digits > 3 || all.groups[0].in_parentheses)) break;
        const unsigned before = area == 1 ? all.groups[0].digits : 0;
        const bool trunk = text[group[0].begin] == '0' || group[0].in_parentheses;
        const auto ends = [&](std::size_t end) {
            return trunk ? ends_number_or_range(text, all.groups[0].begin, end) : ends_number(text, end);
        };
        if (left >= 3 && group[0].digits >= 2 && group[0].digits <= 4 && group[1].digits >= 3 &&
            group[1].digits <= 5 && group[2].digits == 4) {
            const unsigned digits = before + group[0].digits + group[1].digits + 4;
            const bool joined = group[2].separator == '-' || group[2].separator == '.';
            if ((trunk ? digits >= 9 : joined && digits >= 10) && digits <= 15 && ends(group[2].end))
                return group[2].end;
        }
        if (left >= 2 && trunk && group[0].digits >= 2 && group[0].digits <= 5 && group[1].separator != '.' &&
            group[1].digits >= 5 && group[1].digits <= 9 && group[0].digits + group[1].digits >= 9 &&
            ends(group[1].end))
            return group[1].end;
    }
    return 0;
}

constexpr std::size_t end_of_phone(std::string_view text, const digit_groups& all) noexcept {
    if (all.count == 0) return 0;
    if (all.international) return end_of_international_phone(text, all, 0, 7);
    const std::size_t first = all.groups[0].begin;
    // The seconds of a time, with its fraction: 06:54:00.123456789.
    const bool seconds = all.groups[0].digits == 2 && all.count > 1 && all.groups[1].separator == '.';
    if (!seconds && all.groups[0].digits >= 2 && text[first] == '0' && text[first + 1] == '0' &&
        (all.groups[0].digits == 2 || text[first + 2] != '0')) {
        const unsigned least = all.groups[0].digits > 6 ? 9 : 7;
        if (const std::size_t end = end_of_international_phone(text, all, 2, least)) return end;
    }
    if (const std::size_t end = end_of_north_american_phone(text, all)) return end;
    return end_of_national_phone(text, all);
}

// Where begins_number says so.
constexpr number_match match_number(std::string_view text, std::size_t at) noexcept {
    const digit_groups all = read_groups(text, at);
    if (is_ipv4(text, all)) return {number_kind::ipv4, all.groups[3].end - at, 0};
    if (const std::size_t end = end_of_card(text, all)) return {number_kind::card, end - at, 0};
    if (!is_joined(text, at))
        if (const std::size_t end = end_of_phone(text, all)) return {number_kind::phone, end - at, 0};
    return {number_kind::none, 0, is_ascii_digit(text[at]) ? end_of_word(text, at) - at : 1};
}

} // namespace nanotel::inline NANOTEL_ABI::detail
