// SPDX-License-Identifier: MIT
// Environment variables as carriers: what a process was started within, and what its children are to be.
// Opt-in: nanotel.hpp does not include it.
#pragma once

#include <nanotel/nanotel.hpp>

#include <cstddef>
#include <cstdlib> // getenv
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h> // environ

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

// traceparent is TRACEPARENT, x-b3-traceid is X_B3_TRACEID.
inline std::string variable_of(std::string_view header) {
    std::string name(header);
    for (char& c : name) {
        if (c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 32);
        else if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            c = '_';
    }
    return name;
}

} // namespace detail

/// The environment of this process as a carrier for `extract`: TRACEPARENT, TRACESTATE, BAGGAGE and, where B3
/// is asked for, its variables (OpenTelemetry, "Environment Variables as Context Propagation Carriers"). A
/// program that is run by an instrumented one begins with
/// `NANOTEL_SPAN_FROM(span, nanotel::extract(nanotel::environment_carrier{}), "job")`. Meant for start-up:
/// reading races with a setenv on another thread.
struct environment_carrier {
    const char* operator()(const char* header) const {
        return std::getenv(detail::variable_of(header).c_str());
    }
};

/// The environment for a child process: that of this one, with the variables of a context in place of its
/// own. Pass data() to execve or posix_spawn. Make it before the fork: it allocates, and may throw
/// std::bad_alloc.
///
///     nanotel::child_environment variables;
///     posix_spawn(&pid, path, nullptr, nullptr, arguments, variables.data());
///
/// What a context does not have is left as it was, so that without a current span this process's own parent
/// is that of its children.
class child_environment {
public:
    /// For the current context.
    child_environment() : child_environment(current_context()) {}
    explicit child_environment(const context& from) : child_environment(from, environ) {}
    /// With other variables than those of this process: NAME=value each, and a null pointer at the end.
    child_environment(const context& from, const char* const* others) {
        for (; others && *others; ++others) entries_.emplace_back(*others);
#ifndef NANOTEL_DISABLED
        detail::propagator_list::for_each(detail::propagator_list::current(), [&](auto one) {
            std::vector<std::string> said;
            one.inject([&](const char* header,
                           const char* value) { said.push_back(detail::variable_of(header) + "=" + value); },
                       from);
            if (said.empty()) return;
            one.for_each_field([&](const char* header) { remove(detail::variable_of(header)); });
            for (std::string& entry : said) entries_.push_back(std::move(entry));
        });
#else
        static_cast<void>(from);
#endif
        for (std::string& entry : entries_) pointers_.push_back(entry.data());
        pointers_.push_back(nullptr);
    }
    child_environment(const child_environment&) = delete;
    child_environment& operator=(const child_environment&) = delete;

    /// As execve takes it; lives as long as this object.
    char* const* data() const noexcept { return pointers_.data(); }
    /// NAME=value each.
    const std::vector<std::string>& entries() const noexcept { return entries_; }

private:
    void remove(const std::string& name) {
        for (std::size_t i = entries_.size(); i-- > 0;)
            if (entries_[i].starts_with(name + "="))
                entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
    }

    std::vector<std::string> entries_;
    std::vector<char*> pointers_;
};

} // namespace nanotel::inline NANOTEL_ABI
