// SPDX-License-Identifier: MIT
#include "written.hpp"

#include <nanotel/otlp/json_writer.hpp>

#include <doctest/doctest.h>
#include <simdjson.h>

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

constexpr std::uint64_t seed = 3629;
constexpr std::string_view replacement = "\xef\xbf\xbd";

// From a copy of exactly its size, so that a sanitizer sees a read beyond it.
template <bool Vector>
std::string escaped_by(std::string_view source) {
    const std::unique_ptr<char[]> exact(new char[source.size()]);
    source.copy(exact.get(), source.size());
    return written(6 * source.size(),
                   [&](char* out) { return detail::write_string<Vector>(out, exact.get(), source.size()); });
}

std::string encoded(char32_t c) {
    const auto byte = [](char32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
    const auto next = [&](unsigned shift) { return byte(0x80 | (c >> shift & 0x3f)); };
    if (c < 0x80) return {byte(c)};
    if (c < 0x800) return {byte(0xc0 | c >> 6), next(0)};
    if (c < 0x10000) return {byte(0xe0 | c >> 12), next(6), next(0)};
    return {byte(0xf0 | c >> 18), next(12), next(6), next(0)};
}

// A decoder that knows nothing but the encoder: it has each character there is encoded, and remembers the
// texts and what they begin with. Indices are the bytes read as one number.
class reference_decoder {
public:
    reference_decoder() {
        for (unsigned size = 0; size != 4; ++size) {
            // Four bytes would take 2^32 places. Their lead is below 0xf8, and three bits are enough.
            complete_[size].resize(size == 3 ? std::size_t{1} << 27 : std::size_t{1} << 8 * (size + 1));
            if (size != 3) begins_[size].resize(complete_[size].size());
        }
        for (char32_t c = 0; c != 0x110000; ++c) {
            if (c >= 0xd800 && c < 0xe000) continue;
            const std::string text = encoded(c);
            complete_[text.size() - 1][index(text)] = true;
            for (std::size_t size = 1; size < text.size(); ++size)
                begins_[size - 1][index(std::string_view(text).substr(0, size))] = true;
        }
    }

    bool is_character(std::string_view text) const {
        if (text.size() == 4 && static_cast<unsigned char>(text[0]) >= 0xf8) return false;
        if (text.size() == 4 && static_cast<unsigned char>(text[0]) < 0xf0) return false;
        return complete_[text.size() - 1][index(text)];
    }
    bool begins_a_character(std::string_view text) const { return begins_[text.size() - 1][index(text)]; }

    // The text with each maximal subpart of an ill-formed sequence replaced: the longest beginning of any
    // character, or one byte where there is none.
    std::string repaired(std::string_view text) const {
        std::string result;
        while (!text.empty()) {
            std::size_t character = 0;
            std::size_t beginning = 1;
            for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
                if (is_character(text.substr(0, size))) character = size;
                if (size < 4 && begins_a_character(text.substr(0, size))) beginning = size;
            }
            result += character != 0 ? text.substr(0, character) : replacement;
            text.remove_prefix(character != 0 ? character : beginning);
        }
        return result;
    }

private:
    static std::size_t index(std::string_view text) {
        std::size_t number = 0;
        for (const char c : text) number = number << 8 | static_cast<unsigned char>(c);
        return text.size() == 4 ? number & 0x7ffffff : number;
    }

    std::vector<bool> complete_[4];
    std::vector<bool> begins_[4]; // the last stays empty
};

const reference_decoder& decoder() {
    static const reference_decoder instance;
    return instance;
}

// Every escape that JSON requires, in the form that this library chose, of text that is valid.
std::string escaped_by_hand(std::string_view valid) {
    std::string result;
    for (const char c : valid) {
        switch (c) {
        case '"':
            result += "\\\"";
            break;
        case '\\':
            result += "\\\\";
            break;
        case '\b':
            result += "\\b";
            break;
        case '\f':
            result += "\\f";
            break;
        case '\n':
            result += "\\n";
            break;
        case '\r':
            result += "\\r";
            break;
        case '\t':
            result += "\\t";
            break;
        default:
            if (static_cast<unsigned char>(c) < 0x20) {
                char hex[8];
                std::snprintf(hex, sizeof hex, "\\u%04x", static_cast<unsigned>(c));
                result += hex;
            } else {
                result += c;
            }
        }
    }
    return result;
}

