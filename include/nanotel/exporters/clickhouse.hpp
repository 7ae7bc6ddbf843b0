// SPDX-License-Identifier: MIT
// The ClickHouse exporter: spans, points and log records as rows of ClickHouse's tables, without a Collector
// between. Includes cpp-httplib; not part of sdk.hpp.
#pragma once

#include <unistd.h> // getpid

#include <algorithm> // min
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <new> // in place
#include <string>
#include <string_view>
#include <utility> // exchange

#include <nanotel/clickhouse/answer.hpp>
#include <nanotel/clickhouse/format.hpp>
#include <nanotel/clickhouse/options.hpp>
#include <nanotel/clickhouse/target.hpp>
#include <nanotel/core/config.hpp>
#include <nanotel/core/environment.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/exporters/gzip.hpp>
#include <nanotel/exporters/http_connection.hpp>
#include <nanotel/exporters/http_failure.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

inline constexpr server_words clickhouse_words{
    .port = 8123,
    .kind = "ClickHouse",
    .usual = "ClickHouse takes inserts over HTTP on port 8123: ",
    .start = "start ClickHouse, or set NANOTEL_CLICKHOUSE_ENDPOINT or .endpoint to one that runs",
    .trust = ".tls.certificate_file names its file",
    .client = ".tls.client_certificate_file, and the key to it",
    .wrong_port = 9000,
    .on_wrong_port = "is where ClickHouse speaks its own protocol; HTTP: "};

class row_exporter final : public exporter {
public:
    row_exporter(const clickhouse_options& options, const environment& variables)
        : format_(options.max_rows), timeout_(options.timeout),
          gzip_(options.compression == compression::gzip) {
        const clickhouse_target target = resolve_clickhouse(options, variables);
        destination_ = {target.to, target.via, target.tls};
        where_ = target.to.text();
        description_ = where_ + " " + target.database;
        const std::array<std::string_view, 3> tables{options.traces_table, options.metrics_table,
                                                     options.logs_table};
        for (std::size_t i = 0; i < tables.size(); ++i) {
            routes_[i].table = target.database + "." + std::string(tables[i]);
            routes_[i].insert = insert_target(target, tables[i], options.async_insert);
            routes_[i].look = query_target(target.to, deduplication_query(target.database, tables[i]));
            routes_[i].looked = !options.check_deduplication;
        }
        keep_secrets(target);
        headers_ = {{"Content-Type", "application/x-ndjson"}, {"User-Agent", "nanotel/" NANOTEL_VERSION}};
        if (!target.user.empty()) headers_.emplace_back("X-ClickHouse-User", target.user);
        if (!target.password.empty()) headers_.emplace_back("X-ClickHouse-Key", target.password);
        headers_with_gzip_ = headers_;
        headers_with_gzip_.emplace_back("Content-Encoding", "gzip");
        connect();
    }

    ~row_exporter() override {
        if (::getpid() != owner_.load(std::memory_order_relaxed)) abandon_connection();
        delete connection_.load(std::memory_order_relaxed);
    }

    export_result send(const payload& body, std::chrono::steady_clock::time_point deadline) override {
        using namespace std::chrono;
        try {
            if (::getpid() != owner_.load(std::memory_order_relaxed)) connect_in_child();
            const auto begin = steady_clock::now();
            if (deadline <= begin)
                return {.outcome = export_outcome::retryable,
                        .message = where_ + " was not tried: the deadline had passed before"};
            if (timeout_.count() > 0) deadline = std::min(deadline, begin + timeout_);
            route& way = routes_[static_cast<std::size_t>(body.kind)];
            export_result result = insert(body, way, begin, deadline);
            if (result.outcome == export_outcome::delivered && !std::exchange(way.looked, true))
                look_at_table(way, deadline);
            return result;
        } catch (const std::exception& problem) { // no memory, no thread: later there may be some
            return {.outcome = export_outcome::retryable,
                    .message = where_ + " was not tried: " + problem.what()};
        } catch (...) {
            return {.outcome = export_outcome::retryable, .message = where_ + " was not tried"};
        }
    }

    std::string_view name() const noexcept override { return "clickhouse"; }
    std::string description() const override { return description_; }
    const body_format* format() const noexcept override { return &format_; }

    /// A send of the parent's may have been compressing, and may hold what an interrupt would wait for.
    void restart_in_child() noexcept override {
        if (::getpid() != owner_.load(std::memory_order_relaxed)) abandon_connection();
        new (&compressor_) gzip_compressor;
        new (&compressed_) std::string;
    }

    void interrupt() noexcept override {
        if (::getpid() != owner_.load(std::memory_order_relaxed)) return; // what there is is the parent's
        if (auto* const open = connection_.load(std::memory_order_acquire)) open->interrupt();
    }

private:
    /// One signal's way, prepared so that a send builds nothing but the token.
    struct route {
        std::string table;
        std::string insert;  ///< its request target, which the token follows
        std::string look;    ///< that of the question whether the table deduplicates
        bool looked = false; ///< it was asked; of the thread that sends
    };

