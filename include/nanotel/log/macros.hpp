// SPDX-License-Identifier: MIT
// The log macros: a statement's constant data, then the decision, then, where the record is kept, its
// arguments.
#pragma once

#include <nanotel/core/scope.hpp>
#include <nanotel/log/severity.hpp>

#ifndef NANOTEL_DISABLED

// Internal. Both branches are compiled, so that a text and its arguments are checked whatever is kept.
#define NANOTEL_DETAIL_LOG(site, site_type, level, is_due, format, ...)                                      \
    do {                                                                                                     \
        if constexpr (static_cast<unsigned>(level) >= static_cast<unsigned>(NANOTEL_LOG_MIN_SEVERITY)) {     \
            static constinit ::nanotel::detail::site_type site =                                             \
                ::nanotel::detail::make_log_site<::nanotel::detail::site_type>(                              \
                    format, NANOTEL_DETAIL_SCOPE_HERE(0), __FILE__, __LINE__, __PRETTY_FUNCTION__, __func__, \
                    static_cast<std::uint8_t>(level));                                                       \
            if (::nanotel::detail::keeps(site, static_cast<unsigned>(level)) && is_due)                      \
                ::nanotel::detail::log_at(site, format, format __VA_OPT__(, ) __VA_ARGS__);                  \
        } else if constexpr (false) {                                                                        \
            ::nanotel::detail::check_log(format, format __VA_OPT__(, ) __VA_ARGS__);                         \
        }                                                                                                    \
    } while (false)

#define NANOTEL_DETAIL_LOG_ENABLED(level)                                                                    \
    (static_cast<unsigned>(level) >= static_cast<unsigned>(NANOTEL_LOG_MIN_SEVERITY) &&                      \
     [](const ::nanotel::instrumentation_scope& nanotel_scope_of_gate) noexcept {                            \
         static constinit ::nanotel::detail::log_gate nanotel_gate{};                                        \
         return ::nanotel::detail::passes(nanotel_gate, nanotel_scope_of_gate,                               \
                                          ::nanotel::detail::level_of(level));                               \
     }(NANOTEL_DETAIL_SCOPE_HERE(0)))

#else

// Internal. The arguments are compiled and never run.
#define NANOTEL_DETAIL_LOG(site, site_type, level, is_due, format, ...)                                      \
    (false ? ::nanotel::detail::check_log(format, format __VA_OPT__(, ) __VA_ARGS__) : static_cast<void>(0))

#define NANOTEL_DETAIL_LOG_ENABLED(level) (static_cast<void>(level), false)

#endif

/// Public. A log record of this severity: NANOTEL_LOG(nanotel::severity::info2, "user {} paid {:.2f}", id,
/// amount, "order.id"_attr = order). The text is a literal in the syntax of fmt, checked when compiling.
/// Arguments are copied and formatted on the collector thread; those of types with a fmt::formatter of their
/// own are formatted where they stand. Attributes, and nanotel::exception(e), stand anywhere behind the text
/// and take no place in it. Nothing is evaluated where the record is not kept. The record belongs to the
/// span that is current, to the scope of NANOTEL_INSTRUMENTATION_SCOPE, and names file, line and function.
/// About 17 ns with three numbers; 1 ns where its severity is below the minimum of its logger. Function form:
/// nanotel::log.
#define NANOTEL_LOG(level, ...)                                                                              \
    NANOTEL_DETAIL_LOG(NANOTEL_DETAIL_PASTE(nanotel_log_site_, __COUNTER__), log_site_once, level, true,     \
                       __VA_ARGS__)

/// Public. The same, at most once in an interval, a std::chrono::duration, counted for each statement; what
/// is held back meanwhile is counted: the next record says how many they were, as nanotel.log.held_back, and
/// statistics::held_back_logs sums them up.
#define NANOTEL_LOG_EVERY(interval, level, ...)                                                              \
    NANOTEL_DETAIL_LOG_EVERY(NANOTEL_DETAIL_PASTE(nanotel_log_site_, __COUNTER__), interval, level,          \
                             __VA_ARGS__)
#define NANOTEL_DETAIL_LOG_EVERY(site, interval, level, ...)                                                 \
    NANOTEL_DETAIL_LOG(site, limited_log_site, level, ::nanotel::detail::is_due(site, interval), __VA_ARGS__)

/// Public. NANOTEL_LOG with the severities that most programs use.
#define NANOTEL_LOG_TRACE(...) NANOTEL_LOG(::nanotel::severity::trace, __VA_ARGS__)
#define NANOTEL_LOG_DEBUG(...) NANOTEL_LOG(::nanotel::severity::debug, __VA_ARGS__)
#define NANOTEL_LOG_INFO(...) NANOTEL_LOG(::nanotel::severity::info, __VA_ARGS__)
#define NANOTEL_LOG_WARN(...) NANOTEL_LOG(::nanotel::severity::warn, __VA_ARGS__)
#define NANOTEL_LOG_ERROR(...) NANOTEL_LOG(::nanotel::severity::error, __VA_ARGS__)
#define NANOTEL_LOG_FATAL(...) NANOTEL_LOG(::nanotel::severity::fatal, __VA_ARGS__)

/// Public. NANOTEL_LOG_EVERY with the same severities: NANOTEL_LOG_WARN_EVERY(5s, "queue of {} is full",
/// name).
#define NANOTEL_LOG_TRACE_EVERY(interval, ...)                                                               \
    NANOTEL_LOG_EVERY(interval, ::nanotel::severity::trace, __VA_ARGS__)
#define NANOTEL_LOG_DEBUG_EVERY(interval, ...)                                                               \
    NANOTEL_LOG_EVERY(interval, ::nanotel::severity::debug, __VA_ARGS__)
#define NANOTEL_LOG_INFO_EVERY(interval, ...)                                                                \
    NANOTEL_LOG_EVERY(interval, ::nanotel::severity::info, __VA_ARGS__)
#define NANOTEL_LOG_WARN_EVERY(interval, ...)                                                                \
    NANOTEL_LOG_EVERY(interval, ::nanotel::severity::warn, __VA_ARGS__)
#define NANOTEL_LOG_ERROR_EVERY(interval, ...)                                                               \
    NANOTEL_LOG_EVERY(interval, ::nanotel::severity::error, __VA_ARGS__)
#define NANOTEL_LOG_FATAL_EVERY(interval, ...)                                                               \
    NANOTEL_LOG_EVERY(interval, ::nanotel::severity::fatal, __VA_ARGS__)

/// Public. Whether a statement of this severity would be kept here, for work that only a log record needs.
/// About a nanosecond. A constant false below NANOTEL_LOG_MIN_SEVERITY.
#define NANOTEL_LOG_ENABLED(level) NANOTEL_DETAIL_LOG_ENABLED(level)
