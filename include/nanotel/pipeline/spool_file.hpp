// SPDX-License-Identifier: MIT
// The format of the files in which payloads wait on disk.
//
//     nanotel spool 1
//     signal: traces
//     items: 512
//     length: 3145728
//     crc32: 9f3c21aa
//
//     {"resourceSpans":[...
//
// A header of text, to be looked at with `head -n 5`, an empty line, and the body as it goes over the wire,
// which `tail -n +7` gives. The length is that of the body in bytes; the checksum is zlib's, of the four
// lines above it and the body. Each number has one spelling, so that the change of any byte is seen.
#pragma once

#include <zlib.h> // crc32_z

#include <charconv>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio> // snprintf
#include <string_view>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/exporter.hpp> // signal

namespace nanotel::inline NANOTEL_ABI::detail {

/// More than any payload holds, and little enough that the sums over a folder do not wrap.
inline constexpr std::uint64_t greatest_spool_items = 1'000'000'000'000;

/// What the header of a file says.
struct spool_header {
    signal kind = signal::traces;
    std::uint64_t items = 0;
    std::uint64_t length = 0; ///< of the body
    std::uint32_t checksum = 0;
    std::size_t size = 0; ///< of the header itself, the empty line included: where the body begins
};

/// What is wrong with a file.
enum class spool_damage : std::uint8_t { none, magic, version, header, length, checksum };

/// For diagnostics, after the name of a file.
[[nodiscard]] constexpr std::string_view to_string(spool_damage damage) noexcept {
    switch (damage) {
    case spool_damage::none:
        return "is whole";
    case spool_damage::magic:
        return "does not begin as one of nanotel's";
    case spool_damage::version:
        return "was written by another version of nanotel";
    case spool_damage::header:
        return "has a header that cannot be read or does not fit its name";
    case spool_damage::length:
        return "is shorter or longer than it says";
    case spool_damage::checksum:
        return "was changed after it was written: its checksum does not fit";
    }
    return "unknown";
}

/// A header as text.
struct spool_header_text {
    static constexpr std::size_t capacity = 160; // the longest has 118
    char characters[capacity];
    std::size_t size;
    [[nodiscard]] std::string_view view() const noexcept { return {characters, size}; }
};

[[nodiscard]] inline std::uint32_t spool_checksum(std::string_view fields, std::string_view body) noexcept {
    const auto add = [](uLong sum, std::string_view bytes) noexcept {
        return bytes.empty() ? sum
                             : ::crc32_z(sum, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    };
    return static_cast<std::uint32_t>(add(add(0, fields), body));
}

namespace spool_format {

inline constexpr std::string_view magic = "nanotel spool ";
inline constexpr std::string_view version = "1\n";
inline constexpr std::size_t checksum_line = sizeof("crc32: 00000000\n") - 1;

/// The lines that the checksum covers.
[[nodiscard]] inline std::size_t print_fields(char (&to)[spool_header_text::capacity], signal kind,
                                              std::uint64_t items, std::uint64_t length) noexcept {
    const std::string_view name = to_string(kind);
    return static_cast<std::size_t>(std::snprintf(
        to, sizeof to, "nanotel spool 1\nsignal: %.*s\nitems: %" PRIu64 "\nlength: %" PRIu64 "\n",
        static_cast<int>(name.size()), name.data(), items, length));
}

[[nodiscard]] inline bool take(std::string_view& from, std::string_view text) noexcept {
    if (!from.starts_with(text)) return false;
    from.remove_prefix(text.size());
    return true;
}

template <class Number>
[[nodiscard]] bool take_number(std::string_view& from, Number& number, int base = 10) noexcept {
    const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), number, base);
    if (error != std::errc{}) return false;
    from.remove_prefix(static_cast<std::size_t>(end - from.data()));
    return true;
}

[[nodiscard]] inline bool take_signal(std::string_view& from, signal& kind) noexcept {
    for (const signal one : {signal::traces, signal::metrics, signal::logs})
        if (take(from, to_string(one))) {
            kind = one;
            return true;
        }
    return false;
}

} // namespace spool_format

/// The header of a file with this body. Costs a checksum over the body, about a millisecond for 2 MiB.
[[nodiscard]] inline spool_header_text make_spool_header(signal kind, std::uint64_t items,
                                                         std::string_view body) noexcept {
    spool_header_text text{};
    text.size = spool_format::print_fields(text.characters, kind, items, body.size());
    const std::uint32_t checksum = spool_checksum(text.view(), body);
    text.size += static_cast<std::size_t>(std::snprintf(text.characters + text.size,
                                                        sizeof text.characters - text.size,
                                                        "crc32: %08" PRIx32 "\n\n", checksum));
    return text;
}

/// Reads the header from the beginning of a file, of which up to spool_header_text::capacity bytes are
/// needed.
[[nodiscard]] inline spool_damage read_spool_header(std::string_view file, spool_header& header) noexcept {
    using namespace spool_format;
    std::string_view rest = file;
    if (!take(rest, magic)) return spool_damage::magic;
    if (!take(rest, version)) return spool_damage::version;
    if (!take(rest, "signal: ") || !take_signal(rest, header.kind) || !take(rest, "\nitems: ") ||
        !take_number(rest, header.items) || header.items > greatest_spool_items ||
        !take(rest, "\nlength: ") || !take_number(rest, header.length) || !take(rest, "\ncrc32: ") ||
        !take_number(rest, header.checksum, 16) || !take(rest, "\n\n"))
        return spool_damage::header;
    header.size = file.size() - rest.size();
    // Written again it has to be the same: numbers with leading zeros, capital digits are not ours.
    char again[spool_header_text::capacity];
    std::size_t size = print_fields(again, header.kind, header.items, header.length);
    size += static_cast<std::size_t>(
        std::snprintf(again + size, sizeof again - size, "crc32: %08" PRIx32 "\n\n", header.checksum));
    return std::string_view(again, size) == file.substr(0, header.size) ? spool_damage::none
                                                                        : spool_damage::header;
}

/// Whether the body that follows the header in a file is what was written. `file` begins as the file does and
/// holds at least the header.
[[nodiscard]] inline spool_damage check_spool_body(std::string_view file, const spool_header& header,
                                                   std::string_view body) noexcept {
    if (body.size() != header.length) return spool_damage::length;
    const std::string_view fields = file.substr(0, header.size - spool_format::checksum_line - 1);
    return spool_checksum(fields, body) == header.checksum ? spool_damage::none : spool_damage::checksum;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
