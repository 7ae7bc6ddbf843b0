// SPDX-License-Identifier: MIT
#pragma once

#include <nanotel/core/platform.hpp>
#include <nanotel/core/ring.hpp>

#include <cstring>
#include <memory>

namespace nanotel_test {

// Pages for a segment, as the registry maps them: the data, then slack for a record that begins at the last
// place.
inline nanotel::detail::ring_segment* new_segment(std::uint64_t capacity, std::uint64_t slack) {
    const std::uint64_t mapped = sizeof(nanotel::detail::ring_segment) + capacity + slack;
    auto* const segment = static_cast<nanotel::detail::ring_segment*>(
        nanotel::detail::map_pages(mapped, nanotel::detail::on_fork::keep));
    segment->capacity = capacity;
    segment->mapped = mapped;
    return segment;
}
inline void free_segment(nanotel::detail::ring_segment* segment) {
    nanotel::detail::unmap_pages(segment, segment->mapped);
}

// What a record of a test holds: its size in the header's place, its number, and bytes that follow from both.
inline unsigned char filler(std::uint64_t number, std::uint64_t at) {
    return static_cast<unsigned char>(number * 31 + at * 7 + (at >> 8));
}

inline void write_test_record(std::byte* place, std::uint32_t size, std::uint64_t number) {
    std::memcpy(place, &size, sizeof size);
    if (size < 16) return; // the smallest has no room for its number
    std::memcpy(place + 8, &number, sizeof number);
    for (std::uint32_t i = 16; i < size; ++i) place[i] = std::byte{filler(number, i)};
}

inline std::uint32_t size_of_record(const std::byte* record) {
    std::uint32_t size;
    std::memcpy(&size, record, sizeof size);
    return size;
}

// Whether the record is the one of that number, to its last byte.
inline bool is_test_record(const std::byte* record, std::uint64_t number) {
    const std::uint32_t size = size_of_record(record);
    if (size < 16) return true;
    std::uint64_t written;
    std::memcpy(&written, record + 8, sizeof written);
    if (written != number) return false;
    for (std::uint32_t i = 16; i < size; ++i)
        if (record[i] != std::byte{filler(number, i)}) return false;
    return true;
}

} // namespace nanotel_test
