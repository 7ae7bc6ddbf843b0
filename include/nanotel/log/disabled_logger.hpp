// SPDX-License-Identifier: MIT
// With NANOTEL_DISABLED: everything that can be said of log records still compiles and is checked, and
// nothing of it is there.
#pragma once

#include <nanotel/log/argument.hpp>
#include <nanotel/log/log_options.hpp>

namespace nanotel::inline NANOTEL_ABI {

template <class E>
constexpr auto exception(const E& e) noexcept {
    return detail::logged_exception<E>{&e};
}
constexpr auto current_exception() noexcept { return detail::logged_exception<void>{nullptr}; }

class logger {
public:
    constexpr logger() noexcept = default;
    template <class... Rest>
    constexpr explicit logger(text name, const Rest&... rest) noexcept {
        static_cast<void>(sizeof(instrumentation_scope(name, rest...)));
    }
    logger(const logger&) = delete;
    logger& operator=(const logger&) = delete;

    [[nodiscard]] constexpr bool enabled(severity) const noexcept { return false; }
    template <class Body, class... A>
    constexpr void log(const log_options&, const Body& body, const A&...) const noexcept {
        check<A...>(body);
    }
    template <class Body, class... A>
    constexpr void log(severity, const Body& body, const A&...) const noexcept {
        check<A...>(body);
    }

private:
    template <class... A, class Body>
    static constexpr void check(const Body& body) noexcept {
        using stored = decltype(detail::stored_for_run_time_key(body));
        static_assert(
            !std::is_same_v<detail::written_value<stored>, detail::unsupported_value>,
            "nanotel: the body of a log record is a string, bytes, a map, or what else an attribute may be");
        static_assert(((detail::is_attribute<A> || detail::is_exception_argument<A>) && ...),
                      "nanotel: behind the body of a log record stand attributes, \"key\"_attr = value, and "
                      "nanotel::exception(e)");
    }
};

template <class Body, class... A>
constexpr void log(const log_options& given, const Body& body, const A&... beside) noexcept {
    logger().log(given, body, beside...);
}
template <class Body, class... A>
constexpr void log(severity level, const Body& body, const A&... beside) noexcept {
    logger().log(level, body, beside...);
}

} // namespace nanotel::inline NANOTEL_ABI
