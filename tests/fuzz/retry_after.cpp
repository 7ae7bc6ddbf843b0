// SPDX-License-Identifier: MIT
// Retry-After: from no time at all up to a day, never negative, and a date that is read is the date that is
// written. The first 8 bytes are the time that it is, the rest is the header.
#include <nanotel/exporters/retry_after.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

using namespace nanotel::detail;
using namespace std::chrono;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

std::string written(sys_seconds time) {
    constexpr const char* names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const year_month_day date{floor<days>(time)};
    const hh_mm_ss clock{time - floor<days>(time)};
    char text[64];
    std::snprintf(text, sizeof text, "Sun, %02u %s %04d %02d:%02d:%02d GMT", unsigned{date.day()},
                  names[unsigned{date.month()} - 1], int{date.year()},
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 8) return 0;
    std::uint64_t raw = 0;
    std::memcpy(&raw, data, 8);
    // From 1970 to the year 9900, which is within the range of the form.
    const system_clock::time_point now{
        seconds{raw % 250'000'000'000} > duration_cast<seconds>(system_clock::duration::max()) - hours{48}
            ? seconds{raw % 9'000'000'000}
            : seconds{raw % 250'000'000'000}};
    const std::string_view header(reinterpret_cast<const char*>(data) + 8, size - 8);
    const auto wait = parse_retry_after(header, now);
    if (wait) expect(wait->count() >= 0 && *wait <= hours{24});
    // Space round it means nothing.
    expect(parse_retry_after(" \t" + std::string(header) + " \t", now) == wait);
    if (const auto date = parse_http_date(header, now)) {
        expect(parse_http_date(written(*date), now) == date);
        expect(!parse_digits(header));
    }
    if (const auto digits = parse_digits(header)) {
        expect(*digits >= 0 && wait.has_value());
        expect(*wait == (*digits < 86'400 ? milliseconds{seconds{*digits}} : milliseconds{hours{24}}));
    }
    const sys_seconds later = floor<seconds>(now) + seconds{raw % 80'000};
    expect(parse_http_date(written(later), now) == later);
    expect(*parse_retry_after(written(later + seconds{1}), now) > milliseconds{0});
    return 0;
}
