#include "collector/collector_process.hpp"

#include <nanotel/exporters/memory.hpp>
#include <nanotel/nanotel.hpp>
#include <nanotel/otlp/decode_metrics.hpp>
#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace nanotel::literals;
using namespace std::chrono_literals;

namespace measuring_library {

NANOTEL_INSTRUMENTATION_SCOPE("measuring.library", "1.2.3", "https://example.com/schema/1",
                              "scope.number"_attr = 7, "scope.text"_attr = "quote \" and backslash \\");

enum class outcome { done, failed };

inline constinit nanotel::counter<std::uint64_t, nanotel::label<"outcome", outcome>,
                                  nanotel::label<"first", bool>>
    jobs{"jobs", {.unit = "{job}", .description = "With \"quotes\" and\na line", .scope = NANOTEL_SCOPE}};
inline constinit nanotel::up_down_counter<double> balance{"balance", {.unit = "EUR", .scope = NANOTEL_SCOPE}};
inline constinit nanotel::histogram<> duration{"duration",
                                               {.unit = "s", .scope = NANOTEL_SCOPE, .bounds = {0.1, 1, 10}}};
inline constinit nanotel::exponential_histogram<> size{"size", {.unit = "By", .scope = NANOTEL_SCOPE}};
inline constinit nanotel::observable_counter<> faults{"faults", {.scope = NANOTEL_SCOPE}};

} // namespace measuring_library

