// SPDX-License-Identifier: MIT
// Which file a descriptor leads to, so that what the application did with the number meanwhile is seen.
#pragma once

#include <fcntl.h> // AT_SYMLINK_NOFOLLOW
#include <sys/stat.h>
#include <unistd.h> // close

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Which file a descriptor or a name leads to. A descriptor that the application closed behind our back, as a
/// daemon does, may lead to a file of its own by now: that must neither be written nor closed.
struct file_identity {
    dev_t device = 0;
    ino_t number = 0; // 0: none

    file_identity() = default;
    explicit file_identity(int descriptor) noexcept {
        struct stat status{};
        if (descriptor >= 0 && ::fstat(descriptor, &status) == 0) *this = status;
    }
    file_identity(int folder, const char* name) noexcept {
        struct stat status{};
        if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0) *this = status;
    }
    friend bool operator==(const file_identity&, const file_identity&) = default;

    [[nodiscard]] bool is_of(int descriptor) const noexcept {
        return number != 0 && file_identity(descriptor) == *this;
    }
    void close_if_same(int descriptor) const noexcept {
        if (is_of(descriptor)) ::close(descriptor);
    }

private:
    file_identity& operator=(const struct stat& status) noexcept {
        device = status.st_dev;
        number = status.st_ino;
        return *this;
    }
};

} // namespace nanotel::inline NANOTEL_ABI::detail
