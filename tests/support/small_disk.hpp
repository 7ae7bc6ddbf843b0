// SPDX-License-Identifier: MIT
// A disk that is soon full: a tmpfs over a folder.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstddef>
#include <string>

namespace nanotel_test {

/// Puts a small file system over a folder, for this process alone; while it has one thread. Of a namespace of
/// the user's, which anybody may have, or where there are none, of the privileges of root. False where
/// neither is allowed.
inline bool mount_small_disk(const char* folder, std::size_t bytes) {
    const auto write = [](const char* path, const std::string& text) {
        const int file = ::open(path, O_WRONLY | O_CLOEXEC);
        if (file < 0) return;
        [[maybe_unused]] const auto written = ::write(file, text.data(), text.size());
        ::close(file);
    };
    const std::string user = "0 " + std::to_string(::geteuid()) + " 1";
    const std::string group = "0 " + std::to_string(::getegid()) + " 1";
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
        write("/proc/self/setgroups", "deny");
        write("/proc/self/uid_map", user);
        write("/proc/self/gid_map", group);
    } else if (::unshare(CLONE_NEWNS) != 0 ||
               ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) { // seen nowhere else
        return false;
    }
    const std::string size = "size=" + std::to_string(bytes) + ",mode=0700";
    return ::mount("none", folder, "tmpfs", MS_NOSUID | MS_NODEV, size.c_str()) == 0;
}

} // namespace nanotel_test
