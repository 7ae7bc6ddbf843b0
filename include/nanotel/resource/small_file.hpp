// SPDX-License-Identifier: MIT
// Files in which a system describes itself, read whole.
#pragma once

#include <nanotel/core/config.hpp>

#include <fcntl.h> // open
#include <sys/stat.h>
#include <unistd.h> // read, readlink

#include <algorithm> // min
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>

namespace nanotel::inline NANOTEL_ABI::detail {

// The file, or its first `limit` bytes; empty where there is none, where it is no regular file, as a pipe on
// which one would wait for ever, and where it cannot be read.
inline std::string read_small_file(const std::string& path, std::size_t limit) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0) return {};
    std::string content;
    struct stat is{};
    if (::fstat(descriptor, &is) == 0 && S_ISREG(is.st_mode)) {
        char block[4096];
        while (content.size() < limit) {
            const ssize_t count = ::read(descriptor, block, std::min(sizeof block, limit - content.size()));
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) break;
            content.append(block, static_cast<std::size_t>(count));
        }
    }
    ::close(descriptor);
    return content;
}

// Where a symbolic link leads to; empty where it is none.
inline std::string read_link(const std::string& path) {
    char target[4096];
    const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
    return size > 0 ? std::string(target, static_cast<std::size_t>(size)) : std::string();
}

// Calls use(line) for each line, without its end, until it returns false.
template <class Use>
void for_each_line(std::string_view text, Use&& use) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (!use(text.substr(0, end))) return;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

// The field of a line whose fields stand between separators; empty where there is no such field.
constexpr std::string_view field_of(std::string_view line, std::size_t number, char separator) noexcept {
    for (; number != 0; --number) {
        const auto end = line.find(separator);
        if (end == line.npos) return {};
        line.remove_prefix(end + 1);
    }
    return line.substr(0, line.find(separator));
}

} // namespace nanotel::inline NANOTEL_ABI::detail
