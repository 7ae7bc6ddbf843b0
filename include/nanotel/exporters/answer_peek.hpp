// SPDX-License-Identifier: MIT
// A look at the first bytes of an answer before an HTTP library reads them: whether it is HTTP at all,
// whether it came before the request was sent out, and whether its head is fit for a parser to see.
#pragma once

#include <poll.h>
#include <sys/socket.h> // recv
#include <time.h>       // nanosleep

#include <algorithm> // min
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/response.hpp>
#include <nanotel/exporters/retry_after.hpp> // parse_digits

namespace nanotel::inline NANOTEL_ABI::detail {

/// What the bytes that have arrived so far are.
enum class answer_head_state : std::uint8_t {
    none,     ///< nothing yet
    partial,  ///< HTTP/1, as far as it goes
    complete, ///< a whole head of HTTP/1
    too_long, ///< HTTP/1 without an end of its head in the first 16 KiB
    http2,    ///< a frame of HTTP/2: a gRPC server
    tls,      ///< a TLS alert: the port wants https
    unknown,  ///< another protocol
    closed,   ///< the other side has closed the connection, perhaps in the middle of a head
};

struct answer_head {
    answer_head_state state = answer_head_state::none;
    int status = 0;       ///< of a complete head, past interim answers
    std::size_t size = 0; ///< of a complete head, up to and with the empty line
};

inline constexpr std::size_t longest_answer_head = 16 * 1024;

/// Recognises what a peer sends from its first bytes.
[[nodiscard]] inline answer_head inspect_answer_head(std::string_view bytes) noexcept {
    constexpr std::string_view version = "HTTP/1.", head_end = "\r\n\r\n";
    std::size_t begin = 0;
    for (;;) {
        const std::string_view rest = bytes.substr(begin);
        const std::size_t known = std::min(rest.size(), version.size());
        if (rest.substr(0, known) != version.substr(0, known)) {
            // An HTTP/2 connection begins with SETTINGS or, refused, GOAWAY: 24 bits of length, the type,
            // flags, and stream 0. A TLS server that does not understand us sends an alert record.
            if (rest[0] == 0x15 && (rest.size() < 2 || rest[1] == 0x03))
                return {answer_head_state::tls, 0, 0};
            if (rest.size() >= 9 && (rest[3] == 0x04 || rest[3] == 0x07) &&
                rest.substr(5, 4) == std::string_view("\0\0\0\0", 4))
                return {answer_head_state::http2, 0, 0};
            // Fewer bytes can still become such a frame, whose length begins with a zero.
            if (rest.size() < 9 && rest[0] == 0) return {answer_head_state::partial, 0, 0};
            return {answer_head_state::unknown, 0, 0};
        }
        const auto end = rest.find(head_end);
        if (end == rest.npos)
            return {bytes.size() < longest_answer_head ? answer_head_state::partial
                                                       : answer_head_state::too_long,
                    0, 0};
        const auto status = parse_digits(rest.substr(std::min<std::size_t>(rest.size(), 9), 3));
        if (rest[8] != ' ' || !status || *status < 100) return {answer_head_state::unknown, 0, 0};
        begin += end + head_end.size();
        if (*status >= 200 || *status == 101)
            return {answer_head_state::complete, static_cast<int>(*status), begin};
        if (begin == bytes.size()) return {answer_head_state::partial, 0, 0};
    }
}

/// Looks at what a socket has, without waiting and without taking it.
[[nodiscard]] inline answer_head peek_answer_head(int socket) noexcept {
    std::array<char, longest_answer_head> bytes;
    const auto size = ::recv(socket, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
    if (size > 0) return inspect_answer_head({bytes.data(), static_cast<std::size_t>(size)});
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    return {answer_head_state::closed, 0, 0};
}

/// For poll: 0 when the time is up, at most an hour.
[[nodiscard]] inline int milliseconds_until(std::chrono::steady_clock::time_point deadline) noexcept {
    using namespace std::chrono;
    const auto left = deadline - std::min(deadline, steady_clock::now());
    return static_cast<int>(ceil<milliseconds>(std::min<nanoseconds>(left, hours{1})).count());
}

inline void nap() noexcept {
    constexpr timespec millisecond{0, 1'000'000};
    ::nanosleep(&millisecond, nullptr);
}

/// Waits until an answer's head has arrived whole, has shown to be something else, or the connection or the
/// time is at an end: then the state is what there was.
[[nodiscard]] inline answer_head await_answer_head(int socket,
                                                   std::chrono::steady_clock::time_point deadline) {
    for (;;) {
        const int left = milliseconds_until(deadline);
        if (left == 0) return peek_answer_head(socket);
        pollfd waiting{socket, POLLIN | POLLRDHUP, 0};
        const int ready = ::poll(&waiting, 1, left);
        if (ready < 0 && errno != EINTR) return {answer_head_state::closed, 0, 0};
        if (ready <= 0) continue;
        const answer_head head = peek_answer_head(socket);
        if (head.state != answer_head_state::none && head.state != answer_head_state::partial) return head;
        if ((waiting.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
            return {answer_head_state::closed, 0, 0};
        // What has been looked at is still there, so poll would return at once: wait for more by the clock.
        nap();
    }
}

/// Waits until a socket has room for more of a request, or has an answer that says no to it. Returns what has
/// arrived; the state is closed when writing on will fail.
[[nodiscard]] inline answer_head await_room_or_no(int socket,
                                                  std::chrono::steady_clock::time_point deadline) {
    for (;;) {
        const int left = milliseconds_until(deadline);
        pollfd waiting{socket, POLLIN | POLLOUT, 0};
        const int ready = ::poll(&waiting, 1, left);
        if (ready < 0 && errno == EINTR) continue;
        const answer_head head = (waiting.revents & POLLIN) != 0 ? peek_answer_head(socket) : answer_head{};
        const bool says_nothing = head.state == answer_head_state::none ||
                                  head.state == answer_head_state::partial ||
                                  (head.state == answer_head_state::complete && head.status < 300);
        if (!says_nothing || waiting.revents != POLLIN || left == 0) return head;
        nap(); // readable but not writable: poll would return at once
    }
}

/// Calls consume(name in lower case, value) for each header line of a head.
template <class Consume>
void for_each_header(std::string_view head, Consume consume) {
    for (std::size_t begin = 0, end; (end = head.find("\r\n", begin)) != head.npos; begin = end + 2) {
        const std::string_view line = head.substr(begin, end - begin);
        const auto colon = line.find(':');
        if (colon == line.npos) continue;
        std::string name(line.substr(0, colon));
        for (char& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        const auto value = line.find_first_not_of(" \t", colon + 1);
        consume(std::string_view(name), value == line.npos ? std::string_view{} : line.substr(value));
    }
}

/// Takes an answer from a connection that will not be used again, because the answer came while the request
/// was still being sent. Reads up to 64 KiB for at most a second: enough for a status and what a server says
/// about it.
[[nodiscard]] inline http_answer take_early_answer(int socket,
                                                   std::chrono::steady_clock::time_point deadline) {
    using namespace std::chrono;
    constexpr std::size_t enough = 64 * 1024;
    deadline = std::min(deadline, steady_clock::now() + seconds{1});
    std::string bytes;
    http_answer answer;
    std::size_t body_begin = 0, wanted = enough;
    while (bytes.size() < wanted) {
        pollfd waiting{socket, POLLIN, 0};
        if (::poll(&waiting, 1, milliseconds_until(deadline)) <= 0)
            break; // after the deadline: what is there already
        std::array<char, 4096> piece;
        const auto size = ::recv(socket, piece.data(), piece.size(), MSG_DONTWAIT);
        if (size <= 0) break;
        bytes.append(piece.data(), static_cast<std::size_t>(size));
        if (body_begin != 0) continue;
        const answer_head head = inspect_answer_head(bytes);
        if (head.state == answer_head_state::partial) continue;
        if (head.state != answer_head_state::complete) break;
        body_begin = head.size;
        answer.status = head.status;
        for_each_header({bytes.data(), head.size}, [&](std::string_view name, std::string_view value) {
            if (name == "content-length") {
                if (const auto length = parse_digits(value);
                    length && *length < static_cast<std::int64_t>(enough))
                    wanted = head.size + static_cast<std::size_t>(*length);
            } else if (name == "content-type") {
                answer.content_type = value;
            } else if (name == "retry-after") {
                answer.retry_after = value;
            }
        });
    }
    if (body_begin != 0) answer.body = bytes.substr(body_begin);
    return answer;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
