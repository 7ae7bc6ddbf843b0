// SPDX-License-Identifier: MIT
// The span of a call to a database, and its measurement. Included by database.hpp.
#pragma once

#include <nanotel/instrument/database.hpp>
#include <nanotel/instrument/exception_name.hpp>
#include <nanotel/instrument/query_text.hpp>
#include <nanotel/instrument/without_throwing.hpp>
#include <nanotel/metrics/run_time_labels.hpp>
#include <nanotel/nanotel.hpp>
#include <nanotel/semconv/db.hpp>
#include <nanotel/semconv/db_metrics.hpp>
#include <nanotel/semconv/error.hpp>
#include <nanotel/semconv/schema_url.hpp>
#include <nanotel/semconv/server.hpp>

#include <exception> // uncaught_exceptions
#include <optional>
#include <utility>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

inline constinit const instrumentation_scope database_scope{"nanotel.database", NANOTEL_VERSION,
                                                            semconv::schema_url};

// Semantic Conventions, "Database client metrics", with the bounds that they advise.
class database_durations : public histogram<> {
public:
    constexpr database_durations() noexcept
        : histogram<>(semconv::metrics::db_client_operation_duration::name,
                      {.unit = semconv::metrics::db_client_operation_duration::unit,
                       .description = semconv::metrics::db_client_operation_duration::description,
                       .scope = &database_scope,
                       .bounds = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10}}) {}

    template <class Fill>
    void record_run_time(double value, Fill fill) noexcept {
        if (!enabled()) return;
        with_run_time_labels(fill, [&](const label_set& set) {
            if (const metric_functions* const sdk = metric_sdk())
                sdk->measure_labelled(state_, set, number_bits<double>(value));
        });
    }
};
inline constinit database_durations database_duration;

} // namespace detail

class database_call;

/// A database as its callers see it. Any number of threads may use it at once; it must outlive its statements
/// and calls.
class database_client {
public:
    explicit database_client(database_options options)
        : options_(std::move(options)), dialect_(sql_dialect::of(options_.system_name)) {}

    const database_options& options() const noexcept { return options_; }
    const sql_dialect& dialect() const noexcept { return dialect_; }

    /// Runs `f`, which takes a database_call& or nothing, as a call, and returns what it returns. An
    /// exception that leaves `f` is recorded, is the error.type of the call, and flies on.
    template <class F>
    decltype(auto) run(const database_query& query, F&& f) const;

private:
    const database_options options_;
    const sql_dialect dialect_;
};

/// A query whose text is sanitised once, for the calls that run it again and again. Any number of threads may
/// run it at once.
class database_statement {
public:
    database_statement(const database_client& client, const database_query& query)
        : client_(client), operation_(query.operation), collection_(query.collection),
          stored_procedure_(query.stored_procedure), batch_size_(query.batch_size) {
        const std::size_t most = client.options().most_query_text;
        if (!query.text.empty()) {
            sanitized_query sanitized = sanitize_query(query.text, client.dialect(), most);
            text_ = query.parameterized ? std::string(query.text.substr(0, most)) : std::move(sanitized.text);
            summary_ = std::move(sanitized.summary);
        }
        if (!query.summary.empty()) summary_ = query.summary;
        name_ = make_name();
    }

private:
    friend class database_call;

    // Semantic Conventions, "Database client spans", Name.
    std::string make_name() const {
        if (!summary_.empty()) return summary_;
        const database_options& of = client_.options();
        std::string target = !collection_.empty()         ? collection_
                             : !stored_procedure_.empty() ? stored_procedure_
                                                          : of.name_space;
        if (target.empty() && !of.server_address.empty()) {
            target = of.server_address;
            if (of.server_port != 0) target += ':' + std::to_string(of.server_port);
        }
        if (operation_.empty()) return target.empty() ? of.system_name : target;
        return target.empty() ? operation_ : operation_ + ' ' + target;
    }

    template <class Add>
    void label(Add& add) const {
        const database_options& of = client_.options();
        add(semconv::db_system_name.name(), of.system_name);
        if (!of.name_space.empty()) add(semconv::db_namespace.name(), of.name_space);
        if (!collection_.empty()) add(semconv::db_collection_name.name(), collection_);
        if (!operation_.empty()) add(semconv::db_operation_name.name(), operation_);
        if (!stored_procedure_.empty()) add(semconv::db_stored_procedure_name.name(), stored_procedure_);
        if (!summary_.empty()) add(semconv::db_query_summary.name(), summary_);
        if (!of.server_address.empty()) add(semconv::server_address.name(), of.server_address);
        if (of.server_port != 0) add(semconv::server_port.name(), of.server_port);
    }

    const database_client& client_;
    std::string operation_;
    std::string collection_;
    std::string stored_procedure_;
    std::uint32_t batch_size_;
    std::string text_;
    std::string summary_;
    std::string name_;
};

