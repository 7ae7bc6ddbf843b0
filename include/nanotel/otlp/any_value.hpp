// SPDX-License-Identifier: MIT
// Attribute values and lists as they come back out of OTLP: for tests and tools, not for the hot path.
#pragma once

#include <cmath> // isnan, floor
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI {

class any_value;

/// Keys and values in the order in which they were written. Looking up takes linear time.
class attribute_list {
public:
    using value_type = std::pair<std::string, any_value>;

    attribute_list() = default;
    attribute_list(std::initializer_list<value_type> entries);

    /// The value of a key, nullptr when there is none.
    [[nodiscard]] const any_value* find(std::string_view key) const noexcept;
    /// The value of a key; an empty value when there is none, so that a comparison is false and not a crash.
    [[nodiscard]] const any_value& operator[](std::string_view key) const noexcept;
    [[nodiscard]] bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }

    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] const value_type* begin() const noexcept;
    [[nodiscard]] const value_type* end() const noexcept;
    void emplace_back(std::string key, any_value value);

    /// The same keys and values in the same order.
    friend bool operator==(const attribute_list& left, const attribute_list& right) noexcept;

private:
    std::vector<value_type> entries_;
};

/// One attribute value. Compares with plain C++ values by type and content: attributes["cart.items"] == 3 is
/// true for the integer 3 alone, neither for 3.0 nor for "3". NaN equals NaN, since a test that wrote it
/// wants it back.
class any_value {
public:
    using bytes = std::vector<std::uint8_t>;
    using array = std::vector<any_value>;
    using variant =
        std::variant<std::monostate, bool, std::int64_t, double, std::string, bytes, array, attribute_list>;

    any_value() = default;
    template <class Value>
        requires std::same_as<Value, bool>
    any_value(Value value) : value_(value) {} // NOLINT: comparisons are to read as if the value were plain
    template <std::integral Value>
        requires(!std::same_as<Value, bool>)
    any_value(Value value) : value_(static_cast<std::int64_t>(value)) {}
    template <std::floating_point Value>
    any_value(Value value) : value_(static_cast<double>(value)) {}
    template <std::convertible_to<std::string_view> Text>
    any_value(const Text& text) : value_(std::string(std::string_view(text))) {}
    any_value(bytes value) : value_(std::move(value)) {}
    any_value(array value) : value_(std::move(value)) {}
    any_value(attribute_list value) : value_(std::move(value)) {}

    [[nodiscard]] const variant& get() const noexcept { return value_; }
    /// The content when it is of the type, else nullptr: value.get_if<double>().
    template <class Type>
    [[nodiscard]] const Type* get_if() const noexcept {
        return std::get_if<Type>(&value_);
    }
    /// An empty AnyValue, or the value of a key that is not there.
    [[nodiscard]] bool empty() const noexcept { return value_.index() == 0; }

    friend bool operator==(const any_value& left, const any_value& right) noexcept {
        const double* const a = left.get_if<double>();
        const double* const b = right.get_if<double>();
        if (a != nullptr && b != nullptr && std::isnan(*a) && std::isnan(*b)) return true;
        return left.value_ == right.value_;
    }

private:
    variant value_;
};

inline attribute_list::attribute_list(std::initializer_list<value_type> entries) : entries_(entries) {}

inline std::size_t attribute_list::size() const noexcept { return entries_.size(); }
inline const attribute_list::value_type* attribute_list::begin() const noexcept { return entries_.data(); }
inline const attribute_list::value_type* attribute_list::end() const noexcept { return begin() + size(); }

inline const any_value* attribute_list::find(std::string_view key) const noexcept {
    for (const auto& [name, value] : entries_)
        if (name == key) return &value;
    return nullptr;
}

inline const any_value& attribute_list::operator[](std::string_view key) const noexcept {
    static const any_value nothing;
    const any_value* const found = find(key);
    return found == nullptr ? nothing : *found;
}

inline void attribute_list::emplace_back(std::string key, any_value value) {
    entries_.emplace_back(std::move(key), std::move(value));
}

inline bool operator==(const attribute_list& left, const attribute_list& right) noexcept {
    return left.entries_ == right.entries_;
}

std::ostream& operator<<(std::ostream& out, const any_value& value);

/// Writes {key: value, ...} for a person to read.
inline std::ostream& operator<<(std::ostream& out, const attribute_list& list) {
    const char* separator = "{";
    for (const auto& [key, value] : list) {
        out << separator << key << ": " << value;
        separator = ", ";
    }
    return out << (list.empty() ? "{}" : "}");
}

/// Writes a value so that its type shows: 3, 3.0, "3", true, [1, 2], {a: 1}, bytes(0a ff), (empty).
inline std::ostream& operator<<(std::ostream& out, const any_value& value) {
    struct printer {
        std::ostream& out;
        void operator()(std::monostate) const { out << "(empty)"; }
        void operator()(bool b) const { out << (b ? "true" : "false"); }
        void operator()(std::int64_t i) const { out << i; }
        void operator()(double d) const {
            out << d;
            if (d == std::floor(d) && std::abs(d) < 1e6)
                out << ".0"; // where the stream would print an integer
        }
        void operator()(const std::string& s) const { out << '"' << s << '"'; }
        void operator()(const any_value::bytes& b) const {
            out << "bytes(";
            for (std::size_t i = 0; i < b.size(); ++i)
                out << (i == 0 ? "" : " ") << "0123456789abcdef"[b[i] >> 4] << "0123456789abcdef"[b[i] & 15];
            out << ')';
        }
        void operator()(const any_value::array& a) const {
            out << '[';
            for (std::size_t i = 0; i < a.size(); ++i) out << (i == 0 ? "" : ", ") << a[i];
            out << ']';
        }
        void operator()(const attribute_list& list) const { out << list; }
    };
    std::visit(printer{out}, value.get());
    return out;
}

} // namespace nanotel::inline NANOTEL_ABI