    void keep_secrets(const clickhouse_target& target) {
        secrets_.add(target.password);
        secrets_.add_query(target.to.query);
        if (target.via) {
            secrets_.add(target.via->password);
            if (!target.via->user.empty()) secrets_.add(basic_credentials(*target.via));
        }
    }

    export_result insert(const payload& body, const route& way, std::chrono::steady_clock::time_point begin,
                         std::chrono::steady_clock::time_point deadline) {
        using namespace std::chrono;
        std::string_view bytes = body.body;
        const bool compressed =
            gzip_ && bytes.size() >= least_gzip_size && compressor_.compress(bytes, compressed_);
        if (compressed) bytes = compressed_;
        char token[64]; // 32 digits, written with an overshoot
        const std::string target = way.insert + std::string(token, write_id(token, id_of(body.body)));
        http_exchange exchange =
            connection_.load(std::memory_order_relaxed)
                ->post(target, compressed ? headers_with_gzip_ : headers_, bytes, deadline);
        secrets_.hide(exchange.answer.location);
        if (exchange.fault != http_fault::none)
            return judge_fault(exchange, destination_, ceil<milliseconds>(deadline - begin),
                               clickhouse_words);
        return judge_clickhouse_answer(exchange.answer, body, where_, way.table, system_clock::now(),
                                       secrets_);
    }

    /// Once for each table, and nothing becomes of it where the user may not ask. The rows are inserted:
    /// whatever happens here, they are not to be sent again.
    void look_at_table(const route& way, std::chrono::steady_clock::time_point deadline) noexcept {
        try {
            deadline = std::min(deadline, std::chrono::steady_clock::now() + std::chrono::seconds(2));
            const http_exchange exchange =
                connection_.load(std::memory_order_relaxed)->post(way.look, headers_, {}, deadline);
            if (exchange.fault != http_fault::none || exchange.answer.status != 200 ||
                exchange.answer.body != "1\n")
                return;
            diagnose_once(diagnostic_level::warning, "clickhouse:deduplication:" + where_ + way.table,
                          where_ + ": the table " + way.table +
                              " does not know an insert that it has taken when it comes again, as it does "
                              "where an answer was lost: rows may stand there twice. ALTER TABLE " +
                              way.table +
                              " MODIFY SETTING non_replicated_deduplication_window = 1000 mends it, and "
                              "nanotel-clickhouse-schema makes tables that have it");
        } catch (...) { // no memory to ask or to say it
        }
    }

    // Release pairs with the acquire in interrupt, which may run while a child starts anew.
    void connect() { connection_.store(new http_connection(destination_), std::memory_order_release); }

    /// After a fork the connection belongs to the parent: two processes on one would mix their requests.
    void connect_in_child() {
        abandon_connection();
        connect();
        owner_.store(::getpid(), std::memory_order_relaxed);
    }

    void abandon_connection() noexcept {
        if (auto* const parents = connection_.exchange(nullptr)) parents->abandon(); // and never deleted
    }

    const row_format format_;
    const std::chrono::milliseconds timeout_;
    const bool gzip_;
    http_destination destination_;
    std::string where_; ///< for diagnostics
    std::string description_;
    std::array<route, 3> routes_;
    secret_list secrets_; ///< what no diagnostic may say
    http_headers headers_;
    http_headers headers_with_gzip_;
    std::atomic<http_connection*> connection_{};
    gzip_compressor compressor_;
    std::string compressed_;
    // The process that the connection belongs to. Relaxed: another thread that interrupts a child's first
    // send may read either; where it reads the parent's, it has come before that send.
    std::atomic<int> owner_{::getpid()};
};

} // namespace detail

/// An exporter that inserts rows into ClickHouse's tables of spans, metrics and logs, as
/// nanotel-clickhouse-schema makes them: JSONEachRow over HTTP/1.1, kept alive, with certificates verified.
/// Give it to options::exporter, to a destination or to a metric_reader. An insert that is tried again
/// carries the token of the first attempt, also after a restart that finds it on disk, so that a table with a
/// deduplication window has its rows once. Throws std::invalid_argument, with what to write instead, for
/// options that cannot work; a bad environment variable is reported once and ignored. Makes no connection
/// before the first send. Costs what OTLP does where the spans are recorded.
[[nodiscard]] inline std::shared_ptr<exporter> clickhouse_exporter(const clickhouse_options& options = {},
                                                                   const environment& variables = {}) {
    return std::make_shared<detail::row_exporter>(options, variables);
}

} // namespace nanotel::inline NANOTEL_ABI
