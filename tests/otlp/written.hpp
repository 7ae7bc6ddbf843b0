// SPDX-License-Identifier: MIT
// What a writer wrote, with its promises about memory checked on the way.
#pragma once

#include <nanotel/otlp/word.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>

// For writers with a vector form: that of this processor, and the one that every processor has.
struct best_form {
    static constexpr bool vector = nanotel::detail::has_sse2;
};
struct portable_form {
    static constexpr bool vector = false;
};

// Calls `writer(out)` and returns the text. The room is what the writer may use and no more, so that a
// sanitizer sees the first byte beyond; `greatest` is the length that its docstring states.
template <typename Writer>
std::string written(std::size_t greatest, Writer writer) {
    constexpr std::size_t overshoot = 32;
    constexpr char untouched = '\x7f';
    const std::size_t room = greatest + overshoot;
    const std::unique_ptr<char[]> bytes(new char[room]);
    std::memset(bytes.get(), untouched, room);

    const char* end = writer(bytes.get());
    const auto size = static_cast<std::size_t>(end - bytes.get());
    REQUIRE(size <= greatest);
    std::size_t kept = size + overshoot;
    while (kept < room && bytes[kept] == untouched) ++kept;
    REQUIRE(kept == room);
    return {bytes.get(), size};
}
