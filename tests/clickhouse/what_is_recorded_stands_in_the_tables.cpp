// SPDX-License-Identifier: MIT
// Compiled alone: it starts the telemetry
#include "exporters/diagnostics_heard.hpp"
#include "support/clickhouse_engine.hpp"
#include "support/fault_proxy.hpp"

#include <nanotel/clickhouse/schema.hpp>
#include <nanotel/exporters/clickhouse.hpp>
#include <nanotel/log.hpp>
#include <nanotel/nanotel.hpp>
#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace nanotel_test;
using namespace nanotel::literals;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

constexpr std::uint64_t noon = 1'700'000'000'123'456'789; // 2023-11-14T22:13:20.123456789Z
std::atomic<std::uint64_t> now{noon};
std::uint64_t injected_clock() noexcept { return now; }
std::atomic<std::uint64_t> last_id{0};
std::uint64_t injected_ids() noexcept { return ++last_id; }

nanotel::options shop(std::shared_ptr<nanotel::exporter> to) {
    now = noon;
    last_id = 0;
    nanotel::options given{
        .service_name = "shop",
        .service_version = "1.2",
        .resource_attributes = {{"project.name", std::string("market")},
                                {"service.namespace", std::string("eu")},
                                {"service.instance.id", std::string("i-1")},
                                {"deployment.environment.name", std::string("staging")},
                                {"host.name", std::string("box")},
                                {"user.id", std::string("u-7")},
                                {"session.id", std::string("s-8")},
                                {"os.type", std::string("linux")},
                                {"os.version", std::string("12")},
                                {"process.runtime.name", std::string("gcc")},
                                {"process.runtime.version", std::string("12.2")},
                                {"cloud.provider", std::string("aws")},
                                {"cloud.region", std::string("eu-1")},
                                {"cloud.availability_zone", std::string("eu-1a")}},
        .resource_detectors = nanotel::resource_detector_set::none(),
        .exporter = std::move(to),
        .schedule_delay = 1h,
        .metric_readers = {{.interval = 1h, .temporality = nanotel::temporality_preference::delta}},
        .clock = &injected_clock,
        .id_source = &injected_ids,
        .environment = {[](const std::string&) { return std::optional<std::string>(); }}};
    return given;
}

enum class method { card, cash };
constinit nanotel::counter<std::uint64_t, nanotel::label<"payment.method", method>> orders{
    "orders", {.unit = "{order}", .description = "Orders placed"}};
constinit nanotel::gauge<double> stock{"stock"};
constinit nanotel::histogram<> latency{"latency", {.unit = "s", .bounds = {1, 10}}};
constinit nanotel::exponential_histogram<> size{"size"};

} // namespace

