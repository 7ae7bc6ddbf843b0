// SPDX-License-Identifier: MIT
// The sender thread: takes bodies from the queue, hands them to the exporter, tries again what may yet be
// taken.
#pragma once

#include <nanotel/core/diagnostics.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/pipeline/background_thread.hpp>
#include <nanotel/pipeline/payload_queue.hpp>

#include <memory>
#include <random>

namespace nanotel::inline NANOTEL_ABI::detail {

struct sender_options {
    std::chrono::milliseconds export_timeout{30'000}; // one attempt
    std::chrono::milliseconds retry_limit{60'000};    // a payload, from its first attempt
    std::chrono::milliseconds first_backoff{100};
    std::chrono::milliseconds greatest_backoff{5'000};
};

// One sender for a destination: one export of a signal under way at a time, as the specification asks.
class sender {
public:
    using clock = std::chrono::steady_clock;

    sender(std::shared_ptr<exporter> destination, payload_queue& queue, const sender_options& options)
        : destination_(std::move(destination)), queue_(queue), options_(options) {}
    ~sender() {
        if (thread_.joinable()) thread_.join();
    }
    sender(const sender&) = delete;
    sender& operator=(const sender&) = delete;

    void start() {
        thread_ = start_background_thread("nanotel-send", [this] { run(); });
    }
    // Cuts short what is under way.
    void interrupt() noexcept { destination_->interrupt(); }
    void join() {
        if (thread_.joinable()) thread_.join();
    }
    const exporter& destination() const noexcept { return *destination_; }

    // Called after the first exchange, on the sender thread.
    std::function<void()> after_first_send;

private:
    void run() noexcept {
        while (auto next = queue_.pop()) {
            try {
                deliver(*next);
            } catch (const std::exception& e) {
                lose(*next, &dropped_counts::out_of_memory, e.what());
            } catch (...) {
                lose(*next, &dropped_counts::out_of_memory, "an exporter threw");
            }
        }
    }

    void deliver(const queued_payload& next) {
        const payload body{signal::traces, {next.body.data(), next.body.size()}, next.items};
        const auto give_up = clock::now() + options_.retry_limit;
        auto backoff = options_.first_backoff;
        for (;;) {
            if (queue_.abandoned()) return lose(next, &dropped_counts::shut_down, {});
            const export_result result = destination_->send(body, clock::now() + options_.export_timeout);
            if (after_first_send) std::exchange(after_first_send, nullptr)();
            switch (result.outcome) {
            case export_outcome::delivered:
                return settle(next, result);
            case export_outcome::rejected:
                return lose(next, &dropped_counts::rejected, result.message);
            case export_outcome::retryable:
                break;
            }
            // Full jitter on the upper half: clients that failed together do not come back together.
            const auto spread = backoff / 2;
            auto wait = spread + std::chrono::milliseconds(
                                     spread.count() == 0
                                         ? 0
                                         : static_cast<std::int64_t>(
                                               random_() % static_cast<std::uint64_t>(spread.count() + 1)));
            if (result.retry_after && *result.retry_after > wait) wait = *result.retry_after;
            backoff = std::min(backoff * 2, options_.greatest_backoff);
            const auto again = clock::now() + wait;
            if (again >= give_up) return lose(next, &dropped_counts::undeliverable, result.message);
            say(diagnostic_level::warning, result.message + "; will try again");
            queue_.count_retry();
            if (!queue_.wait_to_retry(again)) return lose(next, &dropped_counts::shut_down, result.message);
        }
    }

    void settle(const queued_payload& next, const export_result& result) {
        const std::uint64_t rejected = std::min(result.rejected_items, next.items);
        queue_.settle(next.items, rejected, &dropped_counts::rejected, next.body.size());
        if (!result.message.empty())
            say(diagnostic_level::warning, rejected != 0
                                               ? result.message + " (" + std::to_string(rejected) + " of " +
                                                     std::to_string(next.items) + " spans rejected)"
                                               : result.message);
    }

    void lose(const queued_payload& next, std::uint64_t dropped_counts::* reason,
              const std::string& why) noexcept {
        queue_.settle(next.items, next.items, reason, 0);
        try {
            if (!why.empty())
                say(diagnostic_level::error, std::to_string(next.items) + " spans dropped: " + why);
        } catch (...) { // no memory to say it; it is counted
        }
    }

    void say(diagnostic_level level, std::string text) const noexcept {
        diagnose(level, destination_->name(), std::move(text));
    }

    std::shared_ptr<exporter> destination_;
    payload_queue& queue_;
    sender_options options_;
    std::minstd_rand random_{std::random_device{}()};
    std::thread thread_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
