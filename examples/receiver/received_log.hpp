// SPDX-License-Identifier: MIT
// A log record as the receiver remembers it.
#pragma once

#include "scalar_check.hpp"

#include <cstdint>
#include <string>

namespace receiver {

struct received_log {
    id_words<2> trace{}; // zero: of no trace
    std::uint64_t span = 0;
    std::uint64_t time = 0; // nanoseconds since 1970
    int severity = 0;
    std::string text;       // severity and body, escaped and shortened for people
    std::string attributes; // lines of "key=value"
};

} // namespace receiver
