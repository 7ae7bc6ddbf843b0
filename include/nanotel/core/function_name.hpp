// SPDX-License-Identifier: MIT
// The qualified name of a function, cut from what the compiler says of it.
#pragma once

#include <nanotel/core/text.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

constexpr bool ends_with(text all, text end) noexcept {
    return all.size >= end.size && text(all.data + (all.size - end.size), end.size) == end;
}

// "double shop::cart::total(const item&) const [with …]" -> "shop::cart::total"; a lambda gives the function
// that it stands in. What is not of that simple shape (most operators, function pointers returned) keeps the
// unqualified name.
constexpr text function_name(const char* pretty, const char* plain) {
    const text all(pretty);
    const text name(plain);
    std::size_t depth = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < all.size; ++i) {
        const char c = all[i];
        if (c == '<')
            ++depth;
        else if (c == '>' && depth > 0)
            --depth;
        else if (depth != 0)
            continue;
        else if (c == ' ' || c == '*' || c == '&')
            begin = i + 1;
        else if (c == '(') {
            const text found(all.data + begin, i - begin);
            if (name == text("operator()")) {
                if (ends_with(found, "operator")) return text(found.data, found.size + 2);
                return found.empty() ? name : found;
            }
            // It must end with the plain name, or the shape was not understood.
            return ends_with(found, name) ? found : name;
        }
    }
    return name;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
