// SPDX-License-Identifier: MIT
// How a table is said in SQL: for one machine, or for a cluster as the tables of its machines and one over
// them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nanotel/clickhouse/schema_columns.hpp>
#include <nanotel/clickhouse/schema_options.hpp>
#include <nanotel/clickhouse/sql_text.hpp>
#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

inline constexpr std::string_view local_suffix = "_local"; ///< of a cluster's tables on each machine

struct schema_table {
    std::string_view name;
    std::vector<clickhouse_column> columns;
    std::string_view order;
    std::string_view index; ///< empty: none
    std::string_view shard; ///< what decides where a row lies
    std::string_view engine = "MergeTree";
};

class schema_text {
public:
    explicit schema_text(const clickhouse_schema_options& options) : options_(options) {}

    bool clustered() const { return !options_.cluster.empty(); }
    std::string on_cluster() const {
        return clustered() ? " ON CLUSTER " + sql_identifier(options_.cluster) : std::string();
    }
    /// The name under which a table is read and written.
    std::string name(std::string_view table) const {
        return sql_identifier(options_.database) + "." + sql_identifier(table);
    }
    /// The name of what really holds its rows.
    std::string stored(std::string_view table) const {
        return name(std::string(table) + std::string(clustered() ? local_suffix : ""));
    }
    static std::string time_to_live(std::uint32_t days) {
        return "TTL timestamp + toIntervalDay(" + std::to_string(days) + ")";
    }

    /// A table that rows are inserted into, and what older ones lack.
    std::vector<std::string> row_table(const schema_table& table) const {
        std::vector<std::string> statements = tables(table, options_.ttl_days);
        if (!options_.upgrade) return statements;
        std::string lacking;
        for (const clickhouse_column& column : table.columns)
            lacking +=
                (lacking.empty() ? "\n    ADD COLUMN IF NOT EXISTS " : ",\n    ADD COLUMN IF NOT EXISTS ") +
                definition(column);
        statements.push_back("ALTER TABLE " + stored(table.name) + on_cluster() + lacking);
        if (clustered())
            statements.push_back("ALTER TABLE " + name(table.name) + on_cluster() + lacking);
        else
            statements.push_back("ALTER TABLE " + name(table.name) + " MODIFY SETTING " + remembering());
        return statements;
    }

    /// The table, and that of the cluster over it.
    std::vector<std::string> tables(const schema_table& table, std::uint32_t days) const {
        std::string text = "CREATE TABLE IF NOT EXISTS " + stored(table.name) + on_cluster() + "\n(";
        for (const clickhouse_column& column : table.columns)
            text += (text.back() == '(' ? "\n    " : ",\n    ") + definition(column);
        if (!table.index.empty()) text += ",\n    INDEX " + std::string(table.index);
        text += "\n)\nENGINE = " + engine(table) + "\nPARTITION BY toYYYYMM(timestamp)\nORDER BY (" +
                std::string(table.order) + ")";
        if (days > 0) text += "\n" + time_to_live(days);
        if (!clustered()) text += "\nSETTINGS " + remembering();
        std::vector<std::string> statements{std::move(text)};
        if (clustered())
            statements.push_back("CREATE TABLE IF NOT EXISTS " + name(table.name) + on_cluster() + " AS " +
                                 stored(table.name) + "\nENGINE = Distributed(" +
                                 sql_string(options_.cluster) + ", " + sql_string(options_.database) + ", " +
                                 sql_string(std::string(table.name) + std::string(local_suffix)) + ", " +
                                 std::string(table.shard) + ")");
        return statements;
    }

private:
    // What a replicated table does by itself: it knows the last inserts, so that one that is sent again adds
    // nothing.
    static std::string remembering() { return "non_replicated_deduplication_window = 1000"; }

    static std::string definition(const clickhouse_column& column) {
        std::string text(column.name);
        text += " " + std::string(column.type);
        if (!column.otherwise.empty()) text += " DEFAULT " + std::string(column.otherwise);
        return text;
    }

    std::string engine(const schema_table& table) const {
        if (!clustered()) return std::string(table.engine);
        return "Replicated" + std::string(table.engine) +
               "('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')";
    }

    const clickhouse_schema_options& options_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
