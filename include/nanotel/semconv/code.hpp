// SPDX-License-Identifier: MIT
// Attributes `code.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// The column number in `code.file.path` best representing the operation. It SHOULD point within the code
/// unit named in `code.function.name`. This attribute MUST NOT be used on the Profile signal since the data
/// is already captured in 'message Line'. This constraint is imposed to prevent redundancy and maintain data
/// integrity.
/// Type int; stable.
inline constexpr typed_key<"code.column.number", std::int64_t> code_column_number{};

/// The source code filename that identifies the code unit as uniquely as possible (preferably an absolute
/// file path). This attribute MUST NOT be used on the Profile signal since the data is already captured in
/// 'message Function'. This constraint is imposed to prevent redundancy and maintain data integrity.
/// Type string; stable.
inline constexpr typed_key<"code.file.path", text> code_file_path{};

/// The method or function fully-qualified name without arguments. The value should fit the natural
/// representation of the language runtime, which is also likely the same used within `code.stacktrace`
/// attribute value. This attribute MUST NOT be used on the Profile signal since the data is already captured
/// in 'message Function'. This constraint is imposed to prevent redundancy and maintain data integrity.
/// Type string; stable.
inline constexpr typed_key<"code.function.name", text> code_function_name{};

/// The line number in `code.file.path` best representing the operation. It SHOULD point within the code unit
/// named in `code.function.name`. This attribute MUST NOT be used on the Profile signal since the data is
/// already captured in 'message Line'. This constraint is imposed to prevent redundancy and maintain data
/// integrity.
/// Type int; stable.
inline constexpr typed_key<"code.line.number", std::int64_t> code_line_number{};

/// A stacktrace as a string in the natural representation for the language runtime. The representation is
/// identical to `exception.stacktrace`. This attribute MUST NOT be used on the Profile signal since the data
/// is already captured in 'message Location'. This constraint is imposed to prevent redundancy and maintain
/// data integrity.
/// Type string; stable.
inline constexpr typed_key<"code.stacktrace", text> code_stacktrace{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
