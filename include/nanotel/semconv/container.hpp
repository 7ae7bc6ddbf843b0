// SPDX-License-Identifier: MIT
// Attributes `container.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/semconv/key_below.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// The command used to run the container (i.e. the command name).
/// Type string; development.
inline constexpr typed_key<"container.command", text> container_command{};

/// All the command arguments (including the command/executable itself) run by the container.
/// Type string[]; development.
inline constexpr typed_key<"container.command_args", array_of<text>> container_command_args{};

/// The full command run by the container as a single string representing the full command.
/// Type string; development.
inline constexpr typed_key<"container.command_line", text> container_command_line{};

/// The name of the CSI (Container Storage Interface) plugin used by the volume.
/// Type string; development.
inline constexpr typed_key<"container.csi.plugin.name", text> container_csi_plugin_name{};

/// The unique volume ID returned by the CSI (Container Storage Interface) plugin.
/// Type string; development.
inline constexpr typed_key<"container.csi.volume.id", text> container_csi_volume_id{};

/// Container ID. Usually a UUID, as for example used to identify Docker containers. The UUID might be
/// abbreviated.
/// Type string; stable.
inline constexpr typed_key<"container.id", text> container_id{};

/// Runtime specific image identifier. Usually a hash algorithm followed by a UUID.
/// Type string; development.
inline constexpr typed_key<"container.image.id", text> container_image_id{};

/// Name of the image the container was built on.
/// Type string; stable.
inline constexpr typed_key<"container.image.name", text> container_image_name{};

/// Repository digests of the container image as provided by the container runtime.
/// Type string[]; stable.
inline constexpr typed_key<"container.image.repo_digests", array_of<text>> container_image_repo_digests{};

/// Container image tags. An example can be found in Docker Image Inspect. Should be only the `<tag>` section
/// of the full name for example from `registry.example.com/my-org/my-image:<tag>`.
/// Type string[]; stable.
inline constexpr typed_key<"container.image.tags", array_of<text>> container_image_tags{};

/// Container labels, `<key>` being the label name, the value being the label value.
/// Type string for each key, `container_label<"key">`; development.
template <fixed_string Key>
inline constexpr typed_key<key_below<"container.label", Key>, text> container_label{};

/// Container name used by container runtime.
/// Type string; development.
inline constexpr typed_key<"container.name", text> container_name{};

/// A description about the runtime which could include, for example details about the CRI/API version being
/// used or other customizations.
/// Type string; development.
inline constexpr typed_key<"container.runtime.description", text> container_runtime_description{};

/// The container runtime managing this container.
/// Type string; development.
inline constexpr typed_key<"container.runtime.name", text> container_runtime_name{};

/// The version of the runtime of this process, as returned by the runtime without modification.
/// Type string; development.
inline constexpr typed_key<"container.runtime.version", text> container_runtime_version{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
