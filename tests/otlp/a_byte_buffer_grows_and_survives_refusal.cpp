// SPDX-License-Identifier: MIT
#include "support/sanitizers.hpp"

#include <nanotel/otlp/byte_buffer.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

using nanotel::detail::byte_buffer;

namespace {

std::string_view contents(const byte_buffer& buffer) { return {buffer.data(), buffer.size()}; }

// Sanitizers end the process where the allocator would refuse.
constexpr bool allocator_refuses = !nanotel_test::sanitized;

} // namespace

static_assert(!std::is_copy_constructible_v<byte_buffer> && !std::is_copy_assignable_v<byte_buffer>);
static_assert(std::is_nothrow_move_constructible_v<byte_buffer> &&
              std::is_nothrow_move_assignable_v<byte_buffer>);

TEST_CASE("an empty buffer holds no memory") {
    const byte_buffer buffer;
    CHECK(buffer.empty());
    CHECK(buffer.size() == 0);
    CHECK(buffer.capacity() == 0);
}

TEST_CASE("what was committed stays while the buffer grows") {
    byte_buffer buffer;
    std::string expected;
    int moves = 0;
    std::size_t capacity = 0;
    for (std::size_t i = 0; i != 3000; ++i) {
        const std::size_t count = i % 257;
        char* out = buffer.reserve(count);
        REQUIRE(out != nullptr);
        REQUIRE(out == buffer.data() + buffer.size());
        std::memset(out, '?', count + 64); // all of it is writable, the slack too
        std::memset(out, static_cast<char>('a' + i % 26), count);
        buffer.commit(out + count);
        expected.append(count, static_cast<char>('a' + i % 26));
        if (buffer.capacity() != capacity) ++moves;
        capacity = buffer.capacity();
    }
    CHECK(contents(buffer) == expected);
    CHECK(moves <= 9); // 380 kB from 4 kB by doubling
}

TEST_CASE("reserve at the very edge of the storage") {
    byte_buffer buffer;
    REQUIRE(buffer.reserve(1) != nullptr);
    const std::size_t capacity = buffer.capacity();
    char* out = buffer.reserve(capacity - byte_buffer::slack);
    REQUIRE(buffer.capacity() == capacity); // fits exactly
    std::memset(out, 'x', capacity);
    buffer.commit(out + capacity - byte_buffer::slack);
    REQUIRE(buffer.reserve(0) != nullptr);
    REQUIRE(buffer.capacity() == capacity); // nothing more to write, but the slack is there
    out = buffer.reserve(1);
    REQUIRE(buffer.capacity() > capacity);
    std::memset(out, 'y', 65);

    byte_buffer large;
    out = large.reserve(100000); // more than doubling would give
    REQUIRE(out != nullptr);
    std::memset(out, 'z', 100064);
}

TEST_CASE("append and truncate and clear") {
    byte_buffer buffer;
    CHECK(buffer.append(nullptr, 0));
    CHECK(buffer.append("hello, ", 7));
    CHECK(buffer.append("world", 5));
    CHECK(contents(buffer) == "hello, world");
    buffer.truncate(100); // no more than there is
    CHECK(contents(buffer) == "hello, world");
    buffer.truncate(5);
    CHECK(contents(buffer) == "hello");
    const std::size_t capacity = buffer.capacity();
    buffer.clear();
    CHECK(buffer.empty());
    CHECK(buffer.capacity() == capacity);
    CHECK(buffer.append("again", 5));
    CHECK(contents(buffer) == "again");
}

TEST_CASE("a move hands over the storage and leaves a usable buffer") {
    byte_buffer first;
    REQUIRE(first.append("body", 4));
    const char* storage = first.data();

    byte_buffer second(std::move(first));
    CHECK(second.data() == storage);
    CHECK(contents(second) == "body");
    CHECK(first.empty());
    CHECK(first.capacity() == 0);
    CHECK(first.append("next", 4));
    CHECK(contents(first) == "next");

    first = std::move(second);
    CHECK(first.data() == storage);
    CHECK(contents(first) == "body");
    CHECK(second.capacity() == 0);

    byte_buffer& same = first;
    first = std::move(same);
    CHECK(contents(first) == "body");
}

TEST_CASE("shrink gives memory back and keeps the contents") {
    byte_buffer buffer;
    REQUIRE(buffer.reserve(1000000) != nullptr);
    REQUIRE(buffer.append("contents", 8));
    buffer.shrink(2000000); // holds less already
    CHECK(buffer.capacity() >= 1000000);
    buffer.shrink(8192);
    CHECK(buffer.capacity() == 8192);
    CHECK(contents(buffer) == "contents");
    buffer.shrink(0);
    CHECK(buffer.capacity() == 8 + byte_buffer::slack);
    CHECK(contents(buffer) == "contents");
    buffer.clear();
    buffer.shrink(0);
    CHECK(buffer.capacity() == 0);
    CHECK(buffer.append("usable", 6));
    CHECK(contents(buffer) == "usable");
}

TEST_CASE("a refused allocation changes nothing") {
    byte_buffer buffer;
    CHECK(buffer.reserve(SIZE_MAX) == nullptr); // the sum with the slack must not wrap
    REQUIRE(buffer.append("kept", 4));
    const char* storage = buffer.data();
    const std::size_t capacity = buffer.capacity();
    for (const std::size_t count : {SIZE_MAX, SIZE_MAX - 63, SIZE_MAX - 64, SIZE_MAX / 2, SIZE_MAX / 4 + 1})
        CHECK(buffer.reserve(count) == nullptr);
    if (allocator_refuses) {
        CHECK(buffer.reserve(SIZE_MAX / 5) == nullptr);
        CHECK_FALSE(buffer.append("never read", SIZE_MAX / 5));
    }
    CHECK(buffer.data() == storage);
    CHECK(buffer.capacity() == capacity);
    CHECK(buffer.append(" and used", 9));
    CHECK(contents(buffer) == "kept and used");
}
