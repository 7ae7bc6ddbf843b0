// SPDX-License-Identifier: MIT
// A span as the receiver remembers it: what it needs to find its place in a trace, and its details as text.
#pragma once

#include "scalar_check.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace receiver {

using trace_id = id_words<2>;

struct received_event {
    std::uint64_t time = 0;
    std::string name;
    std::string attributes;
};

struct received_link {
    trace_id trace{};
    std::string attributes;
};

struct received_span {
    trace_id trace{};
    std::uint64_t span = 0;
    std::uint64_t parent = 0; // 0: a root
    std::uint64_t start = 0;  // nanoseconds since 1970
    std::uint64_t end = 0;
    int kind = 0;
    int status = 0;
    std::string name;
    std::string service;
    std::string status_message;
    std::string attributes; // lines of "key=value", escaped and shortened for people
    std::vector<received_event> events;
    std::vector<received_link> links;
};

} // namespace receiver
