// SPDX-License-Identifier: MIT
// An exporter that answers as the test says, and the telemetry of a test.
#pragma once

#include "support/environment_of.hpp"

#include <nanotel/sdk.hpp>

#include <nanotel/exporters/memory.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace nanotel_test {

using namespace std::chrono_literals;

// Far longer than anything takes that works: what waits for it hangs.
inline constexpr auto long_enough = 60s;
inline constexpr auto never = std::chrono::hours(1);

class scripted_exporter final : public nanotel::exporter {
public:
    using answer = std::function<nanotel::export_result(const nanotel::payload&)>;

    explicit scripted_exporter(answer say = {}) : say_(std::move(say)) {}

    nanotel::export_result send(const nanotel::payload& body,
                                std::chrono::steady_clock::time_point) override {
        {
            const std::lock_guard lock(mutex_);
            if (sending_) overlapped = true;
            sending_ = true;
            bodies_.push_back(std::string(body.body));
            ++calls_;
            changed_.notify_all();
        }
        struct leave {
            scripted_exporter* self;
            ~leave() {
                const std::lock_guard lock(self->mutex_);
                self->sending_ = false;
            }
        } left{this};
        return say_ ? say_(body) : nanotel::export_result{};
    }
    std::string_view name() const noexcept override { return "scripted"; }
    std::string description() const override { return "scripted"; }
    void interrupt() noexcept override {
        const std::lock_guard lock(mutex_);
        if (!sending_) return; // as the contract says: it holds for the send that is under way
        interrupted_ = true;
        changed_.notify_all();
    }

    // For answers: blocks until release() or, where it heeds them, an interrupt.
    bool block(bool heeds_interrupts = true) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return released_ || (heeds_interrupts && interrupted_); });
        return released_;
    }
    void release() {
        const std::lock_guard lock(mutex_);
        released_ = true;
        changed_.notify_all();
    }

    bool wait_for_calls(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, long_enough, [&] { return calls_ >= count; });
    }
    std::vector<std::string> bodies() {
        const std::lock_guard lock(mutex_);
        return bodies_;
    }
    std::size_t calls() {
        const std::lock_guard lock(mutex_);
        return calls_;
    }

    std::atomic<bool> overlapped{false}; // two sends at once: forbidden

private:
    answer say_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> bodies_;
    std::size_t calls_ = 0;
    bool sending_ = false;
    bool released_ = false;
    bool interrupted_ = false;
};

// No variables of the machine that runs the tests.
inline nanotel::environment no_environment() {
    nanotel::environment e;
    e.get = [](const std::string&) { return std::nullopt; };
    return e;
}

// Options that send nothing by themselves: only a flush, a full batch or a full ring does.
inline nanotel::options quiet_options(std::shared_ptr<nanotel::exporter> destination) {
    nanotel::options o;
    o.service_name = "tests";
    o.exporter = std::move(destination);
    o.schedule_delay = std::chrono::duration_cast<std::chrono::milliseconds>(never);
    o.environment = no_environment();
    // Nor of the machine itself: bodies have the sizes that tests count on.
    o.resource_detectors = nanotel::resource_detector_set::none();
    return o;
}

// The counts of one test: those of the process go on from case to case.
class counts_since {
public:
    counts_since() : before_(nanotel::telemetry{}.stats()) {}
    nanotel::statistics operator()() const {
        nanotel::statistics s = nanotel::telemetry{}.stats();
        s.recorded -= before_.recorded;
        s.delivered -= before_.delivered;
        s.dropped -= before_.dropped;
        s.exports -= before_.exports;
        s.retries -= before_.retries;
        s.bytes_delivered -= before_.bytes_delivered;
        auto& d = s.dropped_by;
        const auto& b = before_.dropped_by;
        d.ring_full -= b.ring_full;
        d.too_large -= b.too_large;
        d.out_of_memory -= b.out_of_memory;
        d.queue_full -= b.queue_full;
        d.rejected -= b.rejected;
        d.undeliverable -= b.undeliverable;
        d.shut_down -= b.shut_down;
        d.interrupting -= b.interrupting;
        d.expired -= b.expired;
        d.damaged -= b.damaged;
        d.filtered -= b.filtered;
        s.recovered -= before_.recovered;
        return s;
    }

private:
    nanotel::statistics before_;
};

inline void check_adds_up(const nanotel::statistics& s) {
    CHECK(s.recorded == s.delivered + s.queued + s.dropped);
    CHECK(s.dropped == s.dropped_by.total());
}

inline void record_spans(int count, nanotel::text name = "work") {
    for (int i = 0; i < count; ++i) nanotel::span s(name);
}

// Hears diagnostics while it lives.
class diagnostics_of_test {
public:
    diagnostics_of_test() { nanotel::set_diagnostic_handler(&hear, this); }
    ~diagnostics_of_test() { nanotel::set_diagnostic_handler(nullptr); }
    diagnostics_of_test(const diagnostics_of_test&) = delete;
    diagnostics_of_test& operator=(const diagnostics_of_test&) = delete;

    bool heard(std::string_view part) const {
        const std::lock_guard lock(mutex_);
        for (const std::string& text : texts_)
            if (text.find(part) != text.npos) return true;
        return false;
    }

private:
    static void hear(nanotel::diagnostic_level, std::string_view text, void* self) {
        auto* const me = static_cast<diagnostics_of_test*>(self);
        const std::lock_guard lock(me->mutex_);
        me->texts_.emplace_back(text);
    }
    mutable std::mutex mutex_;
    std::vector<std::string> texts_;
};

} // namespace nanotel_test
