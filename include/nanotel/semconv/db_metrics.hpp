// SPDX-License-Identifier: MIT
// Metrics `db.*`: names, units and descriptions for instruments.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv::metrics {

/// The number of connections that are currently in state described by the `state` attribute.
/// Up-down counter; development.
struct db_client_connection_count {
    static constexpr char name[] = "db.client.connection.count";
    static constexpr char unit[] = "{connection}";
    static constexpr char description[] =
        "The number of connections that are currently in state described by the `state` attribute.";
};

/// The time it took to create a new connection.
/// Histogram; development.
struct db_client_connection_create_time {
    static constexpr char name[] = "db.client.connection.create_time";
    static constexpr char unit[] = "s";
    static constexpr char description[] = "The time it took to create a new connection.";
};

/// The maximum number of idle open connections allowed.
/// Up-down counter; development.
struct db_client_connection_idle_max {
    static constexpr char name[] = "db.client.connection.idle.max";
    static constexpr char unit[] = "{connection}";
    static constexpr char description[] = "The maximum number of idle open connections allowed.";
};

/// The minimum number of idle open connections allowed.
/// Up-down counter; development.
struct db_client_connection_idle_min {
    static constexpr char name[] = "db.client.connection.idle.min";
    static constexpr char unit[] = "{connection}";
    static constexpr char description[] = "The minimum number of idle open connections allowed.";
};

/// The maximum number of open connections allowed.
/// Up-down counter; development.
struct db_client_connection_max {
    static constexpr char name[] = "db.client.connection.max";
    static constexpr char unit[] = "{connection}";
    static constexpr char description[] = "The maximum number of open connections allowed.";
};

/// The number of current pending requests for an open connection.
/// Up-down counter; development.
struct db_client_connection_pending_requests {
    static constexpr char name[] = "db.client.connection.pending_requests";
    static constexpr char unit[] = "{request}";
    static constexpr char description[] = "The number of current pending requests for an open connection.";
};

/// The number of connection timeouts that have occurred trying to obtain a connection from the pool.
/// Counter; development.
struct db_client_connection_timeouts {
    static constexpr char name[] = "db.client.connection.timeouts";
    static constexpr char unit[] = "{timeout}";
    static constexpr char description[] =
        "The number of connection timeouts that have occurred trying to obtain a connection from the pool.";
};

/// The time between borrowing a connection and returning it to the pool.
/// Histogram; development.
struct db_client_connection_use_time {
    static constexpr char name[] = "db.client.connection.use_time";
    static constexpr char unit[] = "s";
    static constexpr char description[] =
        "The time between borrowing a connection and returning it to the pool.";
};

/// The time it took to obtain an open connection from the pool.
/// Histogram; development.
struct db_client_connection_wait_time {
    static constexpr char name[] = "db.client.connection.wait_time";
    static constexpr char unit[] = "s";
    static constexpr char description[] = "The time it took to obtain an open connection from the pool.";
};

/// Duration of database client operations.
/// Histogram; stable.
struct db_client_operation_duration {
    static constexpr char name[] = "db.client.operation.duration";
    static constexpr char unit[] = "s";
    static constexpr char description[] = "Duration of database client operations.";
};

/// The actual number of records returned by the database operation.
/// Histogram; development.
struct db_client_response_returned_rows {
    static constexpr char name[] = "db.client.response.returned_rows";
    static constexpr char unit[] = "{row}";
    static constexpr char description[] = "The actual number of records returned by the database operation.";
};

} // namespace nanotel::inline NANOTEL_ABI::semconv::metrics
