// SPDX-License-Identifier: MIT
// Calls of a database as spans and metrics, for whatever client library. Opt-in; it needs no more of nanotel
// than nanotel.hpp does.
#pragma once

#include <nanotel/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nanotel::inline NANOTEL_ABI {

/// What all calls to a database have in common. What is empty or 0 is not told.
struct database_options {
    std::string system_name{};    ///< db.system.name, one of semconv::db_system_name_values
    std::string name_space{};     ///< db.namespace: the database, with its schema where that is one name
    std::string server_address{}; ///< server.address; not for a database within the process
    int server_port = 0;          ///< server.port
    /// Most bytes of db.query.text; 0: no text at all.
    std::size_t most_query_text = 2048;
};

/// What is known of a query before it runs. What is empty or 0 is not told.
struct database_query {
    std::string_view text{};
    /// The values are all bound to parameters: the text is told as it is, not sanitised.
    bool parameterized = false;
    std::string_view summary{};    ///< db.query.summary; from the text where it is empty
    std::string_view operation{};  ///< db.operation.name, where the call has one that is not of its text
    std::string_view collection{}; ///< db.collection.name, likewise
    std::string_view stored_procedure{}; ///< db.stored_procedure.name
    std::uint32_t batch_size = 0;        ///< db.operation.batch.size, from 2 on
};

} // namespace nanotel::inline NANOTEL_ABI

#ifdef NANOTEL_DISABLED

#include <nanotel/nanotel.hpp>

namespace nanotel::inline NANOTEL_ABI {

class database_client {
public:
    explicit database_client(const database_options&) {}
    template <class F>
    decltype(auto) run(const database_query&, F&& f) const;
};
class database_statement {
public:
    database_statement(const database_client&, const database_query&) {}
};
class database_call {
public:
    database_call(const database_client&, const database_query&) noexcept {}
    explicit database_call(const database_statement&) noexcept {}
    ~database_call() {}
    database_call(const database_call&) = delete;
    database_call& operator=(const database_call&) = delete;
    nanotel::span_operations& span() noexcept { return span_; }
    void set_response_status(std::string_view) noexcept {}
    void set_returned_rows(std::uint64_t) noexcept {}
    void fail(std::string_view, std::string_view = {}) noexcept {}
    void fail_without_response(std::string_view, std::string_view = {}) noexcept {}
    void end() noexcept {}

private:
    nanotel::span span_;
};

template <class F>
decltype(auto) database_client::run(const database_query& query, F&& f) const {
    database_call call(*this, query);
    if constexpr (requires { f(call); })
        return f(call);
    else
        return f();
}

} // namespace nanotel::inline NANOTEL_ABI

#else

#include <nanotel/instrument/database_call.hpp>

#endif
