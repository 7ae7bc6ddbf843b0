// SPDX-License-Identifier: MIT
// One accepted connection of the scrape endpoint, as cpp-httplib's server reads and writes it.
#pragma once

#include <httplib.h>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm> // clamp
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <string>

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// How long a server of scrapes waits for its peers.
struct scrape_patience {
    std::chrono::milliseconds to_ask{2'000};     ///< for the whole request
    std::chrono::milliseconds to_answer{10'000}; ///< for the answer to be read, from its first byte
    std::chrono::milliseconds to_end{300};       ///< for answers that are on their way when the server ends
};

/// Reads and writes a socket under deadlines for the whole request and the whole answer, so that a peer that
/// drips a byte a second holds nobody; the library's own limits are for one read or write. Writes without
/// SIGPIPE. Has no limit to the descriptor's number, since it polls.
class scrape_connection final : public httplib::Stream {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::size_t largest_request = 32 * 1024;

    scrape_connection(int descriptor, const scrape_patience& patience) noexcept
        : descriptor_(descriptor), time_to_answer_(patience.to_answer),
          ask_until_(clock::now() + patience.to_ask) {}

    /// What the peer sent beyond its request is read: closing a socket that holds unread bytes would reset
    /// the connection, and take the answer from a peer that has not read it yet.
    void finish() noexcept {
        ::shutdown(descriptor_, SHUT_WR);
        for (std::size_t total = 0; total < largest_request;) {
            const auto size = ::recv(descriptor_, buffer_, sizeof buffer_, MSG_DONTWAIT);
            if (size <= 0) return;
            total += static_cast<std::size_t>(size);
        }
    }

    // The functions of httplib::Stream. None says `override`, since its versions differ in which there are.

    ssize_t read(char* to, std::size_t size) {
        if (next_ == end_) {
            if (received_ >= largest_request) return -1;
            if (!wait(POLLIN, ask_until_)) return -1;
            const auto got = ::recv(descriptor_, buffer_, sizeof buffer_, MSG_DONTWAIT);
            if (got <= 0) return got;
            next_ = 0;
            end_ = static_cast<std::size_t>(got);
            received_ += end_;
        }
        const std::size_t count = std::min(size, end_ - next_);
        std::memcpy(to, buffer_ + next_, count);
        next_ += count;
        return static_cast<ssize_t>(count);
    }

    ssize_t write(const char* from, std::size_t size) {
        if (!answering_) answer_until_ = clock::now() + time_to_answer_;
        answering_ = true;
        for (;;) {
            const auto sent = ::send(descriptor_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent >= 0) return sent;
            if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return -1;
            if (!wait(POLLOUT, answer_until_)) return -1;
        }
    }

    bool is_readable() const { return next_ != end_ || wait(POLLIN, clock::now()); }
    bool wait_readable() const { return next_ != end_ || wait(POLLIN, ask_until_); }
    bool is_writable() const { return wait(POLLOUT, clock::now()); }
    bool wait_writable() const { return wait(POLLOUT, answering_ ? answer_until_ : ask_until_); }
    bool is_peer_alive() const { return wait_writable(); }
    void get_remote_ip_and_port(std::string& ip, int& port) const {
        ip.clear();
        port = 0;
    }
    void get_local_ip_and_port(std::string& ip, int& port) const { get_remote_ip_and_port(ip, port); }
    /// None: the library would select on it, and refuse numbers from FD_SETSIZE on.
    socket_t socket() const { return INVALID_SOCKET; }
    time_t duration() const { return 0; }

private:
    bool wait(short event, clock::time_point until) const noexcept {
        using namespace std::chrono;
        for (;;) {
            const auto left = ceil<milliseconds>(until - clock::now()).count();
            pollfd waiting{descriptor_, event, 0};
            const int ready = ::poll(&waiting, 1, static_cast<int>(std::clamp<long long>(left, 0, 60'000)));
            if (ready > 0) return true; // or broken, which the next call says
            if (ready == 0 && left <= 0) return false;
            if (ready < 0 && errno != EINTR) return false;
        }
    }

    int descriptor_;
    std::chrono::milliseconds time_to_answer_;
    clock::time_point ask_until_;
    clock::time_point answer_until_{};
    bool answering_ = false;
    std::size_t received_ = 0;
    std::size_t next_ = 0;
    std::size_t end_ = 0;
    char buffer_[4096];
};

} // namespace nanotel::inline NANOTEL_ABI::detail
