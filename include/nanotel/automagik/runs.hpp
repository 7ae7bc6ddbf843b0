// SPDX-License-Identifier: MIT
// What automagik programs track from its begin to its end: a command of a command line, a run of an agent.
// Each is a span that is current meanwhile, so that what is recorded within is below it.
#pragma once

#include <nanotel/automagik/client.hpp>
#include <nanotel/automagik/events.hpp>

#include <optional>

namespace automagik::inline NANOTEL_ABI {

namespace detail {

// A span of an event that lasts. It is left by an exception: then it was no success, and its error_type is
// "_OTHER", unless failed() has said more.
class tracked_run {
public:
    tracked_run(const tracked_run&) = delete;
    tracked_run& operator=(const tracked_run&) = delete;

    /// More attributes: run.set("model"_attr = name).
    template <class... Key, class... Value>
    void set(const nanotel::attribute<Key, Value>&... attributes) noexcept {
        if (span_) span_->set(attributes...);
    }
    /// For events, links and what else a span takes; null where nothing is recorded.
    nanotel::span* span() noexcept { return span_ ? &*span_ : nullptr; }

protected:
    // These three are not inlined: g++ 12 would warn the user that a span which is not there might be used.
    [[gnu::noinline]] tracked_run(telemetry& client, nanotel::text name) noexcept
        : uncaught_(std::uncaught_exceptions()) {
        if (!client.is_enabled()) return;
        nanotel::detail::call_site site = client.project().site_of(name, nanotel::span_kind::internal);
        span_.emplace(site);
        if (!span_->is_recording()) return;
        span_->update_name(name);
        span_->set(nanotel::key<"project">{} = client.project().name());
        began_ = std::chrono::steady_clock::now();
    }
    [[gnu::noinline]] ~tracked_run() {}

    bool has_failed() const noexcept { return failed_; }
    void fail(nanotel::text why) noexcept {
        failed_ = true;
        if (span_) span_->set_status(nanotel::status_code::error, why);
    }
    void fail(const std::exception& error) noexcept {
        failed_ = true;
        if (!span_ || !span_->is_recording()) return;
        const auto described = nanotel::detail::describe_exception(error);
        span_->set(nanotel::key<"error_type">{} =
                       nanotel::detail::type_name{described.type.data, described.type.size});
        span_->record_exception(described);
        span_->set_status(nanotel::status_code::error, described.message);
    }
    // Last, in the destructor.
    [[gnu::noinline]] void finish() noexcept {
        if (!span_ || !span_->is_recording()) return;
        const bool left = std::uncaught_exceptions() > uncaught_;
        const std::chrono::duration<double, std::milli> lasted = std::chrono::steady_clock::now() - began_;
        span_->set(nanotel::key<"success">{} = !failed_ && !left,
                   nanotel::key<"duration_ms">{} = lasted.count());
        // What nobody has caught yet tells nobody its type; this is what semantic conventions say then.
        if (left && !failed_) span_->set(nanotel::key<"error_type">{} = "_OTHER");
        span_.reset();
    }

private:
    std::optional<nanotel::span> span_;
    std::chrono::steady_clock::time_point began_{};
    int uncaught_;
    bool failed_ = false;
};

} // namespace detail

/// A command of a command-line program, to the end of the scope: the event automagik.cli.command with
/// command, subcommand, success, exit_code and duration_ms, and error_type where it failed with an exception.
class command_run : public detail::tracked_run {
public:
    command_run(telemetry& client, nanotel::text command, nanotel::text subcommand = {}) noexcept
        : tracked_run(client, events::cli_command.described().name) {
        set(nanotel::key<"command">{} = command);
        if (!subcommand.empty()) set(nanotel::key<"subcommand">{} = subcommand);
    }
    ~command_run() { finish(); }

    /// What the program ends with; anything but 0 is a failure.
    void exit_code(int code) noexcept {
        set(nanotel::key<"exit_code">{} = code);
        if (code != 0 && !has_failed()) fail(nanotel::text{});
    }
    /// It failed, with an exception or a text that says why.
    void failed(const std::exception& error) noexcept { fail(error); }
    void failed(nanotel::text why) noexcept { fail(why); }
};

/// What is known of an agent's run when it begins. The texts need to live only until the call returns.
struct agent_options {
    nanotel::text framework{};
    nanotel::text run_id{}, session_id{}, user_id{}, model{};
    bool multimodal = false;
};

/// A run of an agent, to the end of the scope: the event agent.run with agent.name, agent.framework, the ids
/// that are given, multimodal, token_count, success and duration_ms, and error_type where it failed with an
/// exception.
class agent_run : public detail::tracked_run {
public:
    agent_run(telemetry& client, nanotel::text name, const agent_options& about = {}) noexcept
        : tracked_run(client, events::agent_run.described().name) {
        set(nanotel::key<"agent.name">{} = name, nanotel::key<"agent.framework">{} = about.framework,
            nanotel::key<"multimodal">{} = about.multimodal);
        if (!about.run_id.empty()) set(nanotel::key<"agent.run_id">{} = about.run_id);
        if (!about.session_id.empty()) set(nanotel::key<"agent.session_id">{} = about.session_id);
        if (!about.user_id.empty()) set(nanotel::key<"agent.user_id">{} = about.user_id);
        if (!about.model.empty()) set(nanotel::key<"model">{} = about.model);
    }
    ~agent_run() { finish(); }

    /// How many tokens the model took and gave in all.
    void tokens(std::int64_t count) noexcept { set(nanotel::key<"token_count">{} = count); }
    void failed(const std::exception& error) noexcept { fail(error); }
    void failed(nanotel::text why) noexcept { fail(why); }
};

} // namespace automagik::inline NANOTEL_ABI
