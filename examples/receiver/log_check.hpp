// SPDX-License-Identifier: MIT
// Logs on the wire. Their envelopes are checked; the members of a log record are not yet.
#pragma once

#include "envelope_check.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <cstddef>
#include <string_view>

namespace receiver {

/// Checks the body of /v1/logs. Returns how many log records it held.
inline std::size_t check_logs(violation_log& log, dom::element body) {
    return check_envelopes(log, body, logs_envelope,
                           [](dom::object, const json_path&, const record_origin&) {});
}

} // namespace receiver
