// SPDX-License-Identifier: MIT
// Blocks of text to a stream that the application shares, such as standard output: whole, within a deadline,
// and without a signal when nobody reads it.
#pragma once

#include <fcntl.h> // open
#include <poll.h>
#include <sys/socket.h> // send
#include <sys/stat.h>   // fstat
#include <unistd.h>     // write, close

#include <algorithm> // min
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional> // hash
#include <string>
#include <string_view>
#include <system_error> // generic_category

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/exporters/sigpipe_guard.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Writes blocks that end in a line end. One thread at a time; interrupt from any.
///
/// The descriptor is the application's, and whether it blocks is decided for everybody who has it: for a
/// shell, and for the next program on the same terminal. So a pipe or a terminal is opened anew for each
/// block, by its name in /proc, without waiting; where that cannot be, little is written at a time and only
/// when poll says that there is room.
class stream_output {
public:
    stream_output(int descriptor, std::FILE* file) : descriptor_(descriptor), file_(file) {
        if (file_ == nullptr) return;
        descriptor_ = ::fileno(file_);
        if (descriptor_ >= 0) file_ = nullptr; // what is in its buffer is the application's to flush
    }

    /// The descriptor, -1 for a stream in memory.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    [[nodiscard]] std::string name() const {
        if (descriptor_ == STDOUT_FILENO) return "standard output";
        if (descriptor_ == STDERR_FILENO) return "standard error";
        return descriptor_ < 0 ? "a stream in memory" : "descriptor " + std::to_string(descriptor_);
    }

    /// Asks the write under way, if there is one, to give up soon.
    void interrupt() noexcept { interrupts_.fetch_add(1, std::memory_order_relaxed); }

    /// Writes the block whole, or says why not. What a deadline cuts short is continued where it was cut when
    /// the same block comes again; when another one comes instead, the line is ended before it.
    [[nodiscard]] export_result write(std::string_view block,
                                      std::chrono::steady_clock::time_point deadline) {
        const std::uint64_t asked = interrupts_.load(std::memory_order_relaxed);
        const std::uint64_t which = std::hash<std::string_view>{}(block) | 1;
        const bool goes_on = cut_ == which;
        if (cut_ != 0 && !goes_on) {
            std::size_t ended = 0;
            if (const int error = write_from("\n", ended, deadline, asked); error != 0)
                return verdict(error, 0, 1);
            cut_ = 0;
        }
        if (!goes_on) written_ = 0;
        const int error = write_from(block, written_, deadline, asked);
        cut_ = error != 0 && written_ != 0 ? which : 0;
        return error == 0 ? export_result{} : verdict(error, written_, block.size());
    }

private:
    using clock = std::chrono::steady_clock;
    static constexpr int too_slow = -1; // beside the numbers of errno

    /// How the stream of this block is written without waiting.
    struct opened {
        explicit opened(int shared) : descriptor(shared) {
            struct stat is{};
            if (::fstat(shared, &is) != 0) {
                error = errno;
                return;
            }
            is_socket = S_ISSOCK(is.st_mode);
            may_wait = !S_ISREG(is.st_mode) && !is_socket;
            if (!may_wait) return;
            const std::string path = "/proc/self/fd/" + std::to_string(shared);
            own = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
            if (own >= 0) {
                descriptor = own;
                may_wait = false;
            } else if (errno == ENXIO) {
                error = EPIPE; // of a pipe, that nobody reads it
            }
        }
        opened(const opened&) = delete;
        opened& operator=(const opened&) = delete;
        ~opened() {
            if (own >= 0) ::close(own);
        }

        [[nodiscard]] ssize_t write(std::string_view rest) const noexcept {
            if (is_socket) return ::send(descriptor, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            // What poll promises room for in a pipe; a terminal takes as much of it as it likes.
            constexpr std::size_t little = 512;
            return ::write(descriptor, rest.data(), may_wait ? std::min(rest.size(), little) : rest.size());
        }

        int descriptor;
        int own = -1;
        int error = 0;
        bool is_socket = false;
        bool may_wait = false;
    };

    /// Advances `done`; 0 when all is written, else errno or too_slow.
    int write_from(std::string_view block, std::size_t& done, clock::time_point deadline,
                   std::uint64_t asked) {
        if (descriptor_ < 0) return write_to_memory(block, done);
        const sigpipe_guard quiet;
        const opened to(descriptor_);
        if (to.error != 0) return to.error;
        while (done < block.size()) {
            if (to.may_wait)
                if (const int error = wait_for_room(to.descriptor, deadline, asked); error != 0) return error;
            const ssize_t count = to.write(block.substr(done));
            if (count > 0) {
                done += static_cast<std::size_t>(count);
                if (done < block.size() && clock::now() >= deadline) return too_slow;
            } else if (count == 0) {
                return ENOSPC;
            } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                if (const int error = wait_for_room(to.descriptor, deadline, asked); error != 0) return error;
            } else if (errno != EINTR) {
                return errno;
            }
        }
        return 0;
    }

    int write_to_memory(std::string_view block, std::size_t& done) const {
        done += std::fwrite(block.data() + done, 1, block.size() - done, file_);
        return done == block.size() && std::fflush(file_) == 0 ? 0 : ENOSPC;
    }

    /// In short steps, to hear an interrupt. A pipe without a reader counts as room: the write will say it.
    int wait_for_room(int descriptor, clock::time_point deadline, std::uint64_t asked) const {
        constexpr std::chrono::milliseconds step{20};
        for (;;) {
            if (interrupts_.load(std::memory_order_relaxed) != asked) return too_slow;
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
            if (left.count() <= 0) return too_slow;
            pollfd watched{descriptor, POLLOUT, 0};
            const int ready = ::poll(&watched, 1, static_cast<int>(std::min(left, step).count()));
            if (ready > 0) return 0;
            if (ready < 0 && errno != EINTR) return errno;
        }
    }

    [[nodiscard]] export_result verdict(int error, std::size_t done, std::size_t size) const {
        if (error == too_slow)
            return {.outcome = export_outcome::retryable,
                    .message = name() + " took " + std::to_string(done) + " of " + std::to_string(size) +
                               " bytes in time: what reads it does not keep up; the rest follows"};
        std::string text = name() + " cannot be written: " + std::generic_category().message(error);
        switch (error) {
        case EPIPE:
        case ECONNRESET:
        case EBADF:
        case EIO:
            return {.outcome = export_outcome::rejected,
                    .message = text + "; what would go there is dropped, since nobody reads it any more"};
        case ENOSPC:
        case EDQUOT:
            text += "; make room: what was not written is kept and tried again";
            break;
        default:
            break;
        }
        return {.outcome = export_outcome::retryable, .message = std::move(text)};
    }

    int descriptor_;
    std::FILE* file_; // null where there is a descriptor
    // Of the block that was cut short: which it is, 0 for none, and how much of it is there.
    std::uint64_t cut_ = 0;
    std::size_t written_ = 0;
    // Counted up by interrupt, compared by the write under way. Relaxed: the number is the whole message.
    std::atomic<std::uint64_t> interrupts_{0};
};

} // namespace nanotel::inline NANOTEL_ABI::detail
