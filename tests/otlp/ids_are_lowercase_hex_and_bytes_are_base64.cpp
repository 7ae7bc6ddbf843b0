// SPDX-License-Identifier: MIT
#include "written.hpp"

#include <nanotel/otlp/binary_text.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace detail = nanotel::detail;

namespace {

constexpr std::uint64_t seed = 4648;

using bytes = std::vector<unsigned char>;

// From a copy of exactly its size, so that a sanitizer sees a read beyond it.
template <typename Writer>
std::string written_from(const bytes& source, std::size_t greatest, Writer writer) {
    const std::unique_ptr<unsigned char[]> exact(new unsigned char[source.size()]);
    for (std::size_t i = 0; i != source.size(); ++i) exact[i] = source[i];
    return written(greatest, [&](char* out) { return writer(out, exact.get(), source.size()); });
}

template <bool Vector>
std::string hex(const bytes& source) {
    return written_from(source, 2 * source.size(), detail::write_hex<Vector>);
}

std::string base64(const bytes& source) {
    return written_from(source, (source.size() + 2) / 3 * 4, detail::write_base64);
}

std::string hex_by_printf(const bytes& source) {
    std::string text;
    for (const unsigned byte : source) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", byte);
        text += two;
    }
    return text;
}

bytes bytes_of_base64(std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    REQUIRE(text.size() % 4 == 0);
    bytes result;
    unsigned value = 0;
    unsigned bits = 0;
    std::size_t padding = 0;
    for (const char c : text) {
        if (c == '=') {
            ++padding;
            continue;
        }
        REQUIRE(padding == 0);
        const std::size_t place = alphabet.find(c);
        REQUIRE(place != alphabet.npos);
        value = (value << 6 | static_cast<unsigned>(place)) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            result.push_back(static_cast<unsigned char>(value >> bits & 0xff));
        }
    }
    REQUIRE(padding <= 2);
    REQUIRE((value & ((1u << bits) - 1)) ==
            0); // what no byte uses is zero, so that there is one text for each value
    return result;
}

} // namespace

TEST_CASE_TEMPLATE("ids are lowercase hex", Form, best_form, portable_form) {
    CHECK(hex<Form::vector>({0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6}) == "4bf92f3577b34da6");
    CHECK(hex<Form::vector>({0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36, 0, 0, 0, 0, 0, 0, 0, 0xff}) ==
          "a3ce929d0e0e473600000000000000ff");
    // Every byte at every place: the vector form shifts across bytes, and a lost mask shows in the neighbour.
    for (const std::size_t size : {4u, 8u, 12u, 16u, 20u}) {
        for (std::size_t place = 0; place != size; ++place) {
            for (unsigned value = 0; value != 256; ++value) {
                bytes id(size, static_cast<unsigned char>(~value));
                id[place] = static_cast<unsigned char>(value);
                REQUIRE(hex<Form::vector>(id) == hex_by_printf(id));
            }
        }
    }
}

TEST_CASE("base64: the examples of RFC 4648") {
    const auto of = [](std::string_view text) { return base64(bytes(text.begin(), text.end())); };
    CHECK(of("") == "");
    CHECK(of("f") == "Zg==");
    CHECK(of("fo") == "Zm8=");
    CHECK(of("foo") == "Zm9v");
    CHECK(of("foob") == "Zm9vYg==");
    CHECK(of("fooba") == "Zm9vYmE=");
    CHECK(of("foobar") == "Zm9vYmFy");
    CHECK(base64({0xfb, 0xff, 0xbf}) == "+/+/"); // the standard alphabet, not the one for addresses
}

TEST_CASE("base64 of random bytes reads back") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (std::size_t size = 0; size != 200; ++size) {
        for (int i = 0; i != 20; ++i) {
            bytes source(size);
            for (unsigned char& byte : source) byte = static_cast<unsigned char>(random());
            REQUIRE(bytes_of_base64(base64(source)) == source);
        }
    }
}
