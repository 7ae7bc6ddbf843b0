// SPDX-License-Identifier: MIT
// Attributes `user.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// User email address.
/// Type string; development.
inline constexpr typed_key<"user.email", text> user_email{};

/// User's full name.
/// Type string; development.
inline constexpr typed_key<"user.full_name", text> user_full_name{};

/// Unique user hash to correlate information for a user in anonymized form.
/// Type string; development.
inline constexpr typed_key<"user.hash", text> user_hash{};

/// Unique identifier of the user.
/// Type string; development.
inline constexpr typed_key<"user.id", text> user_id{};

/// Short name or login/username of the user.
/// Type string; development.
inline constexpr typed_key<"user.name", text> user_name{};

/// Array of user roles at the time of the event.
/// Type string[]; development.
inline constexpr typed_key<"user.roles", array_of<text>> user_roles{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
