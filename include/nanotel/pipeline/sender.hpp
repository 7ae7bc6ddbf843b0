// SPDX-License-Identifier: MIT
// The sender thread: takes bodies from the queue, hands them to the exporter, tries again what may yet be
// taken.
#pragma once

#include <nanotel/core/background_thread.hpp>
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/pipeline/payload_queue.hpp>

#include <memory>
#include <random>

namespace nanotel::inline NANOTEL_ABI::detail {

struct sender_options {
    std::chrono::milliseconds export_timeout{30'000}; // one attempt
    std::chrono::milliseconds retry_limit{0};         // a payload, from its first attempt; 0: none
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
    void join() {
        if (thread_.joinable()) thread_.join();
    }
    // Once the queue is abandoned: cuts short what is under way and joins the thread. False where the
    // exporter heeds no interrupt within the patience: the thread goes its own way, and this object must
    // outlive it.
    bool end(std::chrono::nanoseconds patience) {
        const auto give_up = clock::now() + patience;
        std::unique_lock lock(mutex_);
        while (!ended_) {
            if (clock::now() >= give_up) {
                thread_.detach();
                return false;
            }
            lock.unlock();
            // Again and again: one that comes between the sender's last look at the queue and the begin of
            // its send has nothing to interrupt.
            destination_->interrupt();
            lock.lock();
            if (!ended_) ends_.wait_for(lock, std::chrono::milliseconds(5));
        }
        lock.unlock();
        thread_.join();
        return true;
    }

    // Called after the first exchange, on the sender thread.
    std::function<void()> after_first_send;

private:
    void run() noexcept {
        while (auto next = queue_.pop()) {
            // Whatever throws, a payload is settled once.
            try {
                const verdict v = deliver(*next);
                report(*next, v); // first: whoever waits for the payload finds its diagnostic given
                queue_.settle(next->items, v.lost, v.reason, next->body.size());
            } catch (const std::bad_alloc&) {
                lose(*next, &dropped_counts::out_of_memory, "memory is short");
            } catch (const std::exception& e) {
                lose(*next, &dropped_counts::undeliverable, e.what());
            } catch (...) {
                lose(*next, &dropped_counts::undeliverable, "it threw what is no std::exception");
            }
        }
        const std::lock_guard lock(mutex_);
        ended_ = true;
        ends_.notify_all(); // under the lock: when end() has seen it, nothing here is touched any more
    }

    struct verdict {
        std::uint64_t lost = 0;
        std::uint64_t dropped_counts::* reason = &dropped_counts::rejected;
        std::string message = {};
    };

    verdict deliver(const queued_payload& next) {
        const payload body{next.kind, {next.body.data(), next.body.size()}, next.items};
        const auto timeout = next.timeout.count() != 0 ? next.timeout : options_.export_timeout;
        const auto give_up = options_.retry_limit.count() == 0 ? clock::time_point::max()
                                                               : clock::now() + options_.retry_limit;
        auto backoff = options_.first_backoff;
        for (;;) {
            if (queue_.abandoned()) return {next.items, &dropped_counts::shut_down};
            export_result result = destination_->send(body, clock::now() + timeout);
            if (after_first_send) std::exchange(after_first_send, nullptr)();
            switch (result.outcome) {
            case export_outcome::delivered:
                return {std::min(result.rejected_items, next.items), &dropped_counts::rejected,
                        std::move(result.message)};
            case export_outcome::rejected:
                return {next.items, &dropped_counts::rejected, std::move(result.message)};
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
            if (again >= give_up)
                return {next.items, &dropped_counts::undeliverable, std::move(result.message)};
            say(diagnostic_level::warning, reason_of(result.message) + "; will try again");
            queue_.count_retry();
            if (!queue_.wait_to_retry(again))
                return {next.items, &dropped_counts::shut_down, std::move(result.message)};
        }
    }

    void report(const queued_payload& next, const verdict& v) const noexcept {
        // What shutdown cuts off, it reports as a whole.
        if (v.message.empty() && (v.lost == 0 || v.reason == &dropped_counts::shut_down)) return;
        try {
            const std::string count = std::to_string(v.lost) + " of " + std::to_string(next.items);
            if (v.lost == 0)
                say(diagnostic_level::warning, v.message);
            else
                say(diagnostic_level::error,
                    count + " " + noun(next.kind) + " dropped: " + reason_of(v.message));
        } catch (...) { // no memory to say it; it is counted
        }
    }

    void lose(const queued_payload& next, std::uint64_t dropped_counts::* reason, const char* why) noexcept {
        try {
            report(next, {next.items, reason, "the exporter failed: " + std::string(why)});
        } catch (...) { // as above
        }
        queue_.settle(next.items, next.items, reason, 0);
    }

    static const char* noun(signal kind) noexcept {
        return kind == signal::traces ? "spans" : kind == signal::metrics ? "data points" : "log records";
    }
    static std::string reason_of(const std::string& message) {
        return message.empty() ? "the exporter did not take a payload and gave no reason" : message;
    }

    void say(diagnostic_level level, std::string text) const noexcept {
        diagnose(level, destination_->name(), std::move(text));
    }

    std::shared_ptr<exporter> destination_;
    payload_queue& queue_;
    sender_options options_;
    std::minstd_rand random_{std::random_device{}()};
    std::mutex mutex_;
    std::condition_variable ends_;
    bool ended_ = false;
    std::thread thread_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
