// SPDX-License-Identifier: MIT
// The layout of a record in a thread's ring. Numbers and offsets only, little-endian, 8-byte aligned: another
// process that has the table of sites can read it.
#pragma once

#include <nanotel/core/config.hpp>

#include <cstddef>
#include <cstdint>

namespace nanotel::inline NANOTEL_ABI::detail {

enum class record_kind : std::uint16_t { span = 1, log = 2 };

namespace record_flag {
inline constexpr std::uint16_t sampled = 0x01; // bits 0-7: W3C trace flags
inline constexpr std::uint16_t random = 0x02;
inline constexpr std::uint16_t parent_remote = 0x100;
} // namespace record_flag

// A span record: this header, then one 8-byte slot for each attribute of the site in the site's order (a
// value of fixed size stands in its slot; a longer one leaves its length there and its offset from the end of
// the header), then the bytes of the longer values, then sections.
struct record_header {
    std::uint32_t size; // of the whole record in bytes, a multiple of 8
    record_kind kind;
    std::uint16_t flags;
    std::uint32_t site;
    std::uint32_t sections; // offset of the first section from the record's begin, 0 where there is none
    std::uint64_t start_ticks;
    std::uint64_t end_ticks;
    std::uint64_t span_id;
    std::uint64_t parent_id;
    std::uint64_t trace_id[2];
};
static_assert(sizeof(record_header) == 64);

// A log record: this header, then slots, values and sections as a span has them. The slots are those of the
// arguments and attributes of the site in their order.
struct log_header {
    std::uint32_t size; // the first 16 bytes as those of a span
    record_kind kind;
    std::uint16_t flags; // W3C trace flags
    std::uint32_t site;
    std::uint32_t sections;
    std::uint64_t trace_id[2]; // zero where no context was current
    std::uint64_t span_id;
    std::uint64_t ticks;
};
static_assert(sizeof(log_header) == 48);

struct variable_slot {
    std::uint32_t offset; // from the end of the header
    std::uint32_t size;   // bytes
};

enum class section_type : std::uint16_t {
    attribute = 1, // detail: value_type; body: u32 key size, u32 value size, key padded to 8, value
    event,         // body: event_body, name padded to 8, attribute sections
    link,          // body: link_body, attribute sections
    status,        // detail: status_code; body: u64 size, text
    name,          // body: u64 size, text
    kind,          // detail: span_kind
    start_time,    // body: Unix nanoseconds
    end_time,      // body: Unix nanoseconds
    dropped,       // body: dropped_body
    scope,         // body: u64 number of the scope
};

// Sections that only log records have.
namespace log_section {
inline constexpr section_type body{0x101};          // detail: value_type; body: u64 size, value
inline constexpr section_type severity{0x102};      // detail: its number
inline constexpr section_type severity_text{0x103}; // body: u64 size, text
inline constexpr section_type event_name{0x104};    // body: u64 size, text
} // namespace log_section

struct section_header {
    std::uint32_t size; // with this header and all that nests in it, a multiple of 8
    section_type type;
    std::uint16_t detail;
};

struct attribute_body {
    std::uint32_t key_size;
    std::uint32_t value_size;
};

struct event_body {
    std::uint64_t time; // ticks, or Unix nanoseconds where the section's detail is 1
    std::uint64_t name_size;
};

struct link_body {
    std::uint64_t trace_id[2];
    std::uint64_t span_id;
    std::uint64_t flags; // W3C trace flags, 0x100 the remote bit is known, 0x200 remote
};

struct dropped_body {
    std::uint32_t attributes;
    std::uint32_t events;
    std::uint32_t links;
    std::uint32_t reserved;
};

// An element of an array; an element of a map is an attribute section.
struct element_header {
    std::uint32_t size; // of the value, without padding
    std::uint32_t type; // value_type
};

} // namespace nanotel::inline NANOTEL_ABI::detail
