// SPDX-License-Identifier: MIT
// The exporter for tests: what would have been sent, as values to look at.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stdexcept> // runtime_error
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/otlp/decode.hpp>
#include <nanotel/otlp/decode_logs.hpp>
#include <nanotel/otlp/decode_metrics.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// Keeps every payload in memory and hands it back decoded, so that an application tests its instrumentation
/// without a receiver. Holds all it is given until clear, in a forked child what that has sent. Any thread
/// may call anything.
///
///     auto memory = std::make_shared<nanotel::memory_exporter>();
///     ... start with it, run the code under test, flush ...
///     CHECK(memory->spans().at(0).attributes["cart.items"] == 3);
class memory_exporter final : public exporter {
public:
    export_result send(const payload& body, std::chrono::steady_clock::time_point) override {
        {
            const std::lock_guard guard(mutex_);
            received_.push_back({body.kind, body.items, std::string(body.body)});
        }
        changed_.notify_all();
        return {};
    }

    std::string_view name() const noexcept override { return "memory"; }
    std::string description() const override { return "memory"; }

    /// What came before the fork came to the parent.
    void restart_in_child() noexcept override {
        new (&mutex_) std::mutex;
        new (&changed_) std::condition_variable;
        new (&received_) std::vector<received>;
    }

    /// All spans so far in the order of arrival. Throws std::runtime_error for a body that is not OTLP.
    [[nodiscard]] std::vector<finished_span> spans() const {
        std::vector<finished_span> all;
        for (const std::string& body : bodies(signal::traces)) {
            decoded_traces decoded = decode_traces(body);
            if (!decoded) throw std::runtime_error("memory_exporter: a body is not OTLP: " + decoded.error);
            for (finished_span& span : decoded.spans) all.push_back(std::move(span));
        }
        return all;
    }

    /// All metrics so far in the order of arrival: one for each time that a body names it, so that what was
    /// collected twice is there twice. Throws std::runtime_error for a body that is not OTLP.
    [[nodiscard]] std::vector<finished_metric> metrics() const {
        std::vector<finished_metric> all;
        for (const std::string& body : bodies(signal::metrics)) {
            decoded_metrics decoded = decode_metrics(body);
            if (!decoded) throw std::runtime_error("memory_exporter: a body is not OTLP: " + decoded.error);
            for (finished_metric& metric : decoded.metrics) all.push_back(std::move(metric));
        }
        return all;
    }

    /// All log records so far in the order of arrival. Throws std::runtime_error for a body that is not OTLP.
    [[nodiscard]] std::vector<finished_log> logs() const {
        std::vector<finished_log> all;
        for (const std::string& body : bodies(signal::logs)) {
            decoded_logs decoded = decode_logs(body);
            if (!decoded) throw std::runtime_error("memory_exporter: a body is not OTLP: " + decoded.error);
            for (finished_log& log : decoded.logs) all.push_back(std::move(log));
        }
        return all;
    }

    /// The bodies of a signal as they came.
    [[nodiscard]] std::vector<std::string> bodies(signal kind = signal::traces) const {
        const std::lock_guard guard(mutex_);
        std::vector<std::string> all;
        for (const received& one : received_)
            if (one.kind == kind) all.push_back(one.body);
        return all;
    }

    /// Waits until as many spans (data points, log records) have come since the last clear; false when
    /// the time is up.
    [[nodiscard]] bool wait_for(std::uint64_t count,
                                std::chrono::milliseconds limit = std::chrono::seconds{5},
                                signal kind = signal::traces) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [&] {
            std::uint64_t items = 0;
            for (const received& one : received_)
                if (one.kind == kind) items += one.items;
            return items >= count;
        });
    }

    /// Forgets everything, between one test case and the next.
    void clear() {
        const std::lock_guard guard(mutex_);
        received_.clear();
    }

private:
    struct received {
        signal kind;
        std::uint64_t items;
        std::string body;
    };

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<received> received_;
};

} // namespace nanotel::inline NANOTEL_ABI