TEST_CASE("every column of every row is what was recorded, and nothing is lost while the database is away") {
    const std::string python = real_chdb();
    if (python.empty()) return;
    clickhouse_engine engine(python);
    for (const std::string& statement : nanotel::clickhouse_schema({.ttl_days = 0})) engine.query(statement);
    fault_proxy proxy(engine.port());
    auto telemetry = nanotel::start(shop(nanotel::clickhouse_exporter({.endpoint = proxy.url()})));
    const auto before = telemetry.stats();
    {
        const nanotel::span parent("checkout");
        nanotel::span span({.name = "pay", .kind = nanotel::span_kind::client}, "cart.items"_attr = 3,
                           "gift"_attr = true, "total"_attr = 19.5, "who"_attr = "an\"n\n");
        now += 12'345'678;
        span.set_status(nanotel::status_code::error, "no stock");
        NANOTEL_LOG_WARN("order {} of {} failed", 17, "ann", "retry"_attr = false);
        orders.add(5, method::card);
        stock.set(2.5, "item"_attr = "book");
        latency.record(0.5);
        latency.record(20);
        size.record(3);
    }
    proxy.refuse();
    CHECK_FALSE(telemetry.flush(300ms));
    const auto waiting = telemetry.stats();
    CHECK(waiting.recorded - before.recorded == 2);
    CHECK(waiting.queued - before.queued == 2);
    CHECK(waiting.delivered == before.delivered);
    proxy.accept_again();
    CHECK(bool(telemetry.flush(60s)));
    const auto told = telemetry.stats();
    CHECK(told.delivered - before.delivered == 2);
    CHECK(told.dropped == before.dropped);
    CHECK(told.recorded == told.delivered + told.queued + told.dropped);
    CHECK(told.logs.delivered - before.logs.delivered == 1);
    CHECK(told.logs.recorded == told.logs.delivered + told.logs.queued + told.logs.dropped);
    CHECK(told.data_points.recorded ==
          told.data_points.delivered + told.data_points.queued + told.data_points.dropped);
    CHECK(told.data_points.delivered - before.data_points.delivered >= 4);

    const std::string origin =
        "project_name, project_version, service_name, environment, hostname, user_id, session_id, "
        "os_type, os_version, runtime_name, runtime_version, cloud_provider, cloud_region, "
        "cloud_availability_zone, instrumentation_library_name, instrumentation_library_version";
    const std::string of_shop =
        "market\t1.2\tshop\tstaging\tbox\tu-7\ts-8\tlinux\t12\tgcc\t12.2\taws\teu-1\teu-1a\t\t";
    CHECK(engine.query("SELECT span_name, span_kind, toUnixTimestamp(timestamp), timestamp_ns, duration_ms, "
                       "status_code, "
                       "status_message, toJSONString(attributes), " +
                       origin + " FROM telemetry.traces ORDER BY span_name") ==
          lines{"checkout\tINTERNAL\t1700000000\t1700000000123456789\t12\tOK\t\t{}\t" + of_shop,
                "pay\tCLIENT\t1700000000\t1700000000123456789\t12\tERROR\tno stock\t"
                R"({"cart.items":"3","gift":"true","total":"19.5","who":"an\\"n\\n"})"
                "\t" +
                    of_shop});
    // The ids are those of one trace, and the log record's are those of the span around it.
    CHECK(
        engine.value(
            "SELECT count() FROM telemetry.traces AS child JOIN telemetry.traces AS parent "
            "ON child.parent_span_id = parent.span_id AND child.trace_id = parent.trace_id "
            "JOIN telemetry.logs AS log ON log.span_id = child.span_id AND log.trace_id = child.trace_id "
            "WHERE child.span_name = 'pay' AND parent.span_name = 'checkout' AND parent.parent_span_id = '' "
            "AND length(child.trace_id) = 32 AND length(child.span_id) = 16") == "1");
    CHECK(engine.query(
              "SELECT toUnixTimestamp(timestamp), timestamp_ns, toUnixTimestamp(observed_timestamp), "
              "observed_timestamp_ns, severity_text, severity_number, body, body_type, exception_type, "
              "exception_message, exception_stacktrace, is_exception, source_line > 0, "
              "endsWith(source_file, 'what_is_recorded_stands_in_the_tables.cpp'), flags, "
              "attributes['retry'], attributes['code.line.number'] = toString(source_line), length(log_id), "
              "service_namespace, service_instance_id, schema_url, " +
              origin + " FROM telemetry.logs") ==
          lines{"1700000000\t1700000000135802467\t1700000000\t1700000000135802467\tWARN\t13\torder 17 of ann "
                "failed\tSTRING"
                "\t\t\t\t0\t1\t1\t3\tfalse\t1\t32\teu\ti-1\t\t" +
                of_shop});
    CHECK(
        engine.query(
            "SELECT metric_name, metric_type, metric_unit, metric_description, toUnixTimestamp(timestamp), "
            "timestamp_ns, toUnixTimestamp(time_window_start), toUnixTimestamp(time_window_end), value_int, "
            "value_double, is_monotonic, aggregation_temporality, histogram_count, histogram_sum, "
            "histogram_min, "
            "histogram_max, histogram_bucket_counts, histogram_explicit_bounds, summary_count, summary_sum, "
            "quantile_values, toJSONString(attributes), length(metric_id), service_namespace, "
            "service_instance_id, schema_url, " +
            origin +
            " FROM telemetry.metrics "
            "WHERE metric_name IN ('orders', 'stock', 'latency') ORDER BY metric_name") ==
        lines{"latency\tHISTOGRAM\ts\t\t1700000000\t1700000000135802467\t1700000000\t1700000000\t0\t0\t0\tDEL"
              "TA\t2\t20.5\t0.5"
              "\t20\t[1,0,1]\t[1,10]\t0\t0\t{}\t{}\t32\teu\ti-1\t\t" +
                  of_shop,
              "orders\tSUM\t{order}\tOrders "
              "placed\t1700000000\t1700000000135802467\t1700000000\t1700000000\t5\t5\t1\tDELTA"
              "\t0\t0\t0\t0\t[]\t[]\t0\t0\t{}\t"
              R"({"payment.method":"card"})"
              "\t32\teu\ti-1\t\t" +
                  of_shop,
              "stock\tGAUGE\t\t\t1700000000\t1700000000135802467\t1700000000\t1700000000\t0\t2."
              "5\t0\tUNSPECIFIED\t0\t0\t0\t0"
              "\t[]\t[]\t0\t0\t{}\t"
              R"({"item":"book"})"
              "\t32\teu\ti-1\t\t" +
                  of_shop});
    // At whatever scale, the one value lies between the bounds around the one count.
    CHECK(engine.value(
              "SELECT metric_type, histogram_count, histogram_sum, arraySum(histogram_bucket_counts), "
              "length(histogram_bucket_counts) - length(histogram_explicit_bounds), "
              "histogram_explicit_bounds[indexOf(histogram_bucket_counts, 1)] >= 3 AND "
              "histogram_explicit_bounds[indexOf(histogram_bucket_counts, 1) - 1] < 3 "
              "FROM telemetry.metrics WHERE metric_name = 'size'") == "EXPONENTIAL_HISTOGRAM\t1\t3\t1\t1\t1");
    CHECK(telemetry.shutdown(60s).complete);
}