std::string bytes_of(std::string_view text) {
    std::string hex;
    for (const char c : text) {
        char two[4];
        std::snprintf(two, sizeof two, "%02x ", static_cast<unsigned>(static_cast<unsigned char>(c)));
        hex += two;
    }
    return hex;
}

template <bool Vector>
void check(std::string_view source) {
    const std::string expected = escaped_by_hand(decoder().repaired(source));
    const std::string text = escaped_by<Vector>(source);
    if (text == expected) return; // the assertions below are slow
    CAPTURE(bytes_of(source));
    REQUIRE(bytes_of(text) == bytes_of(expected));
}

// Each kind of byte that the standard tells apart, with its neighbours.
constexpr unsigned char telling[] = {0x00, 0x0a, 0x1f, 0x20, '"',  '\\', 0x7f, 0x80, 0x8f, 0x90,
                                     0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
                                     0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};

// What a string of the application may be made of.
std::string random_piece(std::mt19937_64& random) {
    switch (random() % 8) {
    case 0:
        return {static_cast<char>(random())};
    case 1:
        return {static_cast<char>(telling[random() % sizeof telling])};
    case 2:
        return encoded(static_cast<char32_t>(random() % 0x110000)); // surrogates too, which are invalid
    case 3:
        return encoded(static_cast<char32_t>(random() % 0x800));
    case 4:
        return encoded(static_cast<char32_t>(random() % 0x10000)).substr(0, 1 + random() % 3); // cut short
    case 5:
        return std::string(random() % 20, 'x');
    default:
        return {static_cast<char>(' ' + random() % 95)};
    }
}

std::string random_text(std::mt19937_64& random) {
    std::string text;
    for (std::uint64_t pieces = random() % 24; pieces != 0; --pieces) text += random_piece(random);
    return text;
}

} // namespace

TEST_CASE_TEMPLATE("strings: what is escaped and how", Form, best_form, portable_form) {
    constexpr auto escaped = escaped_by<Form::vector>;
    CHECK(escaped("") == "");
    CHECK(escaped("GET /users/{id}") == "GET /users/{id}");
    CHECK(escaped("say \"hi\"\\") == "say \\\"hi\\\"\\\\");
    CHECK(escaped("\b\f\n\r\t") == "\\b\\f\\n\\r\\t");
    CHECK(escaped(std::string_view("\0\x01\x0b\x1f", 4)) == "\\u0000\\u0001\\u000b\\u001f");
    CHECK(escaped("\x7f \xe2\x80\xa8 / '") == "\x7f \xe2\x80\xa8 / '"); // DEL, U+2028, and what need not be
    CHECK(escaped("na\xc3\xafve \xe6\xbc\xa2\xe5\xad\x97 \xf0\x9f\x98\x80") ==
          "na\xc3\xafve \xe6\xbc\xa2\xe5\xad\x97 \xf0\x9f\x98\x80");
    CHECK(written(0, [](char* out) { return detail::write_string<Form::vector>(out, nullptr, 0); }) == "");
}

// Table 3-8 and the neighbours of it in the Unicode standard, chapter 3.9.
TEST_CASE_TEMPLATE("strings: one replacement for each maximal subpart", Form, best_form, portable_form) {
    constexpr auto escaped = escaped_by<Form::vector>;
    const auto replaced = [](int times) {
        std::string text;
        for (; times != 0; --times) text += replacement;
        return text;
    };
    CHECK(escaped("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41") == replaced(8) + "A"); // overlong
    CHECK(escaped("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41") == replaced(8) + "A"); // surrogates
    CHECK(escaped("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42") == replaced(5) + "A" + replaced(2) + "B");
    CHECK(escaped("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41") == replaced(4) + "A"); // truncated
    CHECK(escaped("\xf0\x9f\x98") == replaced(1));                               // at the end
    CHECK(escaped("\xe2\x82\"") == replaced(1) + "\\\""); // an escape goes on from there
}

TEST_CASE_TEMPLATE("strings: every character there is", Form, best_form, portable_form) {
    std::string text;
    for (char32_t c = 0; c != 0x110000; ++c) {
        if (c >= 0xd800 && c < 0xe000) continue;
        text += encoded(c);
        if (c % 61 != 0) continue;
        REQUIRE(escaped_by<Form::vector>(text) == escaped_by_hand(text));
        text.clear();
    }
}

