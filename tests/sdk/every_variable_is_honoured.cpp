// SPDX-License-Identifier: MIT
// Every environment variable that start reads, each set well, set wrong and set to nothing.
#include "exporters/diagnostics_heard.hpp"

#include <nanotel/pipeline/configuration.hpp>
#include <nanotel/pipeline/process_resource.hpp>

#include <nanotel/exporters/prometheus.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <string>

using namespace nanotel::detail;
using nanotel_test::diagnostics_heard;

namespace {

using variables = std::map<std::string, std::string>;

nanotel::options options_with(const variables& set) {
    nanotel::options given;
    given.environment = {[set](const std::string& name) -> std::optional<std::string> {
        const auto found = set.find(name);
        if (found == set.end()) return std::nullopt;
        return found->second;
    }};
    return given;
}

// What a configuration comes to, as text.
using effect = std::function<std::string(nanotel::options)>;

std::string number(std::chrono::milliseconds time) { return std::to_string(time.count()); }

effect attribute(const char* key) {
    return [key](nanotel::options o) -> std::string {
        const nanotel::resource described = make_resource(o, "an-instance");
        const auto* const value = described.find(key);
        return value == nullptr ? "(none)" : std::get<std::string>(*value);
    };
}
effect limit(std::uint32_t nanotel::span_limits::* member) {
    return [member](nanotel::options o) { return std::to_string(make_limits(o).*member); };
}
effect exporters(const char* of) {
    return [signal = std::string(of)](nanotel::options o) {
        choose_readers(o);
        std::string names;
        for (const auto& each : destinations_of(o)) {
            const bool takes = signal == "traces"    ? each.signals.traces
                               : signal == "metrics" ? each.signals.metrics && !make_metric_readers(o).empty()
                                                     : each.signals.logs;
            if (takes) names += (names.empty() ? "" : " ") + std::string(each.exporter->name());
        }
        if (signal == "metrics" && !o.pull_readers.empty())
            names += (names.empty() ? "" : " ") + std::string("pull");
        return names.empty() ? "(none)" : names;
    };
}
template <class Choose>
effect reader(Choose choose) {
    return [choose](nanotel::options o) {
        choose_readers(o);
        return choose(make_metric_readers(o).at(0));
    };
}
template <class Choose>
effect target(nanotel::signal of, Choose choose) {
    return [of, choose](nanotel::options o) {
        return choose(otlp_http_resolver({}, o.environment).resolve(of));
    };
}

struct row {
    std::string name;
    effect value_of;
    std::string by_default;
    std::string good;
    std::string then;
    std::string bad = {};     // none: every value is good
    std::string instead = {}; // what the diagnostic says that is used
    variables others = {};    // that are set too
};

std::vector<row> rows() {
    using nanotel::signal;
    const auto collecting = [](nanotel::options o) {
        return number(
            std::chrono::duration_cast<std::chrono::milliseconds>(make_collector_options(o).schedule_delay));
    };
    const auto enabled = [](nanotel::options o) { return std::string(is_enabled(o) ? "on" : "off"); };
    const auto level = [](nanotel::options o) {
        follow_log_level(o.environment);
        const diagnostics_heard ears;
        diagnose(nanotel::diagnostic_level::info, "probe", "probe");
        return std::string(ears.lines().empty() ? "quiet" : "loud");
    };
    std::vector<row> all{
        {"OTEL_SDK_DISABLED", enabled, "on", "TRUE", "off", "1", "counts as false"},
        {"TELEMETRY_ENABLED", enabled, "on", "False", "off", "0", "true"},
        {"OTEL_LOG_LEVEL", level, "loud", "error", "quiet", "loud", "info"},
        {"OTEL_SERVICE_NAME", attribute("service.name"), resource_detector::fallback_service_name({}), "shop",
         "shop"},
        {"OTEL_RESOURCE_ATTRIBUTES", attribute("team"), "(none)", "team=a%20b", "a b", "team=%zz", "ignored"},
        {"OTEL_RESOURCE_DETECTORS", attribute("service.instance.id"), "an-instance", "os", "(none)", "moon",
         "all"},
        {"ENVIRONMENT", attribute("deployment.environment.name"), "(none)", "staging", "staging"},
        {"OTEL_TRACES_EXPORTER", exporters("traces"), "otlp_http", "console, OTLP,console",
         "otlp_http console", "zipkin", "otlp"},
        {"OTEL_METRICS_EXPORTER", exporters("metrics"), "otlp_http", "prometheus,otlp/stdout",
         "otlp_stdout pull", "logging", "otlp"},
        {"OTEL_LOGS_EXPORTER", exporters("logs"), "otlp_http", "none", "(none)", "prometheus", "otlp"},
        {"OTEL_BSP_SCHEDULE_DELAY", collecting, "5000", "1234", "1234", "-1", "5000"},
        {"OTEL_BSP_EXPORT_TIMEOUT",
         [](nanotel::options o) { return number(make_sender_options(o).export_timeout); }, "30000", "4321",
         "4321", "1s", "30000"},
        {"OTEL_BSP_MAX_QUEUE_SIZE",
         [](nanotel::options o) { return std::to_string(make_queue_options(o).items); }, "0", "88", "88", "0",
         "options::max_queue_bytes"},
        {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
         [](nanotel::options o) { return std::to_string(make_stream_options(o).batch_items); }, "0", "77",
         "77", "many", "options::max_export_batch_bytes"},
        {"OTEL_METRIC_EXPORT_INTERVAL", reader([](const auto& r) { return number(*r.interval); }), "60000",
         "1500", "1500", "1.5", "60000"},
        {"OTEL_METRIC_EXPORT_TIMEOUT", reader([](const auto& r) { return number(*r.timeout); }), "30000",
         "2500", "2500", "x", "30000"},
        {"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
         reader([](const auto& r) { return std::to_string(static_cast<int>(*r.temporality)); }),
         std::to_string(static_cast<int>(nanotel::temporality_preference::cumulative)), "LowMemory",
         std::to_string(static_cast<int>(nanotel::temporality_preference::low_memory)), "often",
         "cumulative"},
        {"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", reader([](const auto& r) {
             return std::string(*r.histograms == nanotel::histogram_aggregation::exponential ? "exponential"
                                                                                             : "explicit");
         }),
         "explicit", "base2_exponential_bucket_histogram", "exponential", "linear",
         "explicit_bucket_histogram"},
        {"OTEL_METRICS_EXEMPLAR_FILTER",
         [](nanotel::options o) {
             return std::to_string(static_cast<int>(make_stream_settings(o, {}).filter));
         },
         std::to_string(static_cast<int>(nanotel::exemplar_filter::trace_based)), "always_off",
         std::to_string(static_cast<int>(nanotel::exemplar_filter::always_off)), "sometimes", "trace_based"},
        {"OTEL_EXPORTER_OTLP_PROTOCOL",
         [](nanotel::options o) {
             static_cast<void>(otlp_http_resolver({}, o.environment).resolve(signal::traces));
             return std::string("http/json");
         },
         "http/json", "HTTP/JSON", "http/json", "grpc", "http/json"},
    };
    const auto propagators = [](nanotel::options o) {
        std::string fields;
        propagator_list::for_each(make_propagators(o), [&](auto one) {
            one.for_each_field(
                [&](const char* name) { fields += (fields.empty() ? "" : " ") + std::string(name); });
        });
        return fields.empty() ? "(none)" : fields;
    };
    const std::string w3c = "traceparent tracestate baggage";
    all.insert(all.end(), {{"OTEL_PROPAGATORS", propagators, w3c, " B3 ,baggage,b3", "b3 baggage", "jaeger",
                            "tracecontext,baggage"},
                           {"OTEL_PROPAGATORS", propagators, w3c, "none", "(none)", "tracecontex,xray",
                            "tracecontext,baggage"}});
    const auto batch_items = [](nanotel::options o) { return std::to_string(make_log_batch(o).items); };
    const auto batch_timeout = [](nanotel::options o) {
        return number(std::chrono::duration_cast<std::chrono::milliseconds>(make_log_batch(o).timeout));
    };
    const auto log_delay = [](nanotel::options o) {
        return number(std::chrono::duration_cast<std::chrono::milliseconds>(log_schedule_delay(o)));
    };
    const auto log_queue = [](nanotel::options o) { return std::to_string(make_queue_options(o).logs); };
    all.insert(all.end(),
               {{"OTEL_BLRP_SCHEDULE_DELAY", log_delay, "1000", "1234", "1234", "-1", "1000"},
                {"OTEL_BLRP_EXPORT_TIMEOUT", batch_timeout, "30000", "4321", "4321", "1s", "30000"},
                {"OTEL_BLRP_MAX_QUEUE_SIZE", log_queue, "0", "88", "88", "0", "options::max_queue_bytes"},
                {"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", batch_items, "0", "77", "77", "many",
                 "options::max_export_batch_bytes"}});
    const auto log_count = [](nanotel::options o) {
        return std::to_string(make_log_limits(o).attribute_count);
    };
    const auto log_length = [](nanotel::options o) {
        return std::to_string(make_log_limits(o).attribute_value_length);
    };
    all.insert(all.end(), {{"OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", log_count, "128", "7", "7", "4294967296",
                            "OTEL_ATTRIBUTE_COUNT_LIMIT, else 128"},
                           {"OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", log_length,
                            std::to_string(nanotel::log_limits{}.attribute_value_length), "9", "9", "ten",
                            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT, else no limit"}});
    using limits = nanotel::span_limits;
    for (const auto& [name, member, instead] :
         std::initializer_list<std::tuple<const char*, std::uint32_t limits::*, const char*>>{
             {"OTEL_ATTRIBUTE_COUNT_LIMIT", &limits::attribute_count, "128"},
             {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", &limits::attribute_count,
              "OTEL_ATTRIBUTE_COUNT_LIMIT, else 128"},
             {"OTEL_SPAN_EVENT_COUNT_LIMIT", &limits::event_count, "128"},
             {"OTEL_SPAN_LINK_COUNT_LIMIT", &limits::link_count, "128"},
             {"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", &limits::attributes_per_event, "128"},
             {"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", &limits::attributes_per_link, "128"}})
        all.push_back({name, limit(member), "128", "7", "7", "4294967296", instead});
    const auto length = [](nanotel::options o) {
        return std::to_string(make_limits(o).attribute_value_length);
    };
    const std::string no_limit = std::to_string(limits{}.attribute_value_length);
    all.push_back({"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", length, no_limit, "9", "9", "-9", "no limit"});
    all.push_back({"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", length, no_limit, "9", "9", "ten",
                   "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT, else no limit"});
    // What the exporter reads, for all signals and for each.
    for (const signal of : {signal::traces, signal::metrics, signal::logs})
        for (const std::size_t general : {0, 1}) {
            const auto named = [&](const char* what) { return otlp_variables(of, what)[general]; };
            const auto instead = [&](const char* value, const char* what) {
                return general == 1 ? std::string(value) : otlp_variables(of, what)[1] + ", or its default";
            };
            const std::string path = "/v1/" + std::string(to_string(of));
            all.push_back({named("ENDPOINT"), target(of, [](const auto& t) { return t.to.text(); }),
                           "http://localhost:4318" + path, "http://h:1/x",
                           general == 1 ? "http://h:1/x" + path : "http://h:1/x", "h:1",
                           instead("http://localhost:4318", "ENDPOINT")});
            all.push_back({named("HEADERS"),
                           target(of,
                                  [](const auto& t) {
                                      return t.headers.empty() ? std::string("none") : t.headers[0].second;
                                  }),
                           "none", "x=a%20b", "a b", "no-equals", "ignored"});
            all.push_back({named("TIMEOUT"), target(of, [](const auto& t) { return number(t.timeout); }),
                           "10000", "250", "250", "250ms", instead("10000", "TIMEOUT")});
            all.push_back({named("COMPRESSION"),
                           target(of,
                                  [](const auto& t) {
                                      return std::string(
                                          t.compression == nanotel::compression::gzip ? "gzip" : "none");
                                  }),
                           "none", "gzip", "gzip", "snappy", instead("none", "COMPRESSION")});
            all.push_back({named("INSECURE"),
                           target(of, [](const auto& t) { return std::string(t.to.tls ? "tls" : "plain"); }),
                           "plain", "true", "plain", "yes", "is ignored"});
            // The files themselves are the affair of exporters/http_tls_uses_its_own_files.cpp.
            for (const char* file : {"CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE"})
                all.push_back({named(file),
                               target(of, [](const auto& t) { return std::string(t.to.tls ? "tls" : ""); }),
                               "tls",
                               "",
                               "tls",
                               "/nowhere/x.pem",
                               "",
                               {{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://h:1"}}});
        }
    return all;
}

} // namespace

TEST_CASE("every variable: set well it counts, set wrong it is named once, set to nothing it is not set") {
    for (const row& each : rows()) {
        CAPTURE(each.name);
        const auto with = [&](const std::string& value) {
            variables set = each.others;
            set[each.name] = value;
            return options_with(set);
        };
        {
            const diagnostics_heard heard;
            CHECK(each.value_of(options_with(each.others)) == each.by_default);
            CHECK(each.value_of(with("")) == each.by_default);
            CHECK(heard.text() == "");
        }
        if (!each.good.empty()) {
            const diagnostics_heard heard;
            CHECK(each.value_of(with(each.good)) == each.then);
            CHECK(heard.text() == "");
        }
        if (each.bad.empty()) continue;
        const diagnostics_heard heard;
        CHECK(each.value_of(with(each.bad)) == each.by_default);
        static_cast<void>(each.value_of(with(each.bad))); // and not again
        REQUIRE(heard.lines().size() == 1);
        const std::string said = heard.lines()[0];
        CAPTURE(said);
        CHECK(said.find(each.name) != std::string::npos);
        // A header may be a password, and is never said.
        const bool secret = each.name.ends_with("HEADERS");
        CHECK((said.find(each.bad) == std::string::npos) == secret);
        CHECK(said.find(each.instead) != std::string::npos);
    }
}

TEST_CASE("what the code says wins over the variables") {
    const diagnostics_heard heard;
    auto given = options_with({{"OTEL_SDK_DISABLED", "true"},
                               {"TELEMETRY_ENABLED", "false"},
                               {"OTEL_SERVICE_NAME", "of-variable"},
                               {"ENVIRONMENT", "of-variable"},
                               {"OTEL_RESOURCE_ATTRIBUTES", "host.name=of-variable"},
                               {"OTEL_RESOURCE_DETECTORS", "none"},
                               {"OTEL_TRACES_EXPORTER", "none"},
                               {"OTEL_METRICS_EXPORTER", "none"},
                               {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "3"}});
    CHECK_FALSE(is_enabled(given));
    given.enabled = true;
    CHECK(is_enabled(given));
    CHECK(attribute("host.name")(given) == "of-variable"); // stronger than what is detected
    CHECK(attribute("os.type")(given) == "(none)");
    given.resource_detectors.emplace();
    CHECK(attribute("os.type")(given) == "linux");
    CHECK(attribute("host.name")(given) == "of-variable");
    given.service_name = "of-code";
    CHECK(attribute("service.name")(given) == "of-code");
    given.resource_attributes = {{"deployment.environment.name", "of-code"}, {"host.name", "of-code"}};
    CHECK(attribute("deployment.environment.name")(given) == "of-code");
    CHECK(attribute("host.name")(given) == "of-code");
    given.limits.emplace();
    CHECK(make_limits(given).attribute_count == 128);

    // Readers of the code have somewhere to go although the variable says none.
    CHECK(destinations_of(given).size() == 1); // for logs
    CHECK_FALSE(destinations_of(given)[0].signals.metrics);
    given.metric_readers.emplace_back();
    choose_readers(given);
    CHECK(given.metric_readers.size() == 1);
    CHECK(destinations_of(given)[0].signals.metrics);
    given.exporter = nanotel::otlp_stdout();
    REQUIRE(destinations_of(given).size() == 1);
    CHECK(destinations_of(given)[0].exporter == given.exporter);
    CHECK(destinations_of(given)[0].signals.traces);
    CHECK(heard.text() == "");
    given.enabled = false;
    CHECK_FALSE(is_enabled(given));
}

TEST_CASE("ENVIRONMENT is weaker than OTEL_RESOURCE_ATTRIBUTES") {
    const auto given = options_with(
        {{"ENVIRONMENT", "staging"}, {"OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=production"}});
    CHECK(attribute("deployment.environment.name")(given) == "production");
}

TEST_CASE("propagators are read alike with a start and without") {
    const diagnostics_heard heard;
    for (const char* names : {"", " , ", "none", "None,jaeger", "b3", "jaeger", "jaeger,b3multi", "b3,none",
                              "baggage, TraceContext ,baggage", "tracecontext;baggage"}) {
        CAPTURE(std::string(names));
        CHECK(make_propagators(options_with({{"OTEL_PROPAGATORS", names}})) == propagator_list::parse(names));
    }
    auto given = options_with({{"OTEL_PROPAGATORS", "jaeger"}});
    given.propagators.emplace();
    CHECK(make_propagators(given) == propagator_list::known);
    CHECK(heard.lines().size() == 2); // each unknown list once, and those of the code are not asked for
}

TEST_CASE("several exporters of a signal are several destinations, and those of several signals one") {
    const auto all = destinations_of(options_with({{"OTEL_TRACES_EXPORTER", "otlp/stdout,otlp"},
                                                   {"OTEL_METRICS_EXPORTER", "otlp"},
                                                   {"OTEL_LOGS_EXPORTER", "console"}}));
    REQUIRE(all.size() == 3);
    const auto takes = [&](std::size_t i) {
        return std::string(all[i].exporter->name()) + (all[i].signals.traces ? " traces" : "") +
               (all[i].signals.metrics ? " metrics" : "") + (all[i].signals.logs ? " logs" : "");
    };
    CHECK(takes(0) == "otlp_http traces metrics");
    CHECK(takes(1) == "console logs");
    CHECK(takes(2) == "otlp_stdout traces");
    CHECK(destinations_of(options_with({{"OTEL_TRACES_EXPORTER", "none"},
                                        {"OTEL_METRICS_EXPORTER", "none"},
                                        {"OTEL_LOGS_EXPORTER", "none"}}))
              .empty());
}

TEST_CASE("metrics for people alone come every ten seconds, and since the start") {
    auto given = options_with({{"OTEL_METRICS_EXPORTER", "console"},
                               {"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta"}});
    choose_readers(given);
    CHECK(make_metric_readers(given).at(0).interval == std::chrono::seconds(10));
    CHECK(make_metric_readers(given).at(0).temporality == nanotel::temporality_preference::cumulative);
    given = options_with({{"OTEL_METRICS_EXPORTER", "console,otlp"},
                          {"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta"}});
    choose_readers(given);
    CHECK(make_metric_readers(given).at(0).interval == std::chrono::seconds(60));
    CHECK(make_metric_readers(given).at(0).temporality == nanotel::temporality_preference::delta);
}

TEST_CASE("none beside others, and a scrape endpoint that the program does not have, are said") {
    const diagnostics_heard heard;
    CHECK(exporters("traces")(options_with({{"OTEL_TRACES_EXPORTER", "console,none,moon"}})) == "console");
    REQUIRE(heard.lines().size() == 2);
    CHECK(heard.lines()[0].find(
              "OTEL_TRACES_EXPORTER=\"moon\" is ignored. Allowed: one or more of: otlp, none, "
              "console, otlp/stdout. Used instead: console,none") != std::string::npos);
    CHECK(heard.lines()[1].find("OTEL_TRACES_EXPORTER has \"none\" beside others") != std::string::npos);
    const auto factory = make_prometheus_reader.load_relaxed();
    make_prometheus_reader.store_relaxed(nullptr);
    CHECK(exporters("metrics")(options_with({{"OTEL_METRICS_EXPORTER", "prometheus"}})) == "otlp_http");
    make_prometheus_reader.store_relaxed(factory);
    REQUIRE(heard.lines().size() == 3);
    CHECK(heard.lines()[2].find("include <nanotel/exporters/prometheus.hpp>") != std::string::npos);
}
