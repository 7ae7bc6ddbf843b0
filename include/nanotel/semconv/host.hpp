// SPDX-License-Identifier: MIT
// Attributes `host.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// The CPU architecture the host system is running on.
/// Type string; development. Well-known values are in host_arch_values.
inline constexpr typed_key<"host.arch", text> host_arch{};

namespace host_arch_values {
/// AMD64.
inline constexpr text amd64{"amd64"};
/// ARM32.
inline constexpr text arm32{"arm32"};
/// ARM64.
inline constexpr text arm64{"arm64"};
/// Itanium.
inline constexpr text ia64{"ia64"};
/// 32-bit PowerPC.
inline constexpr text ppc32{"ppc32"};
/// 64-bit PowerPC.
inline constexpr text ppc64{"ppc64"};
/// IBM z/Architecture.
inline constexpr text s390x{"s390x"};
/// 32-bit x86.
inline constexpr text x86{"x86"};
} // namespace host_arch_values

/// The amount of level 2 memory cache available to the processor (in Bytes).
/// Type int; development.
inline constexpr typed_key<"host.cpu.cache.l2.size", std::int64_t> host_cpu_cache_l2_size{};

/// Family or generation of the CPU.
/// Type string; development.
inline constexpr typed_key<"host.cpu.family", text> host_cpu_family{};

/// Model identifier. It provides more granular information about the CPU, distinguishing it from other CPUs
/// within the same family.
/// Type string; development.
inline constexpr typed_key<"host.cpu.model.id", text> host_cpu_model_id{};

/// Model designation of the processor.
/// Type string; development.
inline constexpr typed_key<"host.cpu.model.name", text> host_cpu_model_name{};

/// Stepping or core revisions.
/// Type string; development.
inline constexpr typed_key<"host.cpu.stepping", text> host_cpu_stepping{};

/// Processor manufacturer identifier. A maximum 12-character string.
/// Type string; development.
inline constexpr typed_key<"host.cpu.vendor.id", text> host_cpu_vendor_id{};

/// Unique host ID. For Cloud, this must be the instance_id assigned by the cloud provider. For
/// non-containerized systems, this should be the `machine-id`. See the table below for the sources to use to
/// determine the `machine-id` based on operating system.
/// Type string; development.
inline constexpr typed_key<"host.id", text> host_id{};

/// VM image ID or host OS image ID. For Cloud, this value is from the provider.
/// Type string; development.
inline constexpr typed_key<"host.image.id", text> host_image_id{};

/// Name of the VM image or OS install the host was instantiated from.
/// Type string; development.
inline constexpr typed_key<"host.image.name", text> host_image_name{};

/// The version string of the VM image or host OS as defined in Version Attributes.
/// Type string; development.
inline constexpr typed_key<"host.image.version", text> host_image_version{};

/// Available IP addresses of the host, excluding loopback interfaces.
/// Type string[]; development.
inline constexpr typed_key<"host.ip", array_of<text>> host_ip{};

/// Available MAC addresses of the host, excluding loopback interfaces.
/// Type string[]; development.
inline constexpr typed_key<"host.mac", array_of<text>> host_mac{};

/// Name of the host. On UNIX systems, it may contain what the hostname command returns, or the fully
/// qualified hostname, or another name specified by the user.
/// Type string; development.
inline constexpr typed_key<"host.name", text> host_name{};

/// Type of host. For Cloud, this must be the machine type.
/// Type string; development.
inline constexpr typed_key<"host.type", text> host_type{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
