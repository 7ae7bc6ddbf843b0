// SPDX-License-Identifier: MIT
// The shape of the client where NANOTEL_DISABLED takes telemetry out of the program: nothing is recorded or
// sent, no file is read.
#pragma once

#include <nanotel/automagik/fields.hpp>
#include <nanotel/automagik/settings.hpp>
#include <nanotel/automagik/status.hpp>
#include <nanotel/sdk.hpp>

namespace automagik::inline NANOTEL_ABI {

enum class metric_type : std::uint8_t { counter, gauge, histogram };

class telemetry {
public:
    explicit telemetry(client_options) {}
    telemetry(const telemetry&) = delete;
    telemetry& operator=(const telemetry&) = delete;

    template <class... A>
    void track_event(const A&...) noexcept {}
    void track_event(nanotel::text, const fields&) noexcept {}
    template <class... A>
    void track_error(const A&...) noexcept {}
    template <class Error>
    void track_error(const Error&, const fields&) noexcept {}
    template <class... A>
    void track_metric(nanotel::text, double, metric_type, const A&...) noexcept {}
    void track_metric(nanotel::text, double, metric_type = metric_type::gauge) noexcept {}
    void track_metric(nanotel::text, double, metric_type, const fields&) noexcept {}
    template <class... A>
    void track_log(nanotel::text, nanotel::severity, const A&...) noexcept {}
    void track_log(nanotel::text, nanotel::severity = nanotel::severity::info) noexcept {}
    void track_log(nanotel::text, nanotel::severity, const fields&) noexcept {}
    nanotel::flush_result flush(std::chrono::milliseconds = std::chrono::seconds(5)) noexcept {
        return {.complete = true};
    }
    bool enable() { return false; }
    bool disable() { return true; }
    bool is_enabled() const noexcept { return false; }
    client_status status() const { return {}; }
};

class command_run {
public:
    command_run(telemetry&, nanotel::text, nanotel::text = {}) noexcept {}
    command_run(const command_run&) = delete;
    command_run& operator=(const command_run&) = delete;
    void exit_code(int) noexcept {}
    template <class Error>
    void failed(const Error&) noexcept {}
    nanotel::span* span() noexcept { return nullptr; }
    template <class... A>
    void set(const A&...) noexcept {}
};

struct agent_options {
    nanotel::text framework{};
    nanotel::text run_id{}, session_id{}, user_id{}, model{};
    bool multimodal = false;
};

class agent_run {
public:
    agent_run(telemetry&, nanotel::text, const agent_options& = {}) noexcept {}
    agent_run(const agent_run&) = delete;
    agent_run& operator=(const agent_run&) = delete;
    void tokens(std::int64_t) noexcept {}
    nanotel::span* span() noexcept { return nullptr; }
    template <class Error>
    void failed(const Error&) noexcept {}
    template <class... A>
    void set(const A&...) noexcept {}
};

} // namespace automagik::inline NANOTEL_ABI
