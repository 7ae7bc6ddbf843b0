// SPDX-License-Identifier: MIT
// Attributes that are there before their span is: what a sampler may ask for.
#pragma once

#include <nanotel/core/call_site.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Borrowed, as the attribute is. Arrays and maps have no value here.
using start_attribute = scope_attribute;

struct start_attributes {
    const start_attribute* first;
    std::uint32_t count;
};

template <class V>
constexpr void describe_value(start_attribute& to, const V& value) noexcept {
    if constexpr (requires { value.owned; })
        describe_value(to, to_value(value.owned));
    else if constexpr (std::is_same_v<V, text>)
        to.string = value;
    else if constexpr (std::is_same_v<V, double>)
        to.bits = __builtin_bit_cast(std::uint64_t, value);
    else if constexpr (fixed_size_value<V>)
        to.bits = static_cast<std::uint64_t>(value);
}

// Of what is given to a function form, the attributes.
template <class Given>
constexpr void describe_attribute(start_attribute* to, std::uint32_t& count, const Given& given) noexcept {
    if constexpr (is_attribute<Given>) {
        start_attribute& described = to[count++];
        described.key = Given::key_type::name();
        described.type = type_of<typename Given::value_stored>();
        describe_value(described, given.value);
    }
}

} // namespace nanotel::inline NANOTEL_ABI::detail
