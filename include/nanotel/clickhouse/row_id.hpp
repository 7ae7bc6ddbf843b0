// SPDX-License-Identifier: MIT
// Ids made of bytes: of a row, so that it has the same one however often it is made and sent, and of a body,
// by which ClickHouse knows an insert that it has seen.
#pragma once

#include <nanotel/otlp/binary_text.hpp>
#include <nanotel/otlp/word.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace nanotel::inline NANOTEL_ABI::detail {

// 128 bits; not for what somebody may want to forge.
struct row_id {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend bool operator==(const row_id&, const row_id&) = default;
};

// Every bit of the word changes half of the others (the finalizer of MurmurHash3).
constexpr std::uint64_t scatter(std::uint64_t word) noexcept {
    word = (word ^ word >> 33) * 0xff51afd7ed558ccd;
    word = (word ^ word >> 33) * 0xc4ceb9fe1a85ec53;
    return word ^ word >> 33;
}

// About 3 GB/s: two lanes that see the same words, each multiplied by a number of its own. The same on every
// machine of one byte order.
inline row_id id_of(std::string_view bytes, const row_id& seed = {}) noexcept {
    constexpr std::uint64_t first = 0x9e3779b97f4a7c15;
    constexpr std::uint64_t second = 0xc2b2ae3d27d4eb4f;
    std::uint64_t high = seed.high ^ bytes.size() * first;
    std::uint64_t low = seed.low ^ bytes.size() * second;
    const auto take = [&](std::uint64_t word) noexcept {
        high = (high ^ word) * first;
        high ^= high >> 29;
        low = (low + word) * second;
        low ^= low >> 31;
    };
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) take(load_word<std::uint64_t>(at));
    if (left != 0) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, left);
        take(word);
    }
    return {scatter(high ^ low >> 32), scatter(low + high)};
}

// 32 hexadecimal digits.
inline char* write_id(char* out, const row_id& id) noexcept {
    return write_hex(out, reinterpret_cast<const unsigned char*>(&id), sizeof id);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
