// SPDX-License-Identifier: MIT
// What a fault_proxy may do to a request, and what it remembers of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nanotel_test {

/// What becomes of one request.
struct fault {
    enum class way : std::uint8_t {
        none,            ///< it is forwarded, and the answer handed back as it came
        reset_at_head,   ///< the connection is reset once the head is there
        reset_in_body,   ///< once half of the body is there
        reset,           ///< once all is there, instead of an answer
        deaf,            ///< nothing is read behind the head, and nothing said
        silent,          ///< all is read, and nothing said
        drip,            ///< the text is said, a byte a second
        half_close,      ///< this side's direction is closed instead of an answer
        answer,          ///< the text is said
        hold_in_forward, ///< half of it is forwarded; when the receiver goes, the connection is reset
    };
    way how = way::none;
    bool forwarded =
        false;             ///< the receiver was given the whole request before; what it answered is kept back
    std::string text = {}; ///< a whole answer, head and all
    std::uint64_t filler = 0; ///< this many blanks follow the text
    bool hang_up = false;     ///< and then the connection is closed: whether that was an answer is not said
};

/// A request as the proxy saw it, and what it did.
struct proxied_request {
    int connection = 0; ///< counts from 1
    int number = 0;     ///< counts from 1 over all connections
    std::chrono::steady_clock::time_point came{};
    std::string target;
    std::size_t body_bytes = 0;
    std::string body; ///< empty while the rule is asked, and where it was not read whole
    fault::way how = fault::way::none;
    int receiver_said = 0; ///< the status of the receiver's answer
    int client_heard = 0;  ///< the status that was handed to the client whole
    std::chrono::steady_clock::time_point answered{};
};

inline std::string http_text(std::string_view status, std::string_view body, std::string_view headers = {}) {
    return "HTTP/1.1 " + std::string(status) +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(headers) + "\r\n" + std::string(body);
}

} // namespace nanotel_test
