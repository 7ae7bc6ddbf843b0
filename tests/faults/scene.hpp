// SPDX-License-Identifier: MIT
// What the tests of faults have in common: an application that records, a proxy that does wrong, the real
// Collector behind it, and the account of every span at the end.
#pragma once

#include "collector/collector_process.hpp"
#include "support/fault_proxy.hpp"
#include "support/skip.hpp"

#include <nanotel/nanotel.hpp>
#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib> // getenv
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace nanotel_test {

using namespace std::chrono_literals;

/// Only reached when something hangs.
inline constexpr auto long_enough = 30s;

inline nanotel::environment without_metrics() {
    return {[](const std::string& name) -> std::optional<std::string> {
        if (name == "OTEL_METRICS_EXPORTER") return "none";
        return std::nullopt;
    }};
}

/// The ids of the spans in a body or in a line of the Collector's output.
inline std::vector<std::string> span_ids(std::string_view json) {
    constexpr std::string_view key = "\"spanId\":\"";
    std::vector<std::string> ids;
    for (auto at = json.find(key); at != json.npos; at = json.find(key, at + 1))
        ids.emplace_back(json.substr(at + key.size(), 16));
    return ids;
}

/// What an application recorded, and how long each span took it, in nanoseconds.
struct recorded_spans {
    std::vector<std::string> ids;
    std::vector<std::int64_t> times;
};

inline constinit nanotel::counter<> worked{"faults.worked"};

/// Two threads, in bursts, as servers do; returns when they are done.
inline recorded_spans record_for_a_while(int bursts = 30) {
    using namespace nanotel::literals;
    constexpr int threads = 2;
    std::vector<recorded_spans> parts(threads);
    std::vector<std::thread> workers;
    for (recorded_spans& mine : parts)
        workers.emplace_back([&mine, bursts] {
            for (int burst = 0; burst < bursts; ++burst) {
                for (int i = 0; i < 20; ++i) {
                    const auto begin = std::chrono::steady_clock::now();
                    nanotel::context made;
                    {
                        NANOTEL_SPAN(span, "work", "burst"_attr = burst, "number"_attr = i,
                                     "route"_attr = "/products/{id}");
                        made = span.context();
                        if (i % 10 == 0) {
                            nanotel::span below("step");
                            mine.ids.emplace_back(below.context().span_id.to_hex().c_str());
                        }
                    }
                    worked.add(1, "burst"_attr = burst % 4);
                    mine.times.push_back((std::chrono::steady_clock::now() - begin) / 1ns);
                    mine.ids.emplace_back(made.span_id.to_hex().c_str());
                }
                ::usleep(3'000); // the pace of the load
            }
        });
    for (std::thread& worker : workers) worker.join();
    recorded_spans all;
    for (recorded_spans& part : parts) {
        all.ids.insert(all.ids.end(), part.ids.begin(), part.ids.end());
        all.times.insert(all.times.end(), part.times.begin(), part.times.end());
    }
    return all;
}

/// For a person to read: nothing is asserted of times. A line of the file that NANOTEL_FAULT_REPORT names,
/// which tests/run prints at its end: what half of the spans took at most, 99 %, and the slowest, in
/// microseconds.
inline void report_slowest(std::vector<std::int64_t> quiet, std::vector<std::int64_t> faulty) {
    char line[256];
    int length = 0;
    for (std::vector<std::int64_t>* const times : {&quiet, &faulty}) {
        std::sort(times->begin(), times->end());
        const auto at = [&](double share) {
            const auto place = static_cast<std::size_t>(share * static_cast<double>(times->size() - 1));
            return static_cast<double>((*times)[place]) / 1000;
        };
        length += std::snprintf(line + length, sizeof line - static_cast<std::size_t>(length),
                                "%7.2f %8.2f %8.1f | ", at(0.5), at(0.99), at(1));
    }
    const std::string text =
        line + std::string(doctest::getContextOptions()->currentTest->m_name) + "\n";
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
    const char* const path = std::getenv("NANOTEL_FAULT_REPORT");
    if (path == nullptr) return;
    // Tests run at the same time: a line is one write.
    const int file = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    CHECK(::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(file);
}

/// Ends the attempts of another exporter after a time that may change: short while a peer is silent, since
/// that is what ends an attempt then, and long where a busy machine may take its time.
struct impatient_exporter final : nanotel::exporter {
    explicit impatient_exporter(std::shared_ptr<nanotel::exporter> to) : inner(std::move(to)) {}
    nanotel::export_result send(const nanotel::payload& body,
                                std::chrono::steady_clock::time_point deadline) override {
        return inner->send(body, std::min(deadline, std::chrono::steady_clock::now() + patience.load()));
    }
    std::string_view name() const noexcept override { return inner->name(); }
    std::string description() const override { return inner->description(); }
    void interrupt() noexcept override { inner->interrupt(); }
    void restart_in_child() noexcept override { inner->restart_in_child(); }

    const std::shared_ptr<nanotel::exporter> inner;
    std::atomic<std::chrono::milliseconds> patience{long_enough};
};

inline void check_adds_up(const nanotel::statistics& now) {
    const auto check = [](const nanotel::signal_statistics& of) {
        CAPTURE(of.delivered);
        CAPTURE(of.queued);
        CAPTURE(of.dropped);
        CHECK(of.recorded == of.delivered + of.queued + of.dropped);
        CHECK(of.dropped == of.dropped_by.total());
    };
    check(now);
    check(now.data_points);
}

inline bool adds_up(const nanotel::signal_statistics& of) {
    return of.recorded == of.delivered + of.queued + of.dropped;
}

/// The counts at a quiet moment: two readings in a row are the same, and what a thread was just handing over
/// has reached the other side. Counts that never add up are given back after a time, to be complained of.
inline nanotel::statistics quiet_statistics(const nanotel::telemetry& telemetry) {
    auto last = telemetry.stats();
    for (const auto deadline = std::chrono::steady_clock::now() + long_enough / 3;
         std::chrono::steady_clock::now() < deadline;) {
        ::usleep(30'000); // longer than the schedule delay
        const auto now = telemetry.stats();
        if (now.recorded == last.recorded && now.delivered == last.delivered && now.queued == last.queued &&
            now.dropped == last.dropped && adds_up(now) && adds_up(now.data_points))
            return now;
        last = now;
    }
    return last;
}

template <class Condition>
bool wait_for(Condition holds) {
    for (const auto deadline = std::chrono::steady_clock::now() + long_enough; !holds();) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        ::usleep(2'000);
    }
    return true;
}

/// Hears the diagnostics of the process.
class diagnostics_of_test {
public:
    diagnostics_of_test() {
        nanotel::set_diagnostic_handler(
            [](nanotel::diagnostic_level, std::string_view text, void* user) {
                auto& self = *static_cast<diagnostics_of_test*>(user);
                const std::lock_guard lock(self.mutex_);
                self.said_ += std::string(text) + '\n';
            },
            this);
    }
    diagnostics_of_test(const diagnostics_of_test&) = delete;
    diagnostics_of_test& operator=(const diagnostics_of_test&) = delete;
    ~diagnostics_of_test() { nanotel::set_diagnostic_handler(nullptr); }
    std::string said() const {
        const std::lock_guard lock(mutex_);
        return said_;
    }
    bool heard(std::string_view text) const { return said().find(text) != std::string::npos; }

private:
    mutable std::mutex mutex_;
    std::string said_;
};

/// What is known when all is over.
struct account {
    nanotel::statistics counts;         ///< since the start of the scene's telemetry
    std::set<std::string> recorded;     ///< ids
    std::map<std::string, int> arrived; ///< ids that the Collector wrote out, and how often
    std::set<std::string> missing;      ///< recorded and not arrived
    std::vector<proxied_request> requests;

    bool any_twice() const {
        return std::any_of(arrived.begin(), arrived.end(), [](const auto& each) { return each.second > 1; });
    }
    /// Ids of what the proxy's faults of this kind had in their hands.
    std::set<std::string> ids_of(fault::way how) const {
        std::set<std::string> ids;
        for (const proxied_request& each : requests)
            if (each.how == how)
                for (std::string& id : span_ids(each.body)) ids.insert(std::move(id));
        return ids;
    }
};

/// The Collector, the proxy in front of it, and a quiet phase that is followed by a faulty one.
class scene {
public:
    static constexpr std::uint64_t usual_limit = std::uint64_t{20} << 20;

    explicit scene(const std::string& binary, std::uint64_t largest_body = usual_limit)
        : collector(binary, "faults/collector.yaml.in", {{"@LARGEST_BODY@", std::to_string(largest_body)}}),
          proxy(collector.http_port()) {}

    collector_process collector;
    fault_proxy proxy;
    diagnostics_of_test diagnostics;
    /// Where it is not the proxy.
    std::string endpoint;
    /// Of an attempt in the faulty phase; before and after it an attempt has all the time it needs.
    std::chrono::milliseconds timeout = long_enough;
    /// Changes what the scene has set.
    std::function<void(nanotel::options&)> adjust;
    /// Data points go the same way as the spans. An hour: not in the faulty phase, where faults are counted
    /// out to single requests.
    std::chrono::milliseconds metric_interval{50};

    struct phases {
        /// What goes wrong, and what mends it.
        std::function<void()> harm;
        std::function<void()> mend;
        /// The faulty phase lasts until this holds, since how long that takes is the library's affair.
        /// Nothing: until a payload has been tried again twice.
        std::function<bool(const nanotel::statistics& since_harm)> harmed = {};
        int bursts = 30;
    };

    account play(const phases& what) {
        const auto exporter = std::make_shared<impatient_exporter>(
            nanotel::otlp_http({.endpoint = endpoint.empty() ? proxy.url() : endpoint, .timeout = long_enough},
                               without_metrics()));
        nanotel::options options{.service_name = "faults",
                                 .exporter = exporter,
                                 .schedule_delay = 10ms,
                                 .metric_readers = {{.interval = metric_interval}},
                                 .environment = without_metrics()};
        if (adjust) adjust(options);
        auto telemetry = nanotel::start(std::move(options));
        const auto before = telemetry.stats();
        account result;

        const recorded_spans quiet = record_for_a_while(what.bursts);
        CHECK(telemetry.flush(long_enough));
        check_adds_up(quiet_statistics(telemetry));

        exporter->patience = timeout;
        // Of the attempts under way before, none is left; so each that is harmed ends in that time.
        CHECK(wait_for([&] {
            const auto now = telemetry.stats();
            return now.in_flight + now.data_points.in_flight == 0;
        }));
        what.harm();
        const auto at_harm = telemetry.stats();
        const recorded_spans faulty = record_for_a_while(what.bursts);
        CHECK(wait_for([&] {
            const auto since_harm = since(at_harm, telemetry.stats());
            return what.harmed ? what.harmed(since_harm) : since_harm.retries >= 2;
        }));
        check_adds_up(quiet_statistics(telemetry));

        exporter->patience = long_enough;
        what.mend();
        CHECK(telemetry.flush(long_enough).complete);
        const auto after = quiet_statistics(telemetry);
        check_adds_up(after);
        CHECK(after.queued == 0);
        CHECK(telemetry.shutdown(long_enough).complete);
        check_adds_up(telemetry.stats());
        collector.stop();

        report_slowest(quiet.times, faulty.times);
        result.counts = since(before, telemetry.stats());
        for (const recorded_spans* phase : {&quiet, &faulty})
            result.recorded.insert(phase->ids.begin(), phase->ids.end());
        CHECK(result.counts.recorded == result.recorded.size());
        CHECK(result.counts.queued == 0);
        CHECK(result.counts.data_points.queued == 0);
        CHECK(result.counts.data_points.delivered > 0);
        for (const std::string& line : collector.lines("traces.jsonl"))
            for (const std::string& id : span_ids(line)) ++result.arrived[id];
        for (const auto& each : result.arrived) {
            INFO("span " << each.first << " was never recorded");
            CHECK(result.recorded.count(each.first) == 1);
        }
        for (const std::string& id : result.recorded)
            if (result.arrived.count(id) == 0) result.missing.insert(id);
        result.requests = proxy.log();
        check_nothing_is_sent_after_it_was_taken(result.requests);
        INFO(diagnostics.said());
        CHECK(result.counts.dropped == result.counts.dropped_by.rejected); // nothing was lost on our side
        return result;
    }

    /// The whole account of a fault that may only delay.
    static void check_all_arrived_once(const account& result) {
        CHECK(result.missing.size() == 0);
        CHECK_FALSE(result.any_twice());
        CHECK(result.counts.delivered == result.recorded.size());
        CHECK(result.counts.dropped == 0);
        CHECK(result.counts.data_points.dropped == 0);
    }

private:
    static nanotel::statistics since(const nanotel::statistics& before, nanotel::statistics now) {
        now.recorded -= before.recorded;
        now.delivered -= before.delivered;
        now.dropped -= before.dropped;
        now.dropped_by.rejected -= before.dropped_by.rejected;
        now.retries -= before.retries;
        now.retries += now.data_points.retries - before.data_points.retries; // the oldest may be either
        now.data_points.recorded -= before.data_points.recorded;
        now.data_points.delivered -= before.data_points.delivered;
        now.data_points.dropped -= before.data_points.dropped;
        return now;
    }

    // A body whose 2xx reached the client whole is never sent again. Data points that nothing was added to,
    // at a time that is no later since the clock was set back, are the same text another time.
    static void check_nothing_is_sent_after_it_was_taken(const std::vector<proxied_request>& requests) {
        std::set<std::string> taken;
        for (const proxied_request& each : requests) {
            if (each.body.empty() || each.target != "/v1/traces") continue;
            INFO("request " << each.number << " has a body whose 200 had been heard");
            CHECK(taken.count(each.body) == 0);
            if (each.client_heard / 100 == 2) taken.insert(each.body);
        }
    }
};

} // namespace nanotel_test
