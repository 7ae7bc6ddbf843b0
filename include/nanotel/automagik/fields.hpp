// SPDX-License-Identifier: MIT
// Attributes whose keys are known only at run time, as the automagik programs of other languages write them.
#pragma once

#include <nanotel/core/attribute.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

namespace automagik::inline NANOTEL_ABI {

/// A key and its value: text, a boolean or a number. Borrowed until the call that takes it returns.
class field {
public:
    template <std::same_as<bool> Bool>
    constexpr field(nanotel::text key, Bool value) noexcept
        : key_(key), kind_(kind::boolean), word_(value ? 1 : 0) {}
    template <std::integral Integer>
        requires(!std::same_as<Integer, bool>)
    constexpr field(nanotel::text key, Integer value) noexcept
        : key_(key), kind_(std::is_unsigned_v<Integer> && sizeof(Integer) == 8 ? kind::big : kind::integer),
          word_(static_cast<std::uint64_t>(value)) {}
    template <std::floating_point Number>
    constexpr field(nanotel::text key, Number value) noexcept
        : key_(key), kind_(kind::number),
          word_(__builtin_bit_cast(std::uint64_t, static_cast<double>(value))) {}
    template <class Text>
        requires std::convertible_to<const Text&, nanotel::text>
    constexpr field(nanotel::text key, const Text& value) noexcept
        : key_(key), kind_(kind::string), text_(value) {}

    constexpr nanotel::text key() const noexcept { return key_; }

    /// Calls use(value) with it as bool, std::int64_t, std::uint64_t, double or nanotel::text.
    template <class Use>
    constexpr void visit(Use&& use) const {
        switch (kind_) {
        case kind::boolean:
            return use(word_ != 0);
        case kind::integer:
            return use(static_cast<std::int64_t>(word_));
        case kind::big:
            return use(word_);
        case kind::number:
            return use(__builtin_bit_cast(double, word_));
        case kind::string:
            return use(text_);
        }
    }

private:
    enum class kind : std::uint8_t { boolean, integer, big, number, string };
    nanotel::text key_;
    kind kind_;
    std::uint64_t word_ = 0;
    nanotel::text text_{};
};

/// Some of them: a braced list, `{{"feature_name", "list"}, {"count", 3}}`, or anything with data() and
/// size(), as a std::vector<automagik::field>.
class fields {
public:
    constexpr fields() noexcept = default;
    constexpr fields(std::initializer_list<field> list) noexcept : fields(list.begin(), list.size()) {}
    template <class List>
        requires requires(const List& list) {
            { list.data() } -> std::convertible_to<const field*>;
            list.size();
        }
    constexpr fields(const List& list) noexcept : first_(list.data()), count_(list.size()) {}

    constexpr const field* begin() const noexcept { return first_; }
    constexpr const field* end() const noexcept { return first_ + count_; }
    constexpr std::size_t size() const noexcept { return count_; }

private:
    constexpr fields(const field* first, std::size_t count) noexcept : first_(first), count_(count) {}

    const field* first_ = nullptr;
    std::size_t count_ = 0;
};

} // namespace automagik::inline NANOTEL_ABI
