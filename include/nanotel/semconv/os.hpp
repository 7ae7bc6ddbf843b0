// SPDX-License-Identifier: MIT
// Attributes `os.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// Unique identifier for a particular build or compilation of the operating system.
/// Type string; development.
inline constexpr typed_key<"os.build_id", text> os_build_id{};

/// Human readable (not intended to be parsed) OS version information, like e.g. reported by `ver` or
/// `lsb_release -a` commands.
/// Type string; development.
inline constexpr typed_key<"os.description", text> os_description{};

/// Human readable operating system name.
/// Type string; development.
inline constexpr typed_key<"os.name", text> os_name{};

/// The operating system type.
/// Type string; development. Well-known values are in os_type_values.
inline constexpr typed_key<"os.type", text> os_type{};

namespace os_type_values {
/// Microsoft Windows.
inline constexpr text windows{"windows"};
/// Linux.
inline constexpr text linux_{"linux"};
/// Apple Darwin.
inline constexpr text darwin{"darwin"};
/// FreeBSD.
inline constexpr text freebsd{"freebsd"};
/// NetBSD.
inline constexpr text netbsd{"netbsd"};
/// OpenBSD.
inline constexpr text openbsd{"openbsd"};
/// DragonFly BSD.
inline constexpr text dragonflybsd{"dragonflybsd"};
/// HP-UX (Hewlett Packard UNIX).
inline constexpr text hpux{"hpux"};
/// AIX (Advanced Interactive eXecutive).
inline constexpr text aix{"aix"};
/// SunOS, Oracle Solaris.
inline constexpr text solaris{"solaris"};
/// IBM z/OS.
inline constexpr text zos{"zos"};
} // namespace os_type_values

/// The version string of the operating system as defined in Version Attributes.
/// Type string; development.
inline constexpr typed_key<"os.version", text> os_version{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
