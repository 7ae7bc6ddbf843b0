// SPDX-License-Identifier: MIT
#include "user.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace nanotel::literals;
using namespace std::chrono_literals;
using nanotel_test::user;

namespace {

// A destination that answers when it is told to, or gives up when a shutdown has no more time for it.
class waiting_exporter final : public nanotel::exporter {
public:
    nanotel::export_result send(const nanotel::payload&, std::chrono::steady_clock::time_point) override {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return answers_ || gave_up_; });
        return {};
    }
    std::string_view name() const noexcept override { return "waiting"; }
    std::string description() const override { return "waiting"; }
    void interrupt() noexcept override {
        const std::lock_guard lock(mutex_);
        gave_up_ = !answers_;
        changed_.notify_all();
    }

    void answer() {
        const std::lock_guard lock(mutex_);
        answers_ = true;
        changed_.notify_all();
    }
    bool gave_up() const {
        const std::lock_guard lock(mutex_);
        return gave_up_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool answers_ = false, gave_up_ = false;
};

} // namespace

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("the status is told while another thread waits for the end of what it switches off") {
    user ada;
    const auto exporter = std::make_shared<waiting_exporter>();
    automagik::client_options options = ada.options();
    options.shutdown_timeout = 30s;
    options.adjust = [&](nanotel::options& o) { o.destinations.front().exporter = exporter; };
    automagik::telemetry client(options);
    client.track_event("last");
    bool saved = false;
    std::thread ending([&] { saved = client.disable(); });
    while (client.is_enabled()) std::this_thread::yield(); // from here on it waits for the exporter
    const auto status = client.status();
    CHECK_FALSE(status.enabled);
    CHECK(status.decision.by == automagik::decided_by::program);
    CHECK_FALSE(status.decision.enabled);
    CHECK_FALSE(exporter->gave_up()); // which it does where the status waited for the shutdown
    exporter->answer();
    ending.join();
    CHECK(saved);
}

TEST_CASE("a client is switched on and off while other threads track, flush and ask how it is") {
    user ada;
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    automagik::client_options options = ada.options(memory);
    options.shutdown_timeout = 60s;
    automagik::telemetry client(options);
    std::atomic<bool> stop{false};
    std::vector<std::thread> running;
    running.emplace_back([&] {
        while (!stop) {
            client.track_event("tracked", "n"_attr = 1);
            client.track_metric("counted", 1, automagik::metric_type::counter);
            client.track_log("logged");
            std::this_thread::yield();
        }
    });
    running.emplace_back([&] {
        while (!stop) {
            const auto status = client.status();
            CHECK(status.user_id.size() == 36);
            std::this_thread::yield();
        }
    });
    running.emplace_back([&] {
        while (!stop) static_cast<void>(client.flush(60s));
    });
    std::vector<std::thread> changing;
    for (int t = 0; t < 2; ++t)
        changing.emplace_back([&] {
            for (int i = 0; i < 5; ++i) {
                client.disable();
                client.enable();
            }
        });
    for (auto& thread : changing) thread.join();
    stop = true;
    for (auto& thread : running) thread.join();
    // Whoever was last has said yes.
    REQUIRE(client.is_enabled());
    CHECK(client.status().decision.enabled);
    memory->clear();
    client.track_event("after all");
    CHECK(client.flush(60s));
    const auto spans = memory->spans();
    REQUIRE_FALSE(spans.empty());
    CHECK(spans.back().name == "after all");
}

TEST_SUITE_END();
