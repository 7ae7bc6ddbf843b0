// SPDX-License-Identifier: MIT
// A sink for spdlog: what is logged with it becomes log records. Opt-in: no other header includes it, and it
// needs spdlog.
#pragma once

#include <nanotel/log.hpp>
#include <nanotel/log/state_of_process.hpp>

#include <spdlog/sinks/sink.h>
#include <spdlog/version.h>

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

constexpr severity severity_of(spdlog::level::level_enum level) noexcept {
    switch (level) {
    case spdlog::level::trace:
        return severity::trace;
    case spdlog::level::debug:
        return severity::debug;
    case spdlog::level::info:
        return severity::info;
    case spdlog::level::warn:
        return severity::warn;
    case spdlog::level::err:
        return severity::error;
    case spdlog::level::critical:
        return severity::fatal;
    default:
        return severity::unspecified;
    }
}

} // namespace detail

/// A sink that makes log records of spdlog's messages:
/// `spdlog::default_logger()->sinks().push_back(std::make_shared<nanotel::spdlog_sink>());`. The name of the
/// logger becomes the instrumentation scope, by which options::logs.levels choose; the level becomes the
/// severity; time, thread and, where spdlog knows it, source location are told. The record belongs to the
/// span that is current on the thread that calls the sink: with spdlog's asynchronous loggers that is a
/// thread of spdlog's, so prefer the synchronous ones, for the sink itself neither waits nor writes.
/// Thread-safe; about 150 ns beyond what spdlog takes. Patterns and formatters are not heeded: the body is
/// the plain message.
class spdlog_sink final : public spdlog::sinks::sink {
public:
    void log(const spdlog::details::log_msg& message) override {
        const logger& to = logger_of({message.logger_name.data(), message.logger_name.size()});
        const severity level = detail::severity_of(message.level);
        if (!to.enabled(level)) return;
        const auto name = spdlog::level::to_string_view(message.level);
        log_options how;
        how.severity = level;
        how.severity_text = text(name.data(), name.size());
        how.time = message.time;
        const text body(message.payload.data(), message.payload.size());
        const auto thread = static_cast<std::uint64_t>(message.thread_id);
        if (message.source.empty())
            to.log(how, body, key<"thread.id">{} = thread);
        else
            to.log(how, body, key<"thread.id">{} = thread,
                   key<"code.file.path">{} = text(message.source.filename),
                   key<"code.line.number">{} = message.source.line,
                   key<"code.function.name">{} = text(message.source.funcname));
    }
    /// Does not wait: telemetry::flush does.
    void flush() override {}
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

private:
    // One for each name, which lives as long as the sink.
    const logger& logger_of(std::string_view name) {
        auto& [mutex, loggers] = state_.get();
        {
            const std::shared_lock lock(mutex);
            if (const auto known = loggers.find(name); known != loggers.end()) return *known->second;
        }
        const std::unique_lock lock(mutex);
        if (const auto known = loggers.find(name); known != loggers.end()) return *known->second;
        const auto [made, added] = loggers.emplace(std::string(name), nullptr);
        made->second = std::make_unique<logger>(text(made->first)); // a key stays where it is
        return *made->second;
    }

    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const noexcept {
            return std::hash<std::string_view>()(name);
        }
    };

    struct state {
        std::shared_mutex mutex;
        std::unordered_map<std::string, std::unique_ptr<logger>, hash, std::equal_to<>> loggers;
    };
    detail::state_of_process<state> state_;
};

} // namespace nanotel::inline NANOTEL_ABI
