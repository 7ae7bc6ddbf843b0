// SPDX-License-Identifier: MIT
// What a client of automagik programs says of itself.
#pragma once

#include <nanotel/automagik/opt_in.hpp>

namespace automagik::inline NANOTEL_ABI {

/// How it is with a client. The counts are those of the process since its first start, of events, data points
/// and log records together; queued + sent + failed + dropped is what was recorded.
struct client_status {
    bool enabled = false;
    opt_in_decision decision{}; ///< what decided
    std::string user_id{};      ///< empty where the client never was enabled
    std::string session_id{};
    std::string project_name{};
    std::string project_version{};
    std::string backend{};  ///< otlp or clickhouse
    std::string endpoint{}; ///< of the traces; of ClickHouse where that is the backend
    std::string metrics_endpoint{};
    std::string logs_endpoint{};
    std::uint64_t queued = 0; ///< waits, or is being sent
    std::uint64_t sent = 0;   ///< taken by the destination
    std::uint64_t failed = 0; ///< the destination will never take it, or it was tried until its time was over
    std::uint64_t dropped = 0; ///< found no room, or was left when the client ended
};

} // namespace automagik::inline NANOTEL_ABI
