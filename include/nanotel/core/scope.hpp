// SPDX-License-Identifier: MIT
// The instrumentation scope: which library or part of a program a span, metric or log comes from.
#pragma once

#include <nanotel/core/attribute.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {
struct scope_attribute {
    text key;
    value_type type = value_type::string;
    std::uint64_t bits = 0;
    text string;
};
} // namespace detail

/// Name, version, schema URL and attributes of an instrumentation scope (OpenTelemetry Common,
/// "Instrumentation scope"). Declare it with NANOTEL_INSTRUMENTATION_SCOPE; a constant, so it costs nothing
/// where it is used.
class instrumentation_scope {
public:
    static constexpr unsigned max_attributes = 8;

    text name;
    text version;
    text schema_url;
    detail::scope_attribute attributes[max_attributes];
    unsigned attribute_count = 0;

    constexpr instrumentation_scope() noexcept = default;

    /// The name, then the version and the schema URL where they are known, then attributes.
    template <class... Rest>
    constexpr explicit instrumentation_scope(text scope_name, const Rest&... rest) noexcept
        : name(scope_name) {
        static_assert(((detail::is_attribute<Rest> ? 1u : 0u) + ... + 0u) <= max_attributes,
                      "nanotel: an instrumentation scope has at most 8 attributes");
        static_assert(
            ((detail::is_attribute<Rest> ? 0u : 1u) + ... + 0u) <= 2,
            "nanotel: an instrumentation scope has a name, a version, a schema URL, then attributes");
        [[maybe_unused]] unsigned texts = 0;
        (add(rest, texts), ...);
    }

private:
    template <class T>
    constexpr void add(const T& item, [[maybe_unused]] unsigned& texts) noexcept {
        if constexpr (detail::is_attribute<T>) {
            using value = typename T::value_stored;
            auto& slot = attributes[attribute_count++];
            slot.key = T::key_type::name();
            slot.type = detail::type_of<value>();
            if constexpr (std::is_same_v<value, text>)
                slot.string = item.value;
            else if constexpr (std::is_same_v<value, double>)
                slot.bits = __builtin_bit_cast(std::uint64_t, item.value);
            else {
                static_assert(
                    detail::fixed_size_value<value>,
                    "nanotel: an attribute of an instrumentation scope is a bool, a number or a string");
                slot.bits = static_cast<std::uint64_t>(item.value);
            }
        } else {
            (texts++ == 0 ? version : schema_url) = text(item);
        }
    }
};

namespace detail {
inline constinit const instrumentation_scope default_scope{};
}

} // namespace nanotel::inline NANOTEL_ABI

// Internal. The name of the function that tells a call site its scope; another one where spans are disabled,
// so that both kinds of files can be linked together.
#define NANOTEL_DETAIL_PASTE2(a, b) a##b
#define NANOTEL_DETAIL_PASTE(a, b) NANOTEL_DETAIL_PASTE2(a, b)
#define NANOTEL_DETAIL_SCOPE_HERE NANOTEL_DETAIL_PASTE(nanotel_scope_here_, NANOTEL_ABI)

// The scope of code that declares none. A declaration by macro is the better match of two overloads, in the
// namespace that holds it and in those within; so a file or a library states its scope once, and no macro of
// a span has to name it.
constexpr const nanotel::instrumentation_scope& NANOTEL_DETAIL_SCOPE_HERE(...) noexcept {
    return nanotel::detail::default_scope;
}

/// Public. Declares the instrumentation scope of the namespace it stands in, at namespace scope, once a file
/// or once in a library's own namespace: `NANOTEL_INSTRUMENTATION_SCOPE("shop.cart", "1.2.0");` Arguments:
/// name, then optionally version, schema URL and up to 8 attributes.
#define NANOTEL_INSTRUMENTATION_SCOPE(...)                                                                   \
    [[maybe_unused]] static constinit const ::nanotel::instrumentation_scope nanotel_scope_declared{         \
        __VA_ARGS__};                                                                                        \
    [[maybe_unused]] static constexpr const ::nanotel::instrumentation_scope& NANOTEL_DETAIL_SCOPE_HERE(     \
        int) noexcept {                                                                                      \
        return nanotel_scope_declared;                                                                       \
    }                                                                                                        \
    static_assert(true)