TEST_CASE_TEMPLATE("strings: all pairs of bytes and all fours of those that tell", Form, best_form,
                   portable_form) {
    for (unsigned pair = 0; pair != 0x10000; ++pair) {
        const char two[] = {static_cast<char>(pair >> 8), static_cast<char>(pair & 0xff)};
        check<Form::vector>({two, 1});
        check<Form::vector>({two, 2});
    }
    char four[4];
    for (const unsigned char a : telling) {
        four[0] = static_cast<char>(a);
        for (const unsigned char b : telling) {
            four[1] = static_cast<char>(b);
            for (const unsigned char c : telling) {
                four[2] = static_cast<char>(c);
                check<Form::vector>({four, 3});
                if (a < 0xc0) continue; // a fourth byte matters to a lead only
                for (const unsigned char d : telling) {
                    four[3] = static_cast<char>(d);
                    check<Form::vector>({four, 4});
                }
            }
        }
    }
}

// A wrong place of the first special byte, a wrong tail or a wrong step shows at some size and place.
TEST_CASE_TEMPLATE("strings: each special byte at each place of each size", Form, best_form, portable_form) {
    for (std::size_t size = 1; size <= 50; ++size) {
        std::string plain;
        for (std::size_t i = 0; i != size; ++i) plain += static_cast<char>('!' + (i * 7 + size) % 90);
        for (char& c : plain)
            if (c == '"' || c == '\\') c = '~';
        check<Form::vector>(plain);
        for (std::size_t place = 0; place != size; ++place) {
            for (const unsigned char byte : telling) {
                std::string text = plain;
                text[place] = static_cast<char>(byte);
                check<Form::vector>(text);
                // The byte after it is one above: a borrow from below must not reach it.
                if (place + 1 != size) text[place + 1] = static_cast<char>(byte + 1);
                check<Form::vector>(text);
            }
            for (const std::string_view character : {"\xc3\xa9", "\xe6\xbc\xa2", "\xf0\x9f\x98\x80"}) {
                std::string text = plain;
                text.replace(place, 1, character);
                check<Form::vector>(text);
                check<Form::vector>(std::string_view(text).substr(0, place + 1)); // cut within
            }
        }
    }
}

TEST_CASE_TEMPLATE("strings: random texts", Form, best_form, portable_form) {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i != 30000; ++i) check<Form::vector>(random_text(random));
}

TEST_CASE_TEMPLATE("strings: a JSON parser reads the text back", Form, best_form, portable_form) {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    simdjson::dom::parser parser;
    for (int i = 0; i != 5000; ++i) {
        const std::string source = random_text(random);
        CAPTURE(bytes_of(source));
        const std::string document = "[\"" + escaped_by<Form::vector>(source) + "\"]";
        std::string_view read;
        REQUIRE(parser.parse(document).at(0).get(read) == simdjson::SUCCESS);
        REQUIRE(read == decoder().repaired(source));
    }
}

TEST_CASE("strings: the helper for cold paths writes the same") {
    CHECK(detail::json_escape("") == "");
    CHECK(detail::json_escape(std::string(1000, '\x01')).size() == 6000);
    CHECK(detail::json_escape("a\"b\xff") == "a\\\"b\xef\xbf\xbd");
}

TEST_CASE("texts and fragments are copied whole") {
    for (std::size_t size = 0; size != 200; ++size) {
        const std::unique_ptr<char[]> source(new char[size + 32]);
        for (std::size_t i = 0; i != size + 32; ++i) source[i] = static_cast<char>(i * 31 + size);
        const std::string expected(source.get(), size);
        REQUIRE(written(size, [&](char* out) { return detail::write_fragment(out, source.get(), size); }) ==
                expected);
        // From the end, where a read beyond would leave the allocation.
        const char* last = source.get() + 32;
        REQUIRE(written(size, [&](char* out) { return detail::write_text(out, last, size); }) ==
                std::string(last, size));
    }
    CHECK(written(12, [](char* out) { return detail::write_literal(out, "{\"traceId\":\""); }) ==
          "{\"traceId\":\"");
    CHECK(written(0, [](char* out) { return detail::write_text(out, nullptr, 0); }) == "");
}
