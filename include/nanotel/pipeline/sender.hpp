// SPDX-License-Identifier: MIT
// The sender thread of a destination: takes payloads from its queue, hands them to the exporter, and waits as
// long as the breaker says before it tries again what may yet be taken.
#pragma once

#include <nanotel/core/background_thread.hpp>
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/exporters/body_format.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/pipeline/breaker.hpp>
#include <nanotel/pipeline/export_listener.hpp>
#include <nanotel/pipeline/payload_queue.hpp>
#include <nanotel/pipeline/send_turns.hpp>

#include <memory>
#include <random>

namespace nanotel::inline NANOTEL_ABI::detail {

struct sender_options {
    std::chrono::milliseconds export_timeout{30'000}; // one attempt
    std::chrono::milliseconds retry_limit{0};         // a payload, from its first attempt; 0: none
    breaker_options breaking{};
    std::chrono::milliseconds look_at_disk{60'000}; // how often it is looked for what is old there, or left
};

// One sender for a destination: one export under way at a time, as the specification asks, and after an
// outage one after the other.
class sender {
public:
    using clock = std::chrono::steady_clock;

    sender(std::shared_ptr<exporter> destination, std::string label, payload_queue& queue, send_turns& turns,
           const sender_options& options)
        : destination_(std::move(destination)), label_(std::move(label)), queue_(queue), turns_(turns),
          options_(options), breaker_(pauses(options)) {}
    ~sender() { join(); }
    sender(const sender&) = delete;
    sender& operator=(const sender&) = delete;

    void start() {
        looks_again_ = clock::now() + options_.look_at_disk;
        thread_ = start_background_thread("nanotel-send", [this] { run(); });
    }
    void join() {
        if (thread_.joinable()) thread_.join();
    }

    // Once the queue is abandoned: cuts short what is under way. True when the thread has ended. An interrupt
    // holds for a send that has begun, so this is to be repeated.
    bool interrupt() {
        {
            const std::lock_guard lock(mutex_);
            if (ended_ || !thread_.joinable()) return true;
        }
        destination_->interrupt();
        return false;
    }
    // The thread goes its own way, and this object must outlive it.
    void leave_behind() {
        if (thread_.joinable()) thread_.detach();
    }

    const exporter& destination() const noexcept { return *destination_; }

    // Called after the first exchange, on the sender thread.
    std::function<void()> after_first_send;

private:
    static breaker_options pauses(const sender_options& options) noexcept {
        breaker_options made = options.breaking;
        // Who wants payloads to be dropped early wants them tried early.
        if (options.retry_limit.count() != 0)
            made.greatest_pause =
                std::max(made.first_pause, std::min(made.greatest_pause, options.retry_limit / 4));
        return made;
    }

    void run() noexcept {
        for (;;) {
            try {
                if (!queue_.wait_for_work(looks_again_)) break;
                if (!wait_for_turn()) continue;
                const leaving left{*this};
                if (auto next = queue_.take()) attempt(*next);
            } catch (...) { // no memory; nothing is under way
                queue_.take_hurry();
                queue_.wait_to_retry(clock::now() + std::chrono::milliseconds(100));
            }
        }
        const std::lock_guard lock(mutex_);
        ended_ = true;
        ends_.notify_all(); // under the lock: who has seen it may join
    }

    struct leaving {
        sender& self;
        ~leaving() { self.turns_.leave(self.destination_.get()); }
    };

    // Until the breaker lets the next request pass and no other thread is in a send of this exporter. False
    // when the queue is abandoned meanwhile.
    bool wait_for_turn() {
        for (;;) {
            const auto now = clock::now();
            if (now >= looks_again_) {
                queue_.look_at_disk();
                looks_again_ = now + options_.look_at_disk;
            }
            if (queue_.take_hurry()) breaker_.hurry(now);
            if (now >= breaker_.next_attempt()) break;
            if (!queue_.wait_to_retry(std::min(breaker_.next_attempt(), looks_again_))) return false;
        }
        while (!turns_.enter(destination_.get())) {
            say(diagnostic_level::warning, ":left", [&] {
                return label_ +
                       " is still in a send that an earlier shutdown gave up; payloads wait for its return";
            });
            if (!queue_.wait_to_retry(clock::now() + std::chrono::milliseconds(20))) return false;
            queue_.take_hurry();
        }
        return true;
    }

    struct verdict {
        std::uint64_t lost = 0;
        std::uint64_t dropped_counts::* reason = &dropped_counts::rejected;
        std::string message = {};
    };

    // Whatever throws, the payload is settled once, or given back.
    void attempt(const queued_payload& next) noexcept {
        try {
            breaker_.attempt(clock::now());
            queue_.show(breaker_.state());
            const auto timeout = next.timeout.count() != 0 ? next.timeout : options_.export_timeout;
            export_result result =
                destination_->send({next.kind, next.text(), next.items}, clock::now() + timeout);
            if (after_first_send) std::exchange(after_first_send, nullptr)();
            answered(next, std::move(result));
        } catch (const std::bad_alloc&) {
            lose(next, &dropped_counts::out_of_memory, "memory is short");
        } catch (const std::exception& e) {
            lose(next, &dropped_counts::undeliverable, e.what());
        } catch (...) {
            lose(next, &dropped_counts::undeliverable, "it threw what is no std::exception");
        }
        if (const std::uint64_t dropped = queue_.dropped_when_full(); dropped != told_of_full_) {
            told_of_full_ = dropped;
            say_full(dropped);
        }
    }

    void answered(const queued_payload& next, export_result result) {
        switch (result.outcome) {
        case export_outcome::delivered:
            works_again();
            return settle(next, {std::min(result.rejected_items, next.items), &dropped_counts::rejected,
                                 std::move(result.message)});
        case export_outcome::rejected:
            works_again();
            if (result.split && queue_.split(parts_of(next))) return;
            return settle(next, {next.items, &dropped_counts::rejected, std::move(result.message)});
        case export_outcome::retryable:
            break;
        }
        const auto change = breaker_.failed(clock::now(), result.retry_after, random_());
        queue_.show(breaker_.state());
        if (options_.retry_limit.count() != 0 &&
            breaker_.next_attempt() >= queue_.head_since() + options_.retry_limit)
            return settle(next, {next.items, &dropped_counts::undeliverable, std::move(result.message)});
        if (change == breaker::change::opened)
            say_open(result.message);
        else if (breaker_.state() == breaker_state::closed && !queue_.abandoned())
            say(diagnostic_level::warning, "",
                [&] { return reason_of(result.message) + "; will try again"; });
        queue_.give_back();
    }

    std::vector<body_part> parts_of(const queued_payload& whole) const noexcept {
        const body_format* const format = destination_->format();
        return format ? format->split(whole.kind, whole.text()) : split_body(whole.kind, whole.text());
    }

    void works_again() {
        const auto failing_since = breaker_.failing_since();
        if (breaker_.succeeded() == breaker::change::closed)
            say(diagnostic_level::info, ":closed", [&] {
                return label_ + " takes telemetry again after " + seconds_since(failing_since) +
                       waiting(", and ", " are sent");
            });
        queue_.show(breaker_state::closed);
    }

    void settle(const queued_payload& next, const verdict& v) {
        report(next, v); // first: whoever waits for the payload finds its diagnostic given
        tell_listener(next, v.lost == 0                             ? nullptr
                            : v.reason == &dropped_counts::rejected ? "rejected"
                                                                    : "undeliverable");
        queue_.settle(next.items, v.lost, v.reason, next.size());
    }

    void report(const queued_payload& next, const verdict& v) const noexcept {
        if (v.message.empty() && v.lost == 0) return;
        if (v.lost == 0)
            say(diagnostic_level::warning, "", [&] { return v.message; });
        else
            say(diagnostic_level::error, "", [&] {
                return std::to_string(v.lost) + " of " + std::to_string(next.items) + " " + noun(next.kind) +
                       " dropped: " + reason_of(v.message);
            });
    }

    void lose(const queued_payload& next, std::uint64_t dropped_counts::* reason, const char* why) noexcept {
        try {
            report(next, {next.items, reason, "the exporter failed: " + std::string(why)});
        } catch (...) { // as above
        }
        tell_listener(next, reason == &dropped_counts::out_of_memory ? "out_of_memory" : "undeliverable");
        // One that was to ask how the destination is has learnt nothing: it is asked again after a pause.
        if (breaker_.state() == breaker_state::half_open) breaker_.failed(clock::now(), {}, random_());
        queue_.show(breaker_.state());
        queue_.settle(next.items, next.items, reason, 0);
    }

    void tell_listener(const queued_payload& next, const char* error_type) const noexcept {
        const export_listener listener = heard_exports.load_acquire();
        if (!listener) return;
        const std::chrono::duration<double> took = clock::now() - queue_.head_since();
        listener({*destination_, label_, next.kind, took.count(), error_type});
    }

    void say_open(const std::string& message) const noexcept {
        say(diagnostic_level::warning, ":open", [&] {
            return label_ + " has taken nothing for " + seconds_since(breaker_.failing_since()) +
                   waiting("; ", " wait and will be sent when it does") +
                   ". It is asked again, at the latest every " +
                   std::to_string(options_.breaking.greatest_pause.count() / 1000) +
                   " s: see whether it runs and can be reached. The last answer: " + reason_of(message);
        });
    }

    void say_full(std::uint64_t dropped) const noexcept {
        say(diagnostic_level::error, ":full", [&] {
            return label_ + " takes less than is recorded: " + std::to_string(dropped) +
                   " items were dropped so far, since " +
                   (queue_.disk() ? "its queue and its part of the disk were full; see why it is slow or "
                                    "down, else raise options::spool.max_bytes"
                                  : "its queue was full; see why it is slow or down, else raise "
                                    "options::max_queue_bytes or max_queue_size, name a directory in "
                                    "options::spool") +
                   ", or record less (options::sampler)";
        });
    }

    // Such as "; 120 spans in memory and on disk wait"; nothing where nothing waits.
    std::string waiting(const char* before, const char* after) const {
        const payload_queue::backlog left = queue_.waiting();
        std::string text;
        for (const signal kind : {signal::traces, signal::metrics, signal::logs})
            if (const std::uint64_t items = left.items[static_cast<std::size_t>(kind)])
                text += (text.empty() ? "" : " and ") + std::to_string(items) + " " + noun(kind);
        if (text.empty()) return text;
        return before + text +
               (left.on_disk ? left.in_memory ? " in memory and on disk" : " on disk" : " in memory") + after;
    }

    static std::string seconds_since(clock::time_point then) {
        const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - then).count();
        return std::to_string(time / 1000) + "." + std::to_string(time / 100 % 10) + " s";
    }
    static const char* noun(signal kind) noexcept {
        return kind == signal::traces ? "spans" : kind == signal::metrics ? "data points" : "log records";
    }
    static std::string reason_of(const std::string& message) {
        return message.empty() ? "the exporter did not take a payload and gave no reason" : message;
    }

    // `text` makes it: where there is no memory for that, nothing becomes of a payload but what would
    // without.
    template <class Text>
    void say(diagnostic_level level, const char* subject, const Text& text) const noexcept {
        try {
            diagnose(level, label_ + subject, text());
        } catch (...) { // no memory to say it
        }
    }

    const std::shared_ptr<exporter> destination_;
    const std::string label_;
    payload_queue& queue_;
    send_turns& turns_;
    const sender_options options_;
    // This thread's own.
    breaker breaker_;
    std::minstd_rand random_{std::random_device{}()};
    clock::time_point looks_again_{};
    std::uint64_t told_of_full_ = 0;

    std::mutex mutex_;
    std::condition_variable ends_;
    bool ended_ = false;
    std::thread thread_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
