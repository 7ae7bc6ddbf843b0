// SPDX-License-Identifier: MIT
// What rows are written from beside the pieces of OTLP JSON: times as text, values of attributes as text, and
// the bytes of a body with its rows.
#pragma once

#include <nanotel/otlp/attribute_writer.hpp>

#include <chrono> // year_month_day
#include <new>    // bad_alloc

namespace nanotel::inline NANOTEL_ABI::detail {

// The last second that was written: times in a batch mostly share theirs.
struct utc_cache {
    std::uint64_t seconds = ~std::uint64_t{0};
    char text[32]{}; // 2026-01-31T12:59:59
};

// A time as text, 2026-01-31T12:59:59.123456789Z: 30 bytes. By its Z it is the same instant to a server in
// any zone, and to columns of DateTime, which drop the fraction, and of DateTime64. Years after 9999, which
// neither has, are written as 9999.
inline char* write_utc(char* out, std::uint64_t unix_ns, utc_cache& cache) noexcept {
    constexpr std::uint64_t second = 1'000'000'000;
    constexpr std::uint64_t last = 253'402'300'799; // 9999-12-31T23:59:59
    constexpr std::size_t length = sizeof("2026-01-31T12:59:59") - 1;
    const std::uint64_t seconds = std::min(unix_ns / second, last);
    const auto rest = static_cast<std::uint32_t>(unix_ns % second);
    if (seconds != cache.seconds) [[unlikely]] {
        cache.seconds = seconds;
        const std::chrono::sys_days day{std::chrono::days(static_cast<int>(seconds / 86'400))};
        const std::chrono::year_month_day date(day);
        const auto in_day = static_cast<std::uint32_t>(seconds % 86'400);
        const auto pair = [&](std::size_t at, std::uint32_t number, char behind) {
            cache.text[at] = static_cast<char>('0' + number / 10);
            cache.text[at + 1] = static_cast<char>('0' + number % 10);
            cache.text[at + 2] = behind;
        };
        const auto year = static_cast<std::uint32_t>(static_cast<int>(date.year()));
        pair(0, year / 100, '0');
        pair(2, year % 100, '-');
        pair(5, static_cast<unsigned>(date.month()), '-');
        pair(8, static_cast<unsigned>(date.day()), 'T');
        pair(11, in_day / 3600, ':');
        pair(14, in_day / 60 % 60, ':');
        pair(17, in_day % 60, '.');
    }
    std::memcpy(out, cache.text, 32);
    out += length + 1;
    const std::uint32_t first = rest / 100'000'000;
    *out++ = static_cast<char>('0' + first);
    out = write_eight_digits(out, rest - first * 100'000'000);
    *out++ = 'Z';
    return out;
}

// The shortest text that reads back, NaN, Infinity or -Infinity: as part of a text, without quotes. At most
// 24 bytes.
inline char* write_double_text(char* out, double value) noexcept {
    char* const end = write_double(out, value);
    if (*out != '"') [[likely]]
        return end;
    const auto size = static_cast<std::size_t>(end - out) - 2;
    std::memmove(out, out + 1, size);
    return out + size;
}

// A body under construction: rows, each with its line end. What is written of a row that fails is taken back.
class row_body {
public:
    // Where to write on, with room for `count` bytes. Throws std::bad_alloc.
    char* room(std::size_t count) {
        char* const out = bytes_.reserve(count);
        if (!out) throw std::bad_alloc();
        return out;
    }
    void commit(const char* end) noexcept { bytes_.commit(end); }
    void write(std::string_view json) { commit(write_text(room(json.size()), json.data(), json.size())); }
    // The content of a JSON string.
    void write_escaped(std::string_view text) {
        commit(write_string(room(greatest_expansion * text.size()), text.data(), text.size()));
    }

    void begin_row() noexcept { row_ = bytes_.size(); }
    void end_row() noexcept { ++rows_; }
    void drop_row() noexcept { bytes_.truncate(row_); }
    std::string_view row() const noexcept { return {bytes_.data() + row_, bytes_.size() - row_}; }

    std::uint64_t rows() const noexcept { return rows_; }
    std::size_t size() const noexcept { return bytes_.size(); }
    byte_buffer take() noexcept {
        rows_ = 0;
        return std::move(bytes_);
    }

private:
    byte_buffer bytes_;
    std::size_t row_ = 0; // where the current one begins
    std::uint64_t rows_ = 0;
};

// Values of attributes for a Map(String, String): what is no text is written as JSON would have it, a list or
// a map as JSON that is a text in turn. Used by one thread.
class text_values {
public:
    // No limit: the greatest value. In characters for text, in bytes for bytes.
    explicit text_values(std::size_t length_limit) noexcept : limit_(length_limit), lengths_(length_limit) {}

    // The content of a JSON string.
    void write(row_body& to, value_type type, const std::byte* value, std::uint32_t size) {
        switch (type) {
        case value_type::boolean:
            return to.write(read_record<std::uint64_t>(value) != 0 ? "true" : "false");
        case value_type::signed_integer:
            return to.commit(write_signed(to.room(20), read_record<std::int64_t>(value)));
        case value_type::unsigned_integer:
            return to.commit(write_unsigned(to.room(20), read_record<std::uint64_t>(value)));
        case value_type::floating:
            return to.commit(write_double_text(to.room(24), read_record<double>(value)));
        case value_type::string:
            return to.write_escaped({as_text(value), lengths_.limited(as_text(value), size)});
        case value_type::bytes:
            return write_bytes(to, value, size);
        case value_type::type_name:
            return to.commit(attribute_writer::write_type_name(to.room(greatest_expansion * size + 32),
                                                               as_text(value), size));
        case value_type::array:
        case value_type::map:
            break;
        }
        nested_.begin_row();
        try {
            write_json(nested_, type, value, size);
            to.write_escaped(nested_.row());
        } catch (...) {
            nested_.drop_row();
            throw;
        }
        nested_.drop_row();
    }

    // A JSON value with its quotes or brackets; of what JSON has no number for, the name as a string.
    void write_json(row_body& to, value_type type, const std::byte* value, std::uint32_t size) {
        if (type == value_type::array) {
            char before = '[';
            for (const std::byte* const end = value + size; value < end;) {
                const auto header = read_record<element_header>(value);
                const auto element = static_cast<value_type>(header.type);
                to.write({&before, 1});
                write_json(to, element, value + sizeof header, header.size);
                value += sizeof header + attribute_writer::stored_size(element, header.size);
                before = ',';
            }
            return to.write(before == '[' ? "[]" : "]");
        }
        if (type == value_type::map) {
            std::vector<attribute_view> members;
            for_each_section(value, value + size, [&](const section_header& header, const std::byte* body) {
                members.push_back(view_attribute(header, body));
            });
            attribute_writer::keep_last_values(members);
            to.write("{");
            for (const attribute_view& member : members) {
                to.write(&member == members.data() ? "\"" : ",\"");
                to.write_escaped(member.key);
                to.write("\":");
                write_json(to, member.type, member.value, member.size);
            }
            return to.write("}");
        }
        const bool is_number = type == value_type::boolean || type == value_type::signed_integer ||
                               type == value_type::unsigned_integer;
        if (type == value_type::floating)
            return to.commit(write_double(to.room(24), read_record<double>(value)));
        if (!is_number) to.write("\"");
        write(to, type, value, size);
        if (!is_number) to.write("\"");
    }

    // ,"attributes":{"key":"text",…} without its closing brace, which is for close. Of several values of a
    // key the last counts; keys beyond the limit are dropped and counted.
    void write_map(row_body& to, std::vector<attribute_view>& list, std::uint32_t count_limit,
                   std::uint64_t dropped) {
        attribute_writer::keep_last_values(list);
        if (list.size() > count_limit) {
            dropped += list.size() - count_limit;
            list.resize(count_limit);
        }
        to.write(",\"attributes\":{");
        first_ = true;
        for (const attribute_view& one : list) {
            begin_entry(to, one.key);
            write(to, one.type, one.value, one.size);
            to.write("\"");
        }
        write_count(to, "otel.dropped_attributes_count", dropped);
    }
    // More of it, what has no column: up to the text, whose closing quote is the caller's.
    void begin_entry(row_body& to, std::string_view key) {
        to.write(std::exchange(first_, false) ? "\"" : ",\"");
        to.write_escaped(key);
        to.write("\":\"");
    }
    void write_entry(row_body& to, std::string_view key, std::string_view text) {
        begin_entry(to, key);
        to.write_escaped(text);
        to.write("\"");
    }
    void write_count(row_body& to, std::string_view key, std::uint64_t count) {
        if (count == 0) return;
        begin_entry(to, key);
        to.commit(write_unsigned(to.room(20), count));
        to.write("\"");
    }
    void end_map(row_body& to) { to.write("}"); }

private:
    void write_bytes(row_body& to, const std::byte* value, std::uint32_t size) {
        const std::size_t kept = std::min<std::size_t>(size, limit_);
        to.commit(
            write_base64(to.room(4 * (kept / 3 + 1)), reinterpret_cast<const unsigned char*>(value), kept));
    }

    const std::size_t limit_;
    const attribute_writer lengths_;
    row_body nested_;
    bool first_ = true;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
