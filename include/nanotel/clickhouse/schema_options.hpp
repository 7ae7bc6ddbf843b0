// SPDX-License-Identifier: MIT
// What the tables in ClickHouse are called, how long their rows live, and where they lie.
#pragma once

#include <cstdint>
#include <string>

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI {

struct clickhouse_schema_options {
    std::string database = "telemetry";
    std::string traces_table = "traces";
    std::string metrics_table = "metrics";
    std::string logs_table = "logs";
    /// Days after its timestamp at which a row may go, up to 20000; 0: it stays.
    std::uint32_t ttl_days = 90;
    /// The same for the rows of the roll-ups, which are few.
    std::uint32_t rollup_ttl_days = 180;
    /// Of a cluster that the servers' configuration names: every statement runs on all of its machines, and
    /// the tables are spread over its shards and copied among its replicas. Empty: one machine.
    std::string cluster = {};
    /// False: the three tables alone, without roll-ups and views.
    bool rollups = true;
    /// False: older tables are left as they are, also where they lack columns.
    bool upgrade = true;
};

} // namespace nanotel::inline NANOTEL_ABI
