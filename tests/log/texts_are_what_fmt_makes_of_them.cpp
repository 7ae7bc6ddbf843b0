// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <limits>
#include <random>

using nanotel_test::recording;

namespace {

struct point {
    int x = 0;
    int y = 0;
};
enum class colour { red, green };

} // namespace

template <>
struct fmt::formatter<point> : fmt::formatter<int> {
    template <class Context>
    auto format(const point& p, Context& context) const {
        auto out = fmt::formatter<int>::format(p.x, context);
        *out++ = '/';
        context.advance_to(out);
        return fmt::formatter<int>::format(p.y, context);
    }
};
template <>
struct fmt::formatter<colour> : fmt::formatter<fmt::string_view> {
    template <class Context>
    auto format(colour c, Context& context) const {
        if (c == colour::green) throw std::runtime_error("green");
        return fmt::formatter<fmt::string_view>::format("red", context);
    }
};

// What is formatted late, and what fmt gives at once.
#define BOTH(...)                                                                                            \
    do {                                                                                                     \
        NANOTEL_LOG_INFO(__VA_ARGS__);                                                                       \
        expected.push_back(fmt::format(__VA_ARGS__));                                                        \
    } while (false)

TEST_CASE("values of every type are formatted late as fmt formats them at once") {
    recording recorded;
    std::vector<std::string> expected;
    std::mt19937_64 random(20260101); // NOLINT: the same values each time
    for (int i = 0; i < 200; ++i) {
        const auto word = random();
        const auto number = static_cast<std::int64_t>(word);
        const auto small = static_cast<int>(word);
        const auto real = __builtin_bit_cast(double, word);
        const auto single = __builtin_bit_cast(float, static_cast<std::uint32_t>(word));
        const std::string text(word % 40, static_cast<char>('a' + word % 26));
        BOTH("{} {} {}", number, word, small);
        BOTH("{:x} {:#b} {:+d} {:>30} {:<12}|{:^12}|", word, small, number, number, small, small);
        BOTH("{} {:.3f} {:e} {:g} {:>20.6a}", real, real, real, real, real);
        BOTH("{} {} {:.9}", single, real, single);
        BOTH("{} {:>50} {:.3} {:*^44}", text, text, text, text);
        BOTH("{1} {0} {1:>10}", static_cast<short>(word), static_cast<unsigned char>(word));
        BOTH("{:{}.{}f}|{:>{}}", real < 1e9 && real > -1e9 ? real : 0.5, 12, 3, small, 25);
        BOTH("{} {} {:d} {:c}", word % 2 == 0, static_cast<char>('a' + word % 26),
             static_cast<char>(word % 128), static_cast<char>('A' + word % 26));
        BOTH("{} {:p}", static_cast<const void*>(&random), static_cast<void*>(&random));
        BOTH("{{}} {} }}{{", std::string_view(text));
    }
    BOTH("{} {} {}", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::uint64_t>::max(),
         -0.0);
    BOTH("{} {} {}", std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity(),
         std::numeric_limits<float>::denorm_min());
    BOTH("{} {} {}", nullptr, "literal", std::string());
    BOTH("nothing but text");
    char buffer[16] = "in a buffer";
    char* const characters = buffer;
    BOTH("{} {}", buffer, static_cast<const char*>(characters));
    buffer[0] = 'X'; // it was copied
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == expected.size());
    for (std::size_t i = 0; i < logs.size(); ++i) CHECK(logs[i].body == expected[i]);
}

TEST_CASE("types with a formatter of their own are formatted where they stand") {
    recording recorded;
    std::vector<std::string> expected;
    point p{3, 4};
    BOTH("{} at {:>4} or {:02x}", "it", p, point{255, 1});
    BOTH("{} {}", 1.5L, __int128{1} << 100);
    BOTH("{}", fmt::join(std::vector<int>{1, 2, 3}, ", "));
    BOTH("{name} has {count}", fmt::arg("name", "ada"), fmt::arg("count", 3));
    BOTH("{}", nanotel::text("a text of ours"));
    p.x = 9; // too late
    NANOTEL_LOG_INFO("{} stands before an attribute and {} behind", p, 2, nanotel::key<"k">{} = 7,
                     colour::red);
    expected.push_back("9/4 stands before an attribute and 2 behind");
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == expected.size());
    for (std::size_t i = 0; i < logs.size(); ++i) CHECK(logs[i].body == expected[i]);
    CHECK(logs.back().attributes["k"] == 7);
}

TEST_CASE("texts beside a type with a formatter of its own are what they are alone") {
    recording recorded;
    const char* const nothing = nullptr;
    char* const nothing_to_change = nullptr;
    const char tag[4] = {'a', 'b', 'c', 'd'}; // without a zero
    const std::string text("x\0y", 3);
    const point p{1, 2};
    NANOTEL_LOG_INFO("{} {} {} {:>6} {} {}", nothing, nothing_to_change, tag, tag, text,
                     std::string_view("v"));
    NANOTEL_LOG_INFO("{} {} {} {:>6} {} {} {}", nothing, nothing_to_change, tag, tag, text,
                     std::string_view("v"), p);
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 2);
    CHECK(logs[0].body == std::string("(null) (null) abcd   abcd x\0y v", 31));
    CHECK(logs[1].body == std::string("(null) (null) abcd   abcd x\0y v 1/2", 35));
}

TEST_CASE("a text that cannot be formatted comes as it stands") {
    recording recorded;
    NANOTEL_LOG_INFO("width {:{}}", 1, -5);
    NANOTEL_LOG_INFO("{} is what throws", colour::green);
    const char* const nothing = nullptr;
    NANOTEL_LOG_INFO("{} is told from a text", nothing);
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 3);
    CHECK(logs[0].body == "width {:{}}");
    CHECK(logs[1].body == "{} is what throws");
    CHECK(logs[2].body == "(null) is told from a text");
}

TEST_CASE("what is not UTF-8 does not break a body") {
    recording recorded;
    const std::string broken("a\xc3\x28\xff\0z", 6);
    NANOTEL_LOG_INFO("<{}>", broken, nanotel::key<"k">{} = broken);
    const auto log = recorded.log();
    CHECK(log.body == std::string("<a\xef\xbf\xbd(\xef\xbf\xbd\0z>", 12));
    CHECK(log.attributes["k"] == std::string("a\xef\xbf\xbd(\xef\xbf\xbd\0z", 10));
}
