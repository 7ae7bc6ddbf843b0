// SPDX-License-Identifier: MIT
// Reads an HTTP/1 answer from the bytes as they come, and sees when they are none: what a client may
// believe of a peer that it does not know.
#pragma once

#include <algorithm> // min
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nanotel/core/config.hpp>
#include <nanotel/core/environment.hpp>      // trim, equal_ignoring_case
#include <nanotel/exporters/retry_after.hpp> // parse_digits

namespace nanotel::inline NANOTEL_ABI::detail {

/// An answer as it came, whatever sent it.
struct http_answer {
    int status = 0;
    std::string content_type;
    std::string retry_after;
    std::string location;
    std::string body;
};

/// What the bytes that have arrived so far are.
enum class answer_head_state : std::uint8_t {
    partial,  ///< HTTP/1, as far as it goes
    complete, ///< a whole head of HTTP/1
    too_long, ///< HTTP/1 without an end of its head in the first 16 KiB
    http2,    ///< a frame of HTTP/2: a gRPC server
    tls,      ///< a TLS alert: the port wants https
    unknown,  ///< another protocol
};

struct answer_head {
    answer_head_state state = answer_head_state::partial;
    int status = 0;        ///< of a complete head, past interim answers
    std::size_t begin = 0; ///< of a complete head, past interim answers
    std::size_t size = 0;  ///< of a complete head, up to and with the empty line
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
            if (rest[0] == 0x15 && (rest.size() < 2 || rest[1] == 0x03)) return {answer_head_state::tls};
            if (rest.size() >= 9 && (rest[3] == 0x04 || rest[3] == 0x07) &&
                rest.substr(5, 4) == std::string_view("\0\0\0\0", 4))
                return {answer_head_state::http2};
            // Fewer bytes can still become such a frame, whose length begins with a zero.
            if (rest.size() < 9 && rest[0] == 0) return {answer_head_state::partial};
            return {answer_head_state::unknown};
        }
        const auto end = rest.find(head_end);
        if (end == rest.npos)
            return {bytes.size() < longest_answer_head ? answer_head_state::partial
                                                       : answer_head_state::too_long};
        if (begin + end >= longest_answer_head) return {answer_head_state::too_long};
        const auto status = parse_digits(rest.substr(std::min<std::size_t>(rest.size(), 9), 3));
        if (rest[8] != ' ' || rest[9] == ' ' || !status || *status < 100) return {answer_head_state::unknown};
        const std::size_t head = begin;
        begin += end + head_end.size();
        if (*status >= 200 || *status == 101)
            return {answer_head_state::complete, static_cast<int>(*status), head, begin};
        if (begin == bytes.size()) return {answer_head_state::partial};
    }
}

/// Calls consume(name, value) for each header line of a head.
template <class Consume>
void for_each_header(std::string_view head, Consume consume) {
    for (std::size_t begin = 0, end; (end = head.find("\r\n", begin)) != head.npos; begin = end + 2) {
        const std::string_view line = head.substr(begin, end - begin);
        const auto colon = line.find(':');
        if (colon != line.npos) consume(line.substr(0, colon), trim(line.substr(colon + 1)));
    }
}

/// Whether a list between commas has a word, in any case.
[[nodiscard]] inline bool list_has(std::string_view list, std::string_view word) noexcept {
    for (std::size_t begin = 0; begin <= list.size();) {
        const auto end = std::min(list.find(',', begin), list.size());
        if (equal_ignoring_case(trim(list.substr(begin, end - begin)), word)) return true;
        begin = end + 1;
    }
    return false;
}

/// Reads chunks (RFC 9112, section 7.1) from bytes that come in any pieces. Extensions and trailers are
/// passed over.
class chunk_reader {
public:
    enum class state : std::uint8_t { more, done, broken };

    /// Appends what the chunks hold to body; takes from bytes what it has read. Stops with body larger than
    /// limit.
    state read(std::string_view& bytes, std::string& body, std::size_t limit) {
        while (!bytes.empty() && body.size() <= limit) {
            if (step_ == step::data) {
                const std::size_t count = std::min({left_, bytes.size(), limit + 1 - body.size()});
                body.append(bytes.substr(0, count));
                bytes.remove_prefix(count);
                left_ -= count;
                if (left_ == 0) step_ = step::data_end;
                continue;
            }
            const char c = bytes.front();
            bytes.remove_prefix(1);
            if (c != '\n') {
                // Nothing that is thrown away may go on for ever.
                if (++line_ > longest_answer_head || !read_in_line(c)) return state::broken;
                continue;
            }
            if (!end_line()) return state::broken;
            if (step_ == step::done) return state::done;
        }
        return state::more;
    }

private:
    enum class step : std::uint8_t { size, extension, data, data_end, trailer, done };

    bool read_in_line(char c) noexcept {
        if (step_ == step::data_end) return c == '\r';
        if (step_ == step::trailer) {
            trailer_is_empty_ = trailer_is_empty_ && c == '\r';
            return true;
        }
        if (step_ == step::extension) return true;
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit >= 0) {
            if (++digits_ > 8) return false; // 4 GiB is more than any answer that is read
            left_ = left_ * 16 + static_cast<std::size_t>(digit);
            return true;
        }
        if (digits_ == 0 || (c != ';' && c != '\r' && c != ' ' && c != '\t')) return false;
        step_ = step::extension;
        return true;
    }

    bool end_line() noexcept {
        switch (step_) {
        case step::size:
        case step::extension:
            if (digits_ == 0) return false;
            step_ = left_ == 0 ? step::trailer : step::data;
            digits_ = 0;
            line_ = 0;
            break;
        case step::data_end:
            step_ = step::size;
            left_ = 0;
            break;
        case step::trailer: // line_ goes on: all trailers together have a limit
            if (trailer_is_empty_) step_ = step::done;
            trailer_is_empty_ = true;
            break;
        case step::data:
        case step::done:
            break;
        }
        return true;
    }

    step step_ = step::size;
    std::size_t left_ = 0; ///< of the chunk
    std::size_t line_ = 0; ///< bytes of the line
    unsigned digits_ = 0;
    bool trailer_is_empty_ = true;
};

