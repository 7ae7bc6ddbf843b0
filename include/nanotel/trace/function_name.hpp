// SPDX-License-Identifier: MIT
// The qualified name of a function, cut from what the compiler says of it.
#pragma once

#include <nanotel/core/text.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// "double shop::cart::total(const item&) const [with …]" -> "shop::cart::total". What is not of that simple
// shape (operators, lambdas, conversion functions, function pointers returned) keeps the unqualified name.
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
            // It must end with the plain name, or the shape was not understood.
            if (found.size < name.size || name.empty()) return name;
            for (std::size_t j = 0; j < name.size; ++j)
                if (found[found.size - name.size + j] != name[j]) return name;
            return found;
        }
    }
    return name;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
