// SPDX-License-Identifier: MIT
// Metrics on the wire. Their envelopes are checked; the data points inside a metric are not yet.
#pragma once

#include "envelope_check.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <cstddef>
#include <string_view>

namespace receiver {

/// Checks the body of /v1/metrics. Returns how many metrics it held.
inline std::size_t check_metrics(violation_log& log, dom::element body) {
    return check_envelopes(log, body, metrics_envelope,
                           [](dom::object, const json_path&, std::string_view) {});
}

} // namespace receiver
