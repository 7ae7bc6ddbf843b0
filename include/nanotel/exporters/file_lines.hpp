// SPDX-License-Identifier: MIT
// A file of whole lines: what is appended is there to its end or not at all.
#pragma once

#include <fcntl.h>    // open
#include <sys/file.h> // flock
#include <sys/stat.h> // fstat
#include <sys/uio.h>  // writev
#include <unistd.h>   // close, ftruncate, pread

#include <algorithm> // min
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error> // generic_category
#include <thread>       // sleep_for
#include <utility>

#include <nanotel/core/config.hpp>
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/core/file_identity.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

[[nodiscard]] inline std::string errno_text(int code) { return std::generic_category().message(code); }

/// Appends lines to one file, under an advisory lock, so that several processes can share it. Opens the file
/// at the first line and again when it was moved away (logrotate). One thread at a time.
class file_lines {
public:
    explicit file_lines(std::string path) : path_(std::move(path)) {}
    file_lines(const file_lines&) = delete;
    file_lines& operator=(const file_lines&) = delete;
    ~file_lines() { close(); }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    static constexpr int locked = EWOULDBLOCK;

    /// Appends the line and a line end. Returns 0, or errno with the file as long as it was before; `locked`
    /// where another writer held the lock until gives_up() said that this is enough.
    template <class GivesUp>
    [[nodiscard]] int append(std::string_view line, const GivesUp& gives_up) {
        if (const int error = open_current(); error != 0) return error;
        const lock held(descriptor_, gives_up);
        if (held.error != 0) return held.error;
        struct stat before{};
        if (::fstat(descriptor_, &before) != 0) return errno;
        const off_t begin = S_ISREG(before.st_mode) ? mend_last_line(before.st_size) : 0;
        if (const int error = write_whole(line); error != 0) {
            if (S_ISREG(before.st_mode) && ::ftruncate(descriptor_, begin) != 0) return errno;
            return error;
        }
        return 0;
    }

private:
    /// Waits for its turn: other writers hold the lock for one line, but a stopped one holds it for ever, and
    /// the kernel's wait knows no deadline. Where locks are unknown, goes without.
    struct lock {
        template <class GivesUp>
        lock(int descriptor, const GivesUp& gives_up) : of(descriptor) {
            using namespace std::chrono_literals;
            for (auto nap = 250us; ::flock(of, LOCK_EX | LOCK_NB) != 0; nap = std::min(nap * 2, 8'000us)) {
                if (errno == EINTR) continue;
                if (errno != EWOULDBLOCK) {
                    error = errno == EOPNOTSUPP || errno == ENOLCK || errno == EINVAL ? 0 : errno;
                    return;
                }
                if (gives_up()) {
                    error = locked;
                    return;
                }
                std::this_thread::sleep_for(nap);
            }
        }
        lock(const lock&) = delete;
        lock& operator=(const lock&) = delete;
        ~lock() { ::flock(of, LOCK_UN); } // harmless where it is another's
        int of;
        int error = 0;
    };

    int open_current() {
        if (descriptor_ >= 0) {
            // A child of fork shares the parent's lock as long as it shares the descriptor. The name may lead
            // to another file by now, and so may the descriptor.
            struct stat here{};
            const bool same = opened_by_ == ::getpid() && identity_.is_of(descriptor_) &&
                              ::stat(path_.c_str(), &here) == 0 && here.st_ino == identity_.number &&
                              here.st_dev == identity_.device;
            if (same) return 0;
            close();
        }
        // Telemetry may name people: nobody but the owner reads it, unless the file is there already.
        descriptor_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
        if (descriptor_ < 0) return errno;
        identity_ = file_identity(descriptor_);
        opened_by_ = ::getpid();
        return 0;
    }

    /// A process that was killed while it wrote has left the beginning of a line: cut back to the line end
    /// before it. A whole object without a line end, from another writer, gets its line end. Returns the size
    /// then.
    off_t mend_last_line(off_t size) {
        char last = '\n';
        if (size == 0 || ::pread(descriptor_, &last, 1, size - 1) != 1 || last == '\n') return size;
        std::string fragment;
        std::array<char, 4096> block;
        off_t begin = size;
        while (begin > 0) {
            const off_t from =
                begin > static_cast<off_t>(block.size()) ? begin - static_cast<off_t>(block.size()) : 0;
            const auto length = static_cast<std::size_t>(begin - from);
            if (::pread(descriptor_, block.data(), length, from) != begin - from)
                return size; // leave it as it is
            const std::string_view text(block.data(), length);
            const auto line_end = text.rfind('\n');
            const std::size_t keep = line_end == text.npos ? 0 : line_end + 1;
            fragment.insert(0, text.substr(keep));
            begin = from + static_cast<off_t>(keep);
            if (line_end != text.npos) break;
        }
        if (is_whole_object(fragment)) return write_whole({}) == 0 ? size + 1 : size;
        if (::ftruncate(descriptor_, begin) != 0) return size;
        diagnose(diagnostic_level::warning, "file:" + path_,
                 path_ + " ended in half a line, as when a process is killed while it writes; its last " +
                     std::to_string(size - begin) + " bytes were cut off");
        return begin;
    }

    /// Whether the braces of a JSON object close at its very end.
    static bool is_whole_object(std::string_view text) noexcept {
        std::size_t depth = 0;
        bool in_string = false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            if (in_string) {
                if (c == '\\')
                    ++i;
                else if (c == '"')
                    in_string = false;
            } else if (c == '"') {
                in_string = true;
            } else if (c == '{') {
                ++depth;
            } else if (c == '}' && --depth == 0) {
                return i + 1 == text.size();
            }
            if (depth == 0) return false;
        }
        return false;
    }

    int write_whole(std::string_view line) noexcept {
        char line_end = '\n';
        std::array<iovec, 2> parts{iovec{const_cast<char*>(line.data()), line.size()}, iovec{&line_end, 1}};
        std::size_t left = line.size() + 1;
        for (;;) {
            const auto written = ::writev(descriptor_, parts.data(), static_cast<int>(parts.size()));
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return errno;
            if (written == 0) return ENOSPC;
            left -= static_cast<std::size_t>(written);
            if (left == 0) return 0;
            auto advance =
                static_cast<std::size_t>(written); // a full disk or a signal: the rest, or the reason
            for (iovec& part : parts) {
                const std::size_t step = advance < part.iov_len ? advance : part.iov_len;
                part.iov_base = static_cast<char*>(part.iov_base) + step;
                part.iov_len -= step;
                advance -= step;
            }
        }
    }

    void close() noexcept { identity_.close_if_same(std::exchange(descriptor_, -1)); }

    std::string path_;
    int descriptor_ = -1;
    file_identity identity_; // of the file that it was opened to
    int opened_by_ = 0;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