namespace {

constinit nanotel::gauge<> level{"level"};
constinit nanotel::gauge<std::int64_t> whole_level{"whole.level"};
constinit nanotel::observable_up_down_counter<> open_files{"open.files"};
constinit nanotel::observable_gauge<> temperature{"temperature", {.unit = "Cel"}};

// Hands each body to two: to the Collector, and to whom it is compared with.
class both final : public nanotel::exporter {
public:
    both(std::shared_ptr<nanotel::exporter> real, std::shared_ptr<nanotel::memory_exporter> kept)
        : real_(std::move(real)), kept_(std::move(kept)) {}
    nanotel::export_result send(const nanotel::payload& body,
                                std::chrono::steady_clock::time_point deadline) override {
        static_cast<void>(kept_->send(body, deadline));
        return real_->send(body, deadline);
    }
    std::string_view name() const noexcept override { return "both"; }
    std::string description() const override { return "both"; }

private:
    std::shared_ptr<nanotel::exporter> real_;
    std::shared_ptr<nanotel::memory_exporter> kept_;
};

// All that a point says, so that two are the same where their texts are.
std::string to_text(const nanotel::finished_point& point) {
    std::ostringstream out;
    out.precision(17);
    const auto list = [&](const auto& values) {
        out << '[';
        for (const auto& each : values) out << each << ' ';
        out << "] ";
    };
    const auto sorted = [&](const nanotel::attribute_list& attributes) {
        std::set<std::string> all;
        for (const auto& [key, value] : attributes) {
            std::ostringstream one;
            one << key << '=' << value;
            all.insert(one.str());
        }
        list(all);
    };
    sorted(point.attributes);
    out << point.start_time_unix_nano << ' ' << point.time_unix_nano << ' ' << point.flags << ' '
        << point.value << ' ' << point.count << ' ' << point.sum.value_or(-1) << ' ' << point.min.value_or(-1)
        << ' ' << point.max.value_or(-1) << ' ';
    list(point.bucket_counts);
    list(point.explicit_bounds);
    out << point.scale << ' ' << point.zero_count << ' ' << point.zero_threshold << ' '
        << point.positive.offset << ' ' << point.negative.offset << ' ';
    list(point.positive.counts);
    list(point.negative.counts);
    for (const auto& exemplar : point.exemplars) {
        out << "exemplar " << exemplar.value << ' ' << exemplar.time_unix_nano << ' ' << exemplar.trace_id
            << ' ' << exemplar.span_id << ' ';
        sorted(exemplar.filtered_attributes);
    }
    return out.str();
}

std::multiset<std::string> to_texts(const std::vector<nanotel::finished_metric>& metrics) {
    std::multiset<std::string> all;
    for (const auto& metric : metrics)
        for (const auto& point : metric.points) {
            std::ostringstream out;
            out << metric.name << " [" << metric.unit << "] " << metric.description << ' '
                << static_cast<int>(metric.kind) << ' '
                << (metric.temporality ? static_cast<int>(*metric.temporality) : -1) << ' '
                << metric.monotonic << ' ' << metric.scope.name << ' ' << metric.scope.version << ' '
                << metric.scope.schema_url << ' ' << metric.scope.attributes << ' ' << to_text(point);
            all.insert(out.str());
        }
    return all;
}

std::atomic<int> rounds;

void record_round(std::set<std::string>& sampled) {
    using namespace measuring_library;
    ++rounds;
    NANOTEL_SPAN(span, "round");
    sampled.insert(span.context().trace_id.to_hex().c_str());
    const std::string text = "dynamic \"" + std::to_string(rounds) + "\" \\ Zürich 😀";
    for (int i = 0; i < 100; ++i) {
        jobs.add(1, i % 3 == 0 ? outcome::failed : outcome::done, i == 0);
        balance.add(i % 2 == 0 ? 0.5 : -0.25, "text"_attr = text, "number"_attr = i % 2, "ratio"_attr = 0.5,
                    "flag"_attr = true);
        duration.record(i * 0.125, "list"_attr = {1, 2, 3});
        size.record(i % 10 == 0 ? 0 : i % 10 == 1 ? -i * 0.37 : i * 1.1);
    }
    level.set(-0.1 * rounds, "text"_attr = text);
    whole_level.set(std::numeric_limits<std::int64_t>::min());
}

void send_and_compare(nanotel::temporality_preference temporality) {
    const std::string binary = nanotel_test::real_collector();
    if (binary.empty()) return;
    nanotel_test::collector_process collector(binary);
    const auto kept = std::make_shared<nanotel::memory_exporter>();
    std::set<std::string> sampled;
    rounds = 0;
    std::vector<nanotel::callback_guard> guards;
    guards.push_back(measuring_library::faults.observe([](const auto& observer) {
        observer.observe(rounds * 10, "kind"_attr = "minor");
        observer.observe(rounds.load(), "kind"_attr = "major");
    }));
    guards.push_back(open_files.observe([](const auto& observer) { observer.observe(-rounds); }));
    guards.push_back(
        temperature.observe([](const auto& observer) { observer.observe(1.0 / 3 * rounds, "at"_attr = 1); }));
    {
        auto telemetry =
            nanotel::start({.service_name = "shop",
                            .exporter = std::make_shared<both>(
                                nanotel::otlp_http({.endpoint = collector.http_endpoint()}), kept),
                            .metric_readers = {{.temporality = temporality}}});
        for (int round = 0; round < 3; ++round) {
            record_round(sampled);
            if (round == 1) std::thread([&] { record_round(sampled); }).join();
            REQUIRE(telemetry.flush(30s).complete);
        }
        const auto result = telemetry.shutdown(30s);
        CHECK(result.complete);
        CHECK(result.dropped == 0);
    }
    collector.stop();

    std::vector<nanotel::finished_metric> found;
    for (const std::string& line : collector.lines("metrics.jsonl")) {
        auto decoded = nanotel::decode_metrics(line);
        INFO(decoded.error);
        REQUIRE(decoded);
        for (auto& metric : decoded.metrics) found.push_back(std::move(metric));
    }
    const auto sent = kept->metrics();
    CHECK(to_texts(found) == to_texts(sent));

    // And what was sent is what was recorded: 4 rounds in 3 collections, the second with two of them.
    const bool is_delta = temporality != nanotel::temporality_preference::cumulative;
    std::map<std::string, double> totals;
    std::set<std::string> exemplar_traces;
    for (const auto& metric : found) {
        CHECK(metric.resource["service.name"] == "shop");
        CHECK(metric.resource["deployment.environment"] == "production");
        const bool changes = metric.name == "jobs" || metric.name == "duration" || metric.name == "size";
        if (changes) CHECK((metric.temporality == nanotel::temporality::delta) == is_delta);
        double sum = 0; // of whole numbers, and counts
        for (const auto& point : metric.points) {
            const auto* const whole = point.value.get_if<std::int64_t>();
            sum += static_cast<double>(whole ? *whole : static_cast<std::int64_t>(point.count));
            std::uint64_t in_buckets = point.zero_count;
            for (const auto* const side :
                 {&point.bucket_counts, &point.positive.counts, &point.negative.counts})
                for (const std::uint64_t each : *side) in_buckets += each;
            if (changes && metric.name != "jobs") CHECK(in_buckets == point.count);
            for (const auto& exemplar : point.exemplars) exemplar_traces.insert(exemplar.trace_id);
        }
        if (is_delta)
            totals[metric.name] += sum;
        else
            totals[metric.name] = std::max(totals[metric.name], sum);
    }
    CHECK(totals["jobs"] == 400);
    CHECK(totals["duration"] == 400);
    CHECK(totals["size"] == 400);
    CHECK(totals["faults"] == 44);
    CHECK(!exemplar_traces.empty());
    for (const std::string& trace : exemplar_traces) CHECK(sampled.count(trace) == 1);
    std::set<std::string> names;
    for (const auto& metric : found) names.insert(metric.name);
    CHECK(names == std::set<std::string>{"balance", "duration", "faults", "jobs", "level", "open.files",
                                         "size", "temperature", "whole.level"});
}

} // namespace

TEST_CASE("cumulative metrics come out of a real Collector as they were sent") {
    send_and_compare(nanotel::temporality_preference::cumulative);
}

TEST_CASE("deltas of metrics come out of a real Collector as they were sent") {
    send_and_compare(nanotel::temporality_preference::delta);
}
