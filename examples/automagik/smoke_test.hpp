// SPDX-License-Identifier: MIT
// The smallest program that shows that telemetry arrives: a span, a counter, a number that is known.
#pragma once

#include <nanotel/automagik.hpp>

#include <ctime>

namespace automagik_examples {

inline int smoke_test(automagik::client_options options) {
    using namespace nanotel::literals;
    automagik::telemetry client(std::move(options));
    client.track_event("test.operation", "test.type"_attr = "smoke",
                       "test.timestamp"_attr = std::time(nullptr));
    client.track_metric("test_counter", 1, automagik::metric_type::counter, "environment"_attr = "test");
    client.track_metric("api_requests_total", 42, automagik::metric_type::counter);
    client.track_log("smoke test sent", nanotel::severity::info, "test.type"_attr = "smoke");
    return client.flush() ? 0 : 1;
}

} // namespace automagik_examples
