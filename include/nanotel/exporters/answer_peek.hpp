// SPDX-License-Identifier: MIT
// A look at the first bytes of an answer before an HTTP library reads them: whether it is HTTP at all,
// whether it came before the request was sent out, and whether its head is fit for a parser to see.
#pragma once

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h> // recv
#include <sys/types.h>  // ssize_t
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

/// Where an answer comes from: a socket, with a session of TLS over it or without. Never waits.
struct answer_source {
    int socket = -1;
    SSL* session = nullptr;

    /// What has come, which stays there; of TLS no more than one of its records. How much it is: 0 when the
    /// other side has closed or the connection is broken, -1 when there is nothing.
    [[nodiscard]] int peek(char* to, int size) const noexcept {
        if (session == nullptr)
            return of_socket(::recv(socket, to, static_cast<std::size_t>(size), MSG_PEEK | MSG_DONTWAIT));
        return of_session([&] { return ::SSL_peek(session, to, size); });
    }

    /// The same, and takes it.
    [[nodiscard]] int take(char* to, int size) const noexcept {
        if (session == nullptr)
            return of_socket(::recv(socket, to, static_cast<std::size_t>(size), MSG_DONTWAIT));
        return of_session([&] { return ::SSL_read(session, to, size); });
    }

    /// Whether there are bytes that the socket no longer has, so that poll would not return for them.
    [[nodiscard]] bool has_decrypted() const noexcept {
        return session != nullptr && ::SSL_pending(session) > 0;
    }

private:
    static int of_socket(ssize_t result) noexcept {
        if (result >= 0) return static_cast<int>(result);
        return errno == EAGAIN || errno == EINTR ? -1 : 0;
    }

    template <class Attempt>
    int of_session(Attempt attempt) const noexcept {
        // What is there says why the connection broke, and is for who asks about it later.
        if (::ERR_peek_error() != 0) return 0;
        const int flags = ::fcntl(socket, F_GETFL);
        ::fcntl(socket, F_SETFL, flags | O_NONBLOCK);
        const int result = attempt();
        const int error = result > 0 ? SSL_ERROR_NONE : ::SSL_get_error(session, result);
        ::fcntl(socket, F_SETFL, flags);
        if (result > 0) return result;
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : 0;
    }
};

/// Looks at what a source has, without waiting and without taking it.
[[nodiscard]] inline answer_head peek_answer_head(const answer_source& from) noexcept {
    std::array<char, longest_answer_head> bytes;
    const int size = from.peek(bytes.data(), static_cast<int>(bytes.size()));
    if (size > 0) return inspect_answer_head({bytes.data(), static_cast<std::size_t>(size)});
    return {size < 0 ? answer_head_state::none : answer_head_state::closed, 0, 0};
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
/// time is at an end: then the state is what there was. Of TLS a head that lies in several records is
/// partial.
[[nodiscard]] inline answer_head await_answer_head(const answer_source& from,
                                                   std::chrono::steady_clock::time_point deadline) {
    for (;;) {
        const int left = milliseconds_until(deadline);
        if (left == 0) return peek_answer_head(from);
        pollfd waiting{from.socket, POLLIN | POLLRDHUP, 0};
        if (!from.has_decrypted()) {
            const int ready = ::poll(&waiting, 1, left);
            if (ready < 0 && errno != EINTR) return {answer_head_state::closed, 0, 0};
            if (ready <= 0) continue;
        }
        const answer_head head = peek_answer_head(from);
        const bool more_may_show = head.state == answer_head_state::partial && from.session == nullptr;
        if (head.state != answer_head_state::none && !more_may_show) return head;
        if ((waiting.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
            return {answer_head_state::closed, 0, 0};
        // What has been looked at is still there, so poll would return at once: wait for more by the clock.
        nap();
    }
}

/// Waits until a socket has room for more of a request, or has an answer that says no to it. Returns what has
/// arrived; the state is closed when writing on will fail.
[[nodiscard]] inline answer_head await_room_or_no(const answer_source& to,
                                                  std::chrono::steady_clock::time_point deadline) {
    for (;;) {
        const int left = milliseconds_until(deadline);
        pollfd waiting{to.socket, POLLIN | POLLOUT, 0};
        const int ready = ::poll(&waiting, 1, left);
        if (ready < 0 && errno == EINTR) continue;
        const bool readable = (waiting.revents & POLLIN) != 0 || to.has_decrypted();
        const answer_head head = readable ? peek_answer_head(to) : answer_head{};
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

/// An answer that was taken from a connection by hand. Of one in chunks the body has them as they came.
struct taken_answer {
    http_answer answer;    ///< its status is 0 when there was none
    bool whole = false;    ///< to its last byte
    bool overlong = false; ///< a head of more than 16 KiB
};

/// Takes an answer from a connection that will not be used again. Reads up to 64 KiB: enough for a status and
/// what a server says about it.
[[nodiscard]] inline taken_answer take_answer(const answer_source& from,
                                              std::chrono::steady_clock::time_point deadline) {
    constexpr std::size_t enough = 64 * 1024;
    std::string bytes;
    taken_answer taken;
    http_answer& answer = taken.answer;
    std::size_t body_begin = 0, wanted = enough;
    bool chunks = false, until_end = true;
    while (bytes.size() < wanted) {
        std::array<char, 4096> piece;
        const int size = from.take(piece.data(), static_cast<int>(piece.size()));
        if (size == 0) {
            taken.whole = body_begin != 0 && until_end;
            break;
        }
        if (size < 0) {
            pollfd waiting{from.socket, POLLIN, 0};
            const int ready = ::poll(&waiting, 1, milliseconds_until(deadline));
            if (ready < 0 && errno == EINTR) continue;
            if (ready <= 0) break; // after the deadline: what is there already
            continue;
        }
        bytes.append(piece.data(), static_cast<std::size_t>(size));
        if (body_begin == 0) {
            const answer_head head = inspect_answer_head(bytes);
            if (head.state == answer_head_state::partial) continue;
            taken.overlong = head.state == answer_head_state::too_long;
            if (head.state != answer_head_state::complete) break;
            body_begin = head.size;
            answer.status = head.status;
            for_each_header({bytes.data(), head.size}, [&](std::string_view name, std::string_view value) {
                if (name == "content-length") {
                    until_end = false;
                    if (const auto length = parse_digits(value);
                        length && *length < static_cast<std::int64_t>(enough))
                        wanted = head.size + static_cast<std::size_t>(*length);
                } else if (name == "transfer-encoding") {
                    until_end = false;
                    chunks = true;
                } else if (name == "content-type") {
                    answer.content_type = value;
                } else if (name == "retry-after") {
                    answer.retry_after = value;
                } else if (name == "location") {
                    answer.location = value;
                } else if (name == "x-clickhouse-exception-code") {
                    answer.exception_code = value;
                }
            });
        }
        if (chunks && bytes.size() >= body_begin + 5 && bytes.ends_with("0\r\n\r\n")) {
            taken.whole = true;
            break;
        }
    }
    if (body_begin == 0) return taken;
    taken.whole = taken.whole || (wanted < enough && bytes.size() >= wanted);
    answer.body = bytes.substr(body_begin);
    return taken;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
