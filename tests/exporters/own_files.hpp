// SPDX-License-Identifier: MIT
// An application that closes all descriptors, as daemons do, and then opens its own.
#pragma once

#include <sys/mman.h> // memfd_create
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <set>

namespace nanotel_test {

/// Files under all the numbers that others had a moment ago. For a process of its own.
class own_files {
public:
    own_files() {
        for (int number = 3; number < 3 + static_cast<int>(files_.size()); ++number) ::close(number);
        for (int& each : files_) each = ::memfd_create("own", MFD_CLOEXEC);
    }
    own_files(const own_files&) = delete;
    own_files& operator=(const own_files&) = delete;

    /// Each is there, is no other, and has nothing in it.
    [[nodiscard]] bool untouched() const {
        std::set<ino_t> seen;
        for (const int each : files_) {
            struct stat status{};
            if (::fstat(each, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size != 0) return false;
            seen.insert(status.st_ino);
        }
        return seen.size() == files_.size();
    }

private:
    std::array<int, 200> files_{};
};

} // namespace nanotel_test
