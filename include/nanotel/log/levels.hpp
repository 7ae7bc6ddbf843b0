// SPDX-License-Identifier: MIT
// The minimum severities of loggers, by their names. For the sdk.
#pragma once

#include <nanotel/core/module_registry.hpp>
#include <nanotel/log/severity.hpp>
#include <nanotel/metrics/view.hpp> // matches_pattern

#include <mutex>
#include <string>
#include <vector>

namespace nanotel::inline NANOTEL_ABI {

/// The least severity that is kept of the loggers whose name, that of their instrumentation scope, matches a
/// pattern with * and ?. "*" matches also the logger without a name. Of several that match the last counts;
/// where none does, everything is kept.
struct log_level {
    std::string logger = "*";
    severity minimum = severity::trace;
};

namespace detail {

// Belongs to the process. Every change gives the settings another number, and tells it to all modules: a gate
// that holds an older one asks here at its next statement.
class log_levels {
public:
    explicit log_levels(module_registry& modules) noexcept : modules_(modules) {}

    // For a start. In a forked child that goes on, the levels that the parent had set stay. Throws
    // std::bad_alloc.
    void begin(const std::vector<log_level>& given, bool anybody_takes_logs, bool goes_on) {
        std::vector<log_level> fresh = given;
        const signals_blocked quiet;
        const std::lock_guard lock(mutex_);
        if (!goes_on) levels_.swap(fresh);
        anybody_ = anybody_takes_logs;
        tell();
    }

    // One more, which counts before those with other patterns that match too.
    void set(log_level one) {
        const signals_blocked quiet;
        const std::lock_guard lock(mutex_);
        levels_.reserve(levels_.size() + 1);
        std::erase_if(levels_, [&](const log_level& known) { return known.logger == one.logger; });
        levels_.push_back(std::move(one));
        tell();
    }

    std::uint32_t gate_of(text scope) noexcept {
        const std::lock_guard lock(mutex_);
        unsigned minimum = 0;
        for (const log_level& one : levels_)
            if (matches_pattern(one.logger, {scope.data, scope.size}))
                minimum = static_cast<unsigned>(one.minimum);
        return number_ | minimum;
    }

    // For fork, see pipeline/fork.hpp.
    bool try_lock() noexcept { return mutex_.try_lock(); }
    void unlock() noexcept { mutex_.unlock(); }

private:
    void tell() noexcept {
        number_ += 0x100;
        if (number_ == log_settings_none) number_ = 0x100;
        modules_.keep_logs(anybody_ ? number_ : log_settings_none);
    }

    module_registry& modules_;
    std::mutex mutex_;
    std::vector<log_level> levels_;
    std::uint32_t number_ = 0;
    bool anybody_ = false;
};

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
