// SPDX-License-Identifier: MIT
// Log records without a macro: bodies of every type, events, times and contexts of the caller's.
#pragma once

#include <nanotel/log/log_options.hpp>
#include <nanotel/log/site_recording.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

// Not in the middle of a change of the thread's.
[[gnu::noinline, gnu::cold]] inline std::uint32_t
register_log_scope(const instrumentation_scope& scope) noexcept {
    thread_state* const thread = this_thread();
    return thread && !is_interrupted(*thread) ? register_scope(scope) : 0;
}

template <class Body>
bool add_body(record_builder& record, const Body& body) noexcept {
    if constexpr (requires { body.owned; }) {
        return add_body(record, to_value(body.owned));
    } else {
        const std::uint32_t at =
            record.open_section(log_section::body, static_cast<unsigned>(type_of<Body>()), 8);
        if (at == record_builder::no_room) return false;
        const std::uint32_t begin = record.size;
        if (!record.append_value(body)) return false;
        std::uint64_t size = record.size - begin;
        if constexpr (bytes_value<Body>) size = body.size;
        record.put(at, size);
        record.close_section(at);
        return true;
    }
}

inline bool add_log_options(record_builder& record, const log_options& given, std::uint32_t scope) noexcept {
    const auto text_fits = [&](section_type type, text value) noexcept {
        return value.empty() || record.add_text_section(type, 0, value);
    };
    return record.open_section(log_section::severity, static_cast<unsigned>(given.severity), 0) !=
               record_builder::no_room &&
           text_fits(log_section::severity_text, given.severity_text) &&
           text_fits(log_section::event_name, given.event_name) &&
           (given.time.unix_nanoseconds == 0 ||
            record.add_word_section(section_type::start_time, 0, given.time.unix_nanoseconds)) &&
           (scope == 0 || record.add_word_section(section_type::scope, 0, scope));
}

template <class A>
void add_beside_body(record_builder& record, const A& one) noexcept {
    static_assert(is_attribute<A> || is_exception_argument<A>,
                  "nanotel: behind the body of a log record stand attributes, \"key\"_attr = value, and "
                  "nanotel::exception(e)");
    if constexpr (is_attribute<A>) {
        if (!record.add_attribute(one)) record.count_dropped(&record_builder::dropped_attributes);
    } else {
        add_exception_of(record, one);
    }
}

template <class Body, class... A>
[[gnu::noinline]] void emit_log(const log_options& given, std::uint32_t scope, const Body& body,
                                const A&... beside) noexcept {
    if (!may_build_log()) return;
    record_builder record;
    record.open(0);
    if (add_log_options(record, given, scope) && add_body(record, body)) {
        (add_beside_body(record, beside), ...);
        add_dropped_count(record);
        write_built_log(record, given.context);
    } else {
        count_large_log();
    }
    record.release();
}

} // namespace detail

/// A named source of log records (OpenTelemetry Logs API, "Logger"), for what the macros cannot say: names
/// known at run time, events, bodies that are no text. The arguments are those of
/// NANOTEL_INSTRUMENTATION_SCOPE; a constant may be constinit. Thread-safe. Its name is what the minimum
/// severities of options::log_levels are chosen by.
class logger {
public:
    constexpr logger() noexcept = default;
    template <class... Rest>
    constexpr explicit logger(text name, const Rest&... rest) noexcept : scope_(name, rest...) {}
    logger(const logger&) = delete;
    logger& operator=(const logger&) = delete;

    /// Whether a record of that severity would be kept now. About a nanosecond.
    [[nodiscard]] bool enabled(severity level) const noexcept {
        return detail::passes(gate_, scope_, detail::level_of(level));
    }

    /// Records a body with attributes: `audit.log(severity::info, "signed in", "user.id"_attr = id)`. The
    /// body is whatever an attribute may be: text, bytes, nanotel::map, numbers; an empty text is none.
    /// Attributes that do not fit are dropped and counted. About 60 ns.
    template <class Body, class... A>
    void log(const log_options& given, const Body& body, const A&... beside) const noexcept {
        using stored = decltype(detail::stored_for_run_time_key(body));
        static_assert(
            !std::is_same_v<detail::written_value<stored>, detail::unsupported_value>,
            "nanotel: the body of a log record is a string, bytes, a map, or what else an attribute may be");
        if (given.scope ? !scope_keeps(*given.scope, given.severity) : !enabled(given.severity)) return;
        detail::emit_log(given, given.scope ? detail::register_log_scope(*given.scope) : scope_number(),
                         detail::stored_for_run_time_key(body), beside...);
    }
    template <class Body, class... A>
    void log(severity level, const Body& body, const A&... beside) const noexcept {
        log_options given;
        given.severity = level;
        log(given, body, beside...);
    }

private:
    std::uint32_t scope_number() const noexcept {
        if (scope_.name.empty()) return 0;
        // Relaxed: the number alone is used, and two threads that register at once are given the same one.
        std::uint32_t number = number_.load_relaxed();
        if (number == 0) number_.store_relaxed(number = detail::register_log_scope(scope_));
        return number;
    }
    static bool scope_keeps(const instrumentation_scope& scope, severity level) noexcept {
        detail::log_gate asked;
        return detail::passes(asked, scope, detail::level_of(level));
    }

    instrumentation_scope scope_{};
    mutable detail::log_gate gate_{};
    mutable detail::atomic<std::uint32_t> number_{};
};

namespace detail {
NANOTEL_DETAIL_OF_MODULE inline constinit const logger unnamed_logger{};
}

/// Records a body with attributes, as logger::log does for a logger without a name.
template <class Body, class... A>
void log(const log_options& given, const Body& body, const A&... beside) noexcept {
    detail::unnamed_logger.log(given, body, beside...);
}
template <class Body, class... A>
void log(severity level, const Body& body, const A&... beside) noexcept {
    detail::unnamed_logger.log(level, body, beside...);
}

} // namespace nanotel::inline NANOTEL_ABI