/// One call, from its constructor to the end of the scope: a span of kind client that is current, named by
/// the summary of the query, with the attributes of the stable database conventions, and a measurement of
/// db.client.operation.duration (Semantic Conventions, "Database client spans", "Database metrics"). Of a
/// statement it costs a span and about a microsecond, with a lock for the measurement; of a query also to
/// sanitise its text. One that is left by an exception without having been told of an error has _OTHER for
/// its error.type; database_client::run knows better.
class database_call {
public:
    explicit database_call(const database_statement& statement) noexcept : statement_(&statement) { begin(); }
    database_call(const database_client& client, const database_query& query) noexcept {
        // Without a start nothing is sanitised.
        if (detail::recording_enabled.load_relaxed() != 0)
            detail::without_throwing([&] { statement_ = &own_.emplace(client, query); });
        if (statement_)
            begin();
        else
            span_.emplace(text());
    }
    ~database_call() { end(); }
    database_call(const database_call&) = delete;
    database_call& operator=(const database_call&) = delete;

    /// For attributes and events of your own.
    nanotel::span_operations& span() noexcept { return *span_; }

    /// db.response.status_code of a success that is worth telling.
    void set_response_status(std::string_view code) noexcept {
        detail::without_throwing([&] { status_code_ = code; });
        span_->set(semconv::db_response_status_code = code);
    }
    /// db.response.returned_rows.
    void set_returned_rows(std::uint64_t rows) noexcept {
        span_->set(semconv::db_response_returned_rows = rows);
    }
    /// The database answered with this error: db.response.status_code and error.type. The message becomes the
    /// description of the status; it may quote values of the query.
    void fail(std::string_view code, std::string_view message = {}) noexcept {
        set_response_status(code);
        fail_without_response(code, message);
    }
    /// No answer came: error.type, of a few ("timeout", "connection_lost").
    void fail_without_response(std::string_view type, std::string_view message = {}) noexcept {
        detail::without_throwing([&] { error_type_ = type; });
        span_->set(semconv::error_type = type);
        span_->set_status(nanotel::status_code::error, message);
    }

    /// Ends it before the scope does.
    void end() noexcept {
        if (!statement_) return;
        if (error_type_.empty() && std::uncaught_exceptions() > uncaught_) fail_without_response("_OTHER");
        const double seconds = began_ != 0 ? detail::seconds_since(began_) : -1;
        // Within the span, which the measurement may have for an example.
        if (seconds >= 0)
            detail::database_duration.record_run_time(seconds, [this](auto add) {
                statement_->label(add);
                if (!status_code_.empty()) add(semconv::db_response_status_code.name(), status_code_);
                if (!error_type_.empty()) add(semconv::error_type.name(), error_type_);
            });
        span_->end();
        statement_ = nullptr;
    }

private:
    friend class database_client;

    void begin() noexcept {
        const database_statement& s = *statement_;
        const database_options& of = s.client_.options();
        began_ = detail::timer_ticks();
        span_.emplace(
            span_options{.name = s.name_, .kind = span_kind::client, .scope = &detail::database_scope});
        if (!span_->is_recording()) return;
        span_->set(semconv::db_system_name = of.system_name);
        if (!of.name_space.empty()) span_->set(semconv::db_namespace = of.name_space);
        if (!s.collection_.empty()) span_->set(semconv::db_collection_name = s.collection_);
        if (!s.operation_.empty()) span_->set(semconv::db_operation_name = s.operation_);
        if (!s.stored_procedure_.empty()) span_->set(semconv::db_stored_procedure_name = s.stored_procedure_);
        if (!s.text_.empty()) span_->set(semconv::db_query_text = s.text_);
        if (!s.summary_.empty()) span_->set(semconv::db_query_summary = s.summary_);
        if (s.batch_size_ > 1) span_->set(semconv::db_operation_batch_size = s.batch_size_);
        if (!of.server_address.empty()) span_->set(semconv::server_address = of.server_address);
        if (of.server_port != 0) span_->set(semconv::server_port = of.server_port);
    }

    // Within a handler.
    void tell_exception(const std::exception* e) noexcept {
        if (e) span_->record_exception(*e);
        if (error_type_.empty())
            detail::without_throwing([&] { fail_without_response(detail::name_of_current_exception()); });
    }

    const database_statement* statement_ = nullptr;
    std::optional<database_statement> own_;
    std::optional<nanotel::span> span_;               // never empty once it is constructed
    std::uint64_t began_ = 0;                         // ticks
    const int uncaught_ = std::uncaught_exceptions(); // a destructor may call while another exception flies
    std::string status_code_;
    std::string error_type_;
};

template <class F>
decltype(auto) database_client::run(const database_query& query, F&& f) const {
    database_call call(*this, query);
    const auto run_it = [&]() -> decltype(auto) {
        if constexpr (requires { f(call); })
            return f(call);
        else
            return f();
    };
#if defined(__cpp_exceptions)
    try {
        return run_it();
    } catch (const std::exception& e) {
        call.tell_exception(&e);
        throw;
    } catch (...) {
        call.tell_exception(nullptr);
        throw;
    }
#else
    return run_it();
#endif
}

} // namespace nanotel::inline NANOTEL_ABI
