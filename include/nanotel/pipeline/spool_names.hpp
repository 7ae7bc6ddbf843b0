// SPDX-License-Identifier: MIT
// What lies in a folder of spooled payloads, by its name:
//
//     01763744233123456789-0000000007-4f2a9c01d3e4b567-traces-512.otlp
//                                 a payload: nanoseconds since 1970, the how manieth of its owner, the owner,
//                                 the signal, the items
//     01763744233123456789-0000000007-4f2a9c01d3e4b567-traces-512.otlp.damaged
//                                 a payload that was set aside, which nobody reads any more
//     0000000008-4f2a9c01d3e4b567.tmp
//                                 a payload that is being written
//     4f2a9c01d3e4b567.claim      an empty file whose lock the owner holds for as long as it lives
//
// Whatever else lies there is left alone.
#pragma once

#include <algorithm> // min
#include <cinttypes>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstdio> // snprintf
#include <string>
#include <string_view>

#include <nanotel/core/config.hpp>
#include <nanotel/pipeline/spool_file.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// A name on the stack.
struct spool_name {
    static constexpr std::size_t capacity = 128; // the longest has 93
    char characters[capacity]{};
    std::size_t size = 0;

    [[nodiscard]] const char* c_str() const noexcept { return characters; }
    [[nodiscard]] std::string_view view() const noexcept { return {characters, size}; }
};

/// What the name of a payload says.
struct spool_identity {
    std::uint64_t time = 0; ///< nanoseconds since 1970 by the system's clock when it was written
    std::uint64_t sequence = 0;
    std::uint64_t owner = 0;
    signal kind = signal::traces;
    std::uint64_t items = 0;
};

enum class spool_entry_kind : std::uint8_t { foreign, payload, damaged, temporary, claim };

struct spool_entry {
    spool_entry_kind kind = spool_entry_kind::foreign;
    spool_identity identity{}; ///< all of it for a payload; the owner of the others
};

[[nodiscard]] inline spool_name payload_name(const spool_identity& of, const char* suffix = "") noexcept {
    spool_name name;
    const std::string_view kind = to_string(of.kind);
    name.size = static_cast<std::size_t>(
        std::snprintf(name.characters, sizeof name.characters,
                      "%020" PRIu64 "-%010" PRIu64 "-%016" PRIx64 "-%.*s-%" PRIu64 ".otlp%s", of.time,
                      of.sequence, of.owner, static_cast<int>(kind.size()), kind.data(), of.items, suffix));
    return name;
}
[[nodiscard]] inline spool_name damaged_name(const spool_identity& of) noexcept {
    return payload_name(of, ".damaged");
}
[[nodiscard]] inline spool_name temporary_name(std::uint64_t sequence, std::uint64_t owner) noexcept {
    spool_name name;
    name.size = static_cast<std::size_t>(std::snprintf(name.characters, sizeof name.characters,
                                                       "%010" PRIu64 "-%016" PRIx64 ".tmp", sequence, owner));
    return name;
}
[[nodiscard]] inline spool_name claim_name(std::uint64_t owner) noexcept {
    spool_name name;
    name.size = static_cast<std::size_t>(
        std::snprintf(name.characters, sizeof name.characters, "%016" PRIx64 ".claim", owner));
    return name;
}

/// Names that are not exactly as they would be written are foreign.
[[nodiscard]] inline spool_entry read_spool_name(std::string_view name) noexcept {
    using namespace spool_format;
    spool_entry entry;
    spool_identity& of = entry.identity;
    const auto is = [&](spool_entry_kind kind, const spool_name& spelled) {
        if (spelled.view() == name) entry.kind = kind;
        return entry;
    };
    std::string_view rest = name;
    if (name.ends_with(".claim")) {
        if (!take_number(rest, of.owner, 16)) return entry;
        return is(spool_entry_kind::claim, claim_name(of.owner));
    }
    if (name.ends_with(".tmp")) {
        if (!take_number(rest, of.sequence) || !take(rest, "-") || !take_number(rest, of.owner, 16))
            return entry;
        return is(spool_entry_kind::temporary, temporary_name(of.sequence, of.owner));
    }
    if (!take_number(rest, of.time) || !take(rest, "-") || !take_number(rest, of.sequence) ||
        !take(rest, "-") || !take_number(rest, of.owner, 16) || !take(rest, "-") ||
        !take_signal(rest, of.kind) || !take(rest, "-") || !take_number(rest, of.items) ||
        of.items > greatest_spool_items)
        return entry;
    if (rest == ".otlp") return is(spool_entry_kind::payload, payload_name(of));
    return is(spool_entry_kind::damaged, damaged_name(of));
}

/// The folder of a destination: readable, and with a hash so that no two share one. Of a URL users, passwords
/// and what follows a question mark take no part, so a new password finds the old payloads; of a name without
/// a URL every character does.
[[nodiscard]] inline std::string spool_folder_name(std::string_view destination) {
    std::string plain(destination);
    if (const std::size_t scheme = plain.find("://"); scheme != plain.npos) {
        const std::size_t host = scheme + 3;
        plain.resize(std::min(plain.size(), plain.find_first_of("?#", host)));
        const std::size_t at = plain.substr(0, plain.find('/', host)).rfind('@');
        if (at != plain.npos && at >= host) plain.erase(host, at + 1 - host);
    }

    std::uint64_t hash = 14695981039346656037U; // FNV-1a
    std::string name;
    for (const char c : plain) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
        const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          (c == '.' && !name.empty());
        if (name.size() < 48 && (kept || (!name.empty() && name.back() != '-'))) name += kept ? c : '-';
    }
    if (!name.empty() && name.back() != '-') name += '-';
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016" PRIx64, hash);
    return name + digits;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
