// SPDX-License-Identifier: MIT
// The id of the container that a process runs in, from what the kernel says of its control groups and mounts.
#pragma once

#include <nanotel/core/text.hpp>
#include <nanotel/resource/small_file.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Ids of containers are 64 hexadecimal digits. Shorter ones, which some tools show, are never taken: the
// "session-3" of a login and the "besteffort" of a pod have such digits too.
constexpr bool is_container_id(std::string_view text) noexcept {
    return text.size() == 64 && is_lower_hex(text);
}

// From one part of the path of a control group: ID, docker-ID.scope, cri-containerd-ID.scope, crio-ID,
// libpod-ID.scope, SLICE:cri-containerd:ID, and DIGITS-DIGITS of 32 hexadecimal and some decimal ones, which
// are those of a task on AWS Fargate.
constexpr std::string_view container_id_of_group(std::string_view part) noexcept {
    if (part.ends_with(".scope")) part.remove_suffix(6);
    constexpr std::size_t task = 32;
    if (part.size() > task + 1 && part[task] == '-' && is_lower_hex(part.substr(0, task)) &&
        part.find_first_not_of("0123456789", task + 1) == part.npos)
        return part;
    if (const auto mark = part.find_last_of("-:"); mark != part.npos) part.remove_prefix(mark + 1);
    return is_container_id(part) ? part : std::string_view();
}

// /proc/self/cgroup, of either version: hierarchy:controllers:path. The innermost container of a path counts,
// so of a container within a container its own. Below a container may be groups of its own making, as
// init.scope. Empty in no container, and where the group is hidden by a namespace ("0::/").
inline std::string container_id_of_groups(std::string_view file) {
    std::string_view found;
    for_each_line(file, [&](std::string_view line) {
        const auto controllers = line.find(':');
        const auto path = controllers == line.npos ? line.npos : line.find(':', controllers + 1);
        if (path == line.npos) return true;
        std::string_view rest = line.substr(path + 1);
        while (found.empty() && !rest.empty()) {
            const auto slash = rest.rfind('/');
            found = container_id_of_group(slash == rest.npos ? rest : rest.substr(slash + 1));
            rest = rest.substr(0, slash == rest.npos ? 0 : slash);
        }
        return found.empty();
    });
    return std::string(found);
}

// /proc/self/mountinfo: Docker and Podman mount the files that name the host from a folder of the container,
// …/containers/ID/… or …/overlay-containers/ID/…, which is all that can be seen of it where the group is
// hidden. Those of containerd come from the sandbox of the pod, whose id is another one, and are passed over.
inline std::string container_id_of_mounts(std::string_view file) {
    std::string_view found;
    for_each_line(file, [&](std::string_view line) {
        const std::string_view source = field_of(line, 3, ' ');
        const std::string_view mounted = field_of(line, 4, ' ');
        if (mounted != "/etc/hostname" && mounted != "/etc/hosts" && mounted != "/etc/resolv.conf")
            return true;
        constexpr std::string_view folder = "containers/";
        for (auto at = source.find(folder); found.empty() && at != source.npos;
             at = source.find(folder, at + 1)) {
            const std::string_view id = field_of(source.substr(at + folder.size()), 0, '/');
            if (is_container_id(id)) found = id;
        }
        return found.empty();
    });
    return std::string(found);
}

// /proc/self/mountinfo: whether the root is an overlay, as that of most containers. Of several mounted over
// each other the last is seen.
inline bool has_overlay_root(std::string_view file) {
    bool overlay = false;
    for_each_line(file, [&](std::string_view line) {
        const auto optional_end = line.find(" - ");
        if (optional_end == line.npos || field_of(line, 4, ' ') != "/") return true;
        const std::string_view type = field_of(line.substr(optional_end + 3), 0, ' ');
        overlay = type == "overlay" || type == "fuse.fuse-overlayfs";
        return true;
    });
    return overlay;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
