// SPDX-License-Identifier: MIT
// Everything that one run of the receiver has seen, from any thread.
#pragma once

#include "exemplar_store.hpp"
#include "log_store.hpp"
#include "series_store.hpp"
#include "span_store.hpp"
#include "strict_check.hpp"
#include "violation_log.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace receiver {

struct totals {
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0; // of bodies, after decompression
    std::uint64_t spans = 0;
    std::uint64_t metrics = 0;
    std::uint64_t data_points = 0;
    std::uint64_t logs = 0;
    std::chrono::steady_clock::time_point first; // when the first and the last request were there
    std::chrono::steady_clock::time_point last;
};

/// Gathers results and prints violations as they come, each rule a limited number of times.
class session {
public:
    /// `noun` says what one document is, for messages: "request" or "line".
    explicit session(std::string noun) : noun_(std::move(noun)) {}

    void add(signal kind, std::size_t bytes, check_result&& result, violation_log&& found) {
        const std::lock_guard lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        if (totals_.requests++ == 0) totals_.first = now;
        totals_.last = now;
        totals_.bytes += bytes;
        auto& records = kind == signal::traces    ? totals_.spans
                        : kind == signal::metrics ? totals_.metrics
                                                  : totals_.logs;
        records += result.records;
        totals_.data_points += result.metrics.data_points;
        spans_.add(std::move(result.spans));
        logs_.add(std::move(result.logs));
        const auto prefix = fmt::format("{} {} ", noun_, totals_.requests);
        exemplars_.add(result.metrics, prefix);
        for (auto& metric : result.metrics.metrics) series_.add(found, std::move(metric));
        report(std::move(found), prefix);
    }

    /// Violations that belong to no document.
    void add(violation_log&& found) {
        const std::lock_guard lock(mutex_);
        report(std::move(found), "");
    }

    /// Judges what only the end of the run can tell: whether the traces of exemplars have come.
    void close() {
        const std::lock_guard lock(mutex_);
        violation_log found;
        exemplars_.judge(found, spans_);
        report(std::move(found), "");
    }

    // For the end of the run, when no other thread adds any more.
    [[nodiscard]] const totals& counts() const { return totals_; }
    [[nodiscard]] const violation_log& violations() const { return violations_; }
    [[nodiscard]] span_store& spans() { return spans_; }
    [[nodiscard]] const log_store& logs() const { return logs_; }
    [[nodiscard]] const series_store& series() const { return series_; }
    [[nodiscard]] const exemplar_store& exemplars() const { return exemplars_; }
    [[nodiscard]] std::string_view noun() const { return noun_; }

private:
    void report(violation_log&& found, std::string_view prefix) {
        if (found.total() == 0) return;
        const auto news = violations_.merge(std::move(found), prefix);
        for (const auto& v : news) {
            fmt::print(stderr, "violation {}: {} = {} ({})\n", text_of(v.broken).name, v.path, v.value,
                       text_of(v.broken).says);
        }
        if (!news.empty() && violations_.keeps_no_more(news.back().broken)) {
            fmt::print(stderr, "violation {}: more of these are counted, not shown\n",
                       text_of(news.back().broken).name);
        }
        std::fflush(stderr);
    }

    std::string noun_;
    std::mutex mutex_;
    totals totals_;
    violation_log violations_;
    span_store spans_;
    log_store logs_;
    series_store series_;
    exemplar_store exemplars_;
};

} // namespace receiver