TEST_CASE(
    "OTLP and ClickHouse are served from one recording, each in its own form, also what waited on disk") {
    const std::string python = real_chdb();
    if (python.empty()) return;
    clickhouse_engine engine(python);
    for (const std::string& statement : nanotel::clickhouse_schema({.ttl_days = 0, .rollups = false}))
        engine.query(statement);
    fault_proxy proxy(engine.port());
    const temporary_folder folder;
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    const auto both = [&] {
        nanotel::options given = shop(nullptr);
        given.destinations = {
            {.exporter = memory, .name = "one"},
            {.exporter = nanotel::clickhouse_exporter({.endpoint = proxy.url(), .max_rows = 2}),
             .name = "other"}};
        given.spool.directory = folder / "spool";
        return given;
    };
    proxy.refuse();
    {
        // What waits for an OTLP receiver of the same name is not for ClickHouse, though it finds it on disk.
        nanotel::options given = shop(nullptr);
        given.destinations = {{.exporter = nanotel::otlp_http({.endpoint = proxy.url()}), .name = "other"}};
        given.spool.directory = folder / "spool";
        auto telemetry = nanotel::start(given);
        { NANOTEL_SCOPED_SPAN("foreign"); }
        telemetry.shutdown(300ms);
    }
    {
        auto telemetry = nanotel::start(both());
        for (int i = 0; i < 5; ++i) {
            NANOTEL_SCOPED_SPAN("row", "i"_attr = i);
        }
        orders.add(1, method::cash);
        telemetry.shutdown(1s);
    }
    CHECK(memory->spans().size() == 5);
    proxy.accept_again();
    {
        auto telemetry = nanotel::start(both());
        CHECK(telemetry.flush(60s).complete);
        CHECK(telemetry.shutdown(60s).complete);
    }
    for (const proxied_request& one : proxy.log()) CHECK(one.body.find("resourceSpans") == std::string::npos);
    CHECK(engine.value("SELECT count(), uniqExact(attributes['i']) FROM telemetry.traces") == "5\t5");
    CHECK(engine.value("SELECT sum(value_int) FROM telemetry.metrics WHERE metric_name = 'orders'") == "1");
    std::size_t rows = 0;
    for (const proxied_request& one : proxy.log())
        if (one.receiver_said == 200 && one.target.find("traces") != std::string::npos && one.body_bytes != 0)
            ++rows;
    CHECK(rows == 3); // of two rows each at most
}

TEST_CASE("spans for a table that is not there are counted as rejected, and the others go on") {
    const std::string python = real_chdb();
    if (python.empty()) return;
    clickhouse_engine engine(python);
    for (const std::string& statement : nanotel::clickhouse_schema({.ttl_days = 0, .rollups = false}))
        engine.query(statement);
    diagnostics_heard heard;
    auto telemetry = nanotel::start(
        shop(nanotel::clickhouse_exporter({.endpoint = engine.endpoint(), .traces_table = "nowhere"})));
    const auto before = telemetry.stats();
    {
        NANOTEL_SCOPED_SPAN("lost");
        NANOTEL_LOG_INFO("kept");
    }
    const auto flushed = telemetry.flush(60s);
    CHECK(flushed.complete);
    CHECK_FALSE(bool(flushed));
    const auto after = telemetry.stats();
    CHECK(after.recorded - before.recorded == 1);
    CHECK(after.dropped - before.dropped == 1);
    CHECK(after.dropped_by.rejected - before.dropped_by.rejected == 1);
    CHECK(after.recorded == after.delivered + after.queued + after.dropped);
    CHECK(engine.value("SELECT body FROM telemetry.logs") == "kept");
    CHECK(heard.text().find("1 of 1 spans dropped: " + engine.endpoint() +
                            " did not take rows for telemetry.nowhere (Code: 60.") != std::string::npos);
    CHECK(telemetry.shutdown(60s).complete);
}
