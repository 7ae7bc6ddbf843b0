// SPDX-License-Identifier: MIT
#include <nanotel/core/ids.hpp>
#include <nanotel/core/platform.hpp>

#include <algorithm> // sort, adjacent_find
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using nanotel::span_id;
using nanotel::trace_id;
using nanotel::detail::id_generator;

TEST_CASE("millions of ids of many generators are all different, and none is zero") {
    std::vector<std::uint64_t> ids;
    ids.reserve(4'000'000);
    for (int thread = 0; thread < 400; ++thread) {
        id_generator generator;
        nanotel::detail::fill_random(&generator, sizeof generator);
        for (int i = 0; i < 10'000; ++i) ids.push_back(generator.draw());
    }
    std::sort(ids.begin(), ids.end());
    CHECK(ids.front() != 0);
    // Random 64-bit numbers: one pair in two million runs.
    CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE("every bit of an id is set about half the time") {
    id_generator generator;
    nanotel::detail::fill_random(&generator, sizeof generator);
    int set[64]{};
    constexpr int draws = 100'000;
    for (int i = 0; i < draws; ++i) {
        const std::uint64_t id = generator.draw();
        for (int bit = 0; bit < 64; ++bit) set[bit] += static_cast<int>(id >> bit & 1);
    }
    for (int bit = 0; bit < 64; ++bit) { // ten standard deviations
        CHECK(set[bit] > draws / 2 - 1600);
        CHECK(set[bit] < draws / 2 + 1600);
    }
}

TEST_CASE("a generator never draws zero, even from the states that multiply to zero") {
    id_generator zero{0, 12345};
    CHECK(zero.draw() != 0);
    id_generator equal{77, 77};
    CHECK(equal.draw() != 0);
    id_generator sequence{0, 0};
    CHECK(sequence.next_in_sequence() != 0);
}

TEST_CASE("ids are read back from the text they are written as") {
    std::mt19937_64 random(7);
    for (int i = 0; i < 1000; ++i) {
        const trace_id trace{{random(), random()}};
        const span_id span{random()};
        CHECK(trace_id::from_hex(trace.to_hex()) == trace);
        CHECK(span_id::from_hex(span.to_hex()) == span);
    }
}

TEST_CASE("the text of an id is its bytes in memory order") {
    trace_id id;
    const unsigned char bytes[16] = {0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd,
                                     0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c};
    std::memcpy(id.words, bytes, sizeof bytes);
    CHECK(std::string(id.to_hex().c_str()) == "0af7651916cd43dd8448eb211c80319c");
    CHECK(trace_id::from_hex("0AF7651916CD43DD8448EB211C80319C") == id);
}

TEST_CASE("anything but the right number of hexadecimal digits gives the invalid id") {
    const std::string good = "0af7651916cd43dd";
    CHECK(span_id::from_hex(good).is_valid());
    CHECK_FALSE(span_id::from_hex(good + "0").is_valid());
    CHECK_FALSE(span_id::from_hex(good.substr(1)).is_valid());
    CHECK_FALSE(span_id::from_hex("").is_valid());
    CHECK_FALSE(trace_id::from_hex(good).is_valid());
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const char bad : {'g', '/', ':', '@', '`', ' ', '\0'}) {
            std::string text = good;
            text[i] = bad;
            CHECK_FALSE(span_id::from_hex(text).is_valid());
        }
    }
}
