// SPDX-License-Identifier: MIT
// A small C++ face of SQLite whose queries are spans.
#pragma once

#include <nanotel/instrument/database.hpp>

#include <sqlite3.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace shop {

class database {
public:
    explicit database(const std::string& file)
        : telemetry_({.system_name = "sqlite", .name_space = file == ":memory:" ? "" : file}) {
        if (sqlite3_open(file.c_str(), &handle_) != SQLITE_OK) {
            const std::string why = handle_ ? sqlite3_errmsg(handle_) : "no memory";
            sqlite3_close(handle_);
            throw std::runtime_error("cannot open " + file + ": " + why);
        }
    }
    ~database() { sqlite3_close(handle_); }
    database(const database&) = delete;
    database& operator=(const database&) = delete;

    /// Runs one statement, and gives each row to `row(statement)`. False where the database refuses it.
    template <class Row>
    bool run(std::string_view query, Row&& row) {
        nanotel::database_call call(telemetry_, {.text = query});
        sqlite3_stmt* statement = nullptr;
        int code =
            sqlite3_prepare_v2(handle_, query.data(), static_cast<int>(query.size()), &statement, nullptr);
        std::uint64_t rows = 0;
        while (code == SQLITE_OK || code == SQLITE_ROW) {
            code = sqlite3_step(statement);
            if (code != SQLITE_ROW) break;
            ++rows;
            row(statement);
        }
        const bool done = code == SQLITE_DONE;
        if (done)
            call.set_returned_rows(rows);
        else
            call.fail(name_of(code)); // the message of SQLite may quote values
        sqlite3_finalize(statement);
        return done;
    }
    bool run(std::string_view query) {
        return run(query, [](sqlite3_stmt*) {});
    }

private:
    // The codes that a program meets, by name; the conventions ask for few and readable ones.
    static std::string name_of(int code) {
        switch (code & 0xff) {
        case SQLITE_ERROR:
            return "SQLITE_ERROR";
        case SQLITE_BUSY:
            return "SQLITE_BUSY";
        case SQLITE_LOCKED:
            return "SQLITE_LOCKED";
        case SQLITE_FULL:
            return "SQLITE_FULL";
        case SQLITE_CONSTRAINT:
            return "SQLITE_CONSTRAINT";
        default:
            return std::to_string(code);
        }
    }

    nanotel::database_client telemetry_;
    sqlite3* handle_ = nullptr;
};

} // namespace shop
