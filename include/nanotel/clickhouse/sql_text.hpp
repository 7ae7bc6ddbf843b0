// SPDX-License-Identifier: MIT
// Names and texts inside of SQL.
#pragma once

#include <string>
#include <string_view>

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// A name or a text as a query has it, between the quotes that it is given.
[[nodiscard]] inline std::string sql_quoted(std::string_view text, char quote) {
    std::string quoted(1, quote);
    for (const char c : text) {
        if (c == quote || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + quote;
}

[[nodiscard]] inline std::string sql_identifier(std::string_view name) { return sql_quoted(name, '`'); }
[[nodiscard]] inline std::string sql_string(std::string_view text) { return sql_quoted(text, '\''); }

} // namespace nanotel::inline NANOTEL_ABI::detail