/// One answer, from its first byte to its last.
class answer_reader {
public:
    enum class state : std::uint8_t {
        head,      ///< not even the head is whole
        body,      ///< the status is there, the body is not whole
        done,      ///< the answer is whole
        too_large, ///< a head of more than 16 KiB or a body that is larger than the limit
        http2,     ///< no answer but a frame of HTTP/2
        tls,       ///< no answer but an alert of TLS
        broken,    ///< no HTTP/1, or an answer whose length cannot be made out
    };

    explicit answer_reader(std::size_t largest_body) : largest_body_(largest_body) {}

    /// Takes the next bytes. What comes after the end of an answer is not read, and spoils the connection.
    state feed(std::string_view bytes) {
        if (state_ == state::head) {
            head_.append(bytes);
            bytes = read_head();
        }
        if (state_ == state::body) read_body(bytes);
        if (state_ == state::done && !bytes.empty()) reusable_ = false;
        return state_;
    }

    /// The peer sends no more. Ends an answer whose end is that of its connection.
    state finish() noexcept {
        reusable_ = false;
        if (state_ == state::body && framing_ == framing::until_end) state_ = state::done;
        return state_;
    }

    [[nodiscard]] state current() const noexcept { return state_; }
    [[nodiscard]] bool any() const noexcept { return !head_.empty() || state_ != state::head; }
    [[nodiscard]] int status() const noexcept { return answer_.status; }
    /// Whether the connection can serve another request; of an answer that is done.
    [[nodiscard]] bool reusable() const noexcept { return reusable_; }
    [[nodiscard]] http_answer& answer() noexcept { return answer_; }

private:
    enum class framing : std::uint8_t { length, chunks, until_end };

    /// Returns what of the bytes belongs to the body.
    std::string_view read_head() {
        const answer_head found = inspect_answer_head(head_);
        switch (found.state) {
        case answer_head_state::partial:
            return {};
        case answer_head_state::too_long:
            state_ = state::too_large;
            return {};
        case answer_head_state::http2:
            state_ = state::http2;
            return {};
        case answer_head_state::tls:
            state_ = state::tls;
            return {};
        case answer_head_state::unknown:
            state_ = state::broken;
            return {};
        case answer_head_state::complete:
            break;
        }
        answer_.status = found.status;
        state_ = state::body;
        const std::string_view head = std::string_view(head_).substr(found.begin, found.size - found.begin);
        read_headers(head);
        return std::string_view(head_).substr(found.size);
    }

    void read_headers(std::string_view head) {
        std::optional<std::int64_t> length;
        bool chunked = false, other_coding = false, unclear = false;
        reusable_ = head.starts_with("HTTP/1.1");
        for_each_header(head, [&](std::string_view name, std::string_view value) {
            if (equal_ignoring_case(name, "content-length")) {
                const auto digits = parse_digits(value);
                unclear = unclear || !digits || (length && *length != *digits);
                length = digits;
            } else if (equal_ignoring_case(name, "transfer-encoding")) {
                chunked = equal_ignoring_case(value, "chunked");
                other_coding = other_coding || !chunked;
            } else if (equal_ignoring_case(name, "connection")) {
                if (list_has(value, "close")) reusable_ = false;
            } else if (equal_ignoring_case(name, "content-type")) {
                answer_.content_type = value;
            } else if (equal_ignoring_case(name, "retry-after")) {
                if (answer_.retry_after.empty()) answer_.retry_after = value;
            } else if (equal_ignoring_case(name, "location")) {
                answer_.location = value;
            }
        });
        if (answer_.status == 204 || answer_.status == 304 || answer_.status == 101) {
            state_ = state::done;
            reusable_ = reusable_ && answer_.status != 101;
        } else if (other_coding || (unclear && !chunked)) {
            state_ = state::broken; // we asked for no other coding
        } else if (chunked) {
            framing_ = framing::chunks;
            if (length) reusable_ = false; // RFC 9112, section 6.3: smells of smuggling
        } else if (length) {
            framing_ = framing::length;
            if (*length > static_cast<std::int64_t>(largest_body_))
                state_ = state::too_large;
            else if ((left_ = static_cast<std::size_t>(*length)) == 0)
                state_ = state::done;
        } else {
            framing_ = framing::until_end;
            reusable_ = false;
        }
    }

    void read_body(std::string_view& bytes) {
        if (framing_ == framing::chunks) {
            switch (chunks_.read(bytes, answer_.body, largest_body_)) {
            case chunk_reader::state::more:
                break;
            case chunk_reader::state::done:
                state_ = state::done;
                break;
            case chunk_reader::state::broken:
                state_ = state::broken;
                break;
            }
        } else {
            const std::size_t count =
                framing_ == framing::length ? std::min(left_, bytes.size()) : bytes.size();
            answer_.body.append(bytes.substr(0, std::min(count, largest_body_ + 1 - answer_.body.size())));
            bytes.remove_prefix(count);
            if (framing_ == framing::length && (left_ -= count) == 0) state_ = state::done;
        }
        if (answer_.body.size() > largest_body_) state_ = state::too_large;
    }

    std::size_t largest_body_;
    std::string head_; ///< and what came with it
    http_answer answer_;
    chunk_reader chunks_;
    std::size_t left_ = 0;
    state state_ = state::head;
    framing framing_ = framing::length;
    bool reusable_ = false;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
