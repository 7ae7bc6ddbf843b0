// SPDX-License-Identifier: MIT
// What a client of automagik.hpp costs the thread that tracks, and what hiding personal data costs the
// collector thread.
#include "metrics/measuring.hpp"

#include <nanotel/automagik.hpp>

using namespace nanotel::literals;

namespace bench {
namespace {

// Nobody's home: nothing is read there or written.
automagik::client_options tracking_to(std::shared_ptr<nanotel::exporter> exporter, bool wanted = true) {
    automagik::client_options made;
    made.project_name = "benchmark";
    made.version = "1.0.0";
    made.environment.get = [wanted](const std::string& name) {
        std::optional<std::string> value;
        if (name == "AUTOMAGIK_TELEMETRY_ENABLED") value = wanted ? "true" : "false";
        return value;
    };
    made.adjust = [exporter = std::move(exporter)](nanotel::options& options) {
        options.destinations.front().exporter = exporter;
        options.ring_bytes = options.max_ring_bytes = ring_bytes;
    };
    return made;
}

[[gnu::always_inline]] inline void event_2(automagik::telemetry& client, int i) {
    client.track_event("contacts.listed", "count"_attr = i, "fresh"_attr = true);
    asm volatile("" ::: "memory");
}
[[gnu::always_inline]] inline void event_of_schema(automagik::telemetry& client, int) {
    client.track_event(automagik::events::feature_used, "feature_name"_attr = "list");
    asm volatile("" ::: "memory");
}
[[gnu::always_inline]] inline void event_of_fields(automagik::telemetry& client, int i) {
    client.track_event("contacts.listed", {{"count", i}, {"fresh", true}});
    asm volatile("" ::: "memory");
}
[[gnu::always_inline]] inline void log_line(automagik::telemetry& client, int) {
    client.track_log("contacts were imported", nanotel::severity::info);
    asm volatile("" ::: "memory");
}
[[gnu::always_inline]] inline void metric_1(automagik::telemetry& client, int i) {
    client.track_metric("api.latency", 0.5 * i, automagik::metric_type::histogram,
                        "endpoint"_attr = "/contacts");
    asm volatile("" ::: "memory");
}

// What came out of one call, by the end of the client: a flush before it would tell a metric twice.
template <class F>
std::shared_ptr<nanotel::memory_exporter> tracked_by(F&& track) {
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    automagik::telemetry client(tracking_to(memory));
    track(client, 7);
    return memory;
}

// An event says its name, so it is longer than a span: fewer of them fill half a ring.
constexpr int events = batch / 2;

template <class F>
double time_tracking(F&& track) {
    automagik::telemetry client(tracking_to(std::make_shared<discard>()));
    for (int i = 0; i < events; ++i) track(client, i); // touches the ring's pages, registers the site
    require(bool(client.flush(std::chrono::seconds(10))), "what was tracked was not delivered");
    const auto before = client.status();
    const double begin = nanoseconds_now();
    for (int i = 0; i < events; ++i) track(client, i);
    const double time = (nanoseconds_now() - begin) / events;
    require(bool(client.flush(std::chrono::seconds(10))), "what was tracked was not delivered");
    require(client.status().dropped == before.dropped, "something was dropped");
    return time;
}

template <class F>
void check_event(F&& track, const char* name, std::size_t attributes) {
    const auto spans = tracked_by(track)->spans();
    require(spans.size() == 1 && spans[0].name == name && spans[0].attributes.size() == attributes,
            std::string("another event than ") + name);
}

const add typed_event({"automagik/track_event_2_attributes", "nanotel", "ns", 400,
                       [] { check_event(event_2, "contacts.listed", 2); },
                       [] { return time_tracking(event_2); }});
const add standard_event({"automagik/track_event_of_a_schema", "nanotel", "ns", 400,
                          [] { check_event(event_of_schema, "automagik.feature.used", 2); },
                          [] { return time_tracking(event_of_schema); }});
const add run_time_event({"automagik/track_event_2_run_time_keys", "nanotel", "ns", 400,
                          [] { check_event(event_of_fields, "contacts.listed", 2); },
                          [] { return time_tracking(event_of_fields); }});
const add line({"automagik/track_log", "nanotel", "ns", 400,
                [] {
                    const auto logs = tracked_by(log_line)->logs();
                    require(logs.size() == 1 && logs[0].body == "contacts were imported", "another text");
                },
                [] { return time_tracking(log_line); }});
const add metric({.name = "automagik/track_metric_1_attribute",
                  .library = "nanotel",
                  .unit = "ns",
                  .repetitions = 200,
                  .check =
                      [] {
                          const auto metrics = tracked_by(metric_1)->metrics();
                          require(metrics.size() == 1 && metrics[0].points.size() == 1 &&
                                      metrics[0].points[0].count == 1 && metrics[0].points[0].sum == 3.5,
                                  "another metric");
                      },
                  .sample =
                      [] {
                          automagik::telemetry client(tracking_to(std::make_shared<discard>()));
                          return time_one_thread([&] { return [&](int i) { metric_1(client, i); }; });
                      },
                  .floor = "metrics/floor"});
const add unwanted({"automagik/track_event_without_a_yes", "nanotel", "ns", 400, {}, [] {
                        automagik::telemetry client(tracking_to(std::make_shared<discard>(), false));
                        require(!client.is_enabled(), "it is on");
                        return time_batch([&](int i) { event_2(client, i); });
                    }});

// -- hiding, of a text in which there is nothing to hide: it is looked for all the same

const std::string prose = [] {
    std::string text;
    while (text.size() < 450) text += "The import of 3 contacts took 12.5 s, and 1 of them was new. ";
    return text;
}();

const add hiding({"automagik/hiding_a_character", "nanotel", "ns", 400,
                  [] {
                      const auto processor = nanotel::privacy_processor();
                      std::string instead;
                      require(!processor->replace(nanotel::text_place::attribute, "text", prose, instead),
                              "it hides what is nobody's");
                      require(processor->replace(nanotel::text_place::attribute, "text",
                                                 prose + "ada@example.com", instead) &&
                                  instead.find("ada@") == instead.npos,
                              "it does not hide an address");
                  },
                  [] {
                      const auto processor = nanotel::privacy_processor();
                      std::string instead;
                      constexpr int texts = 100;
                      bool any = false;
                      const double begin = nanoseconds_now();
                      for (int i = 0; i < texts; ++i)
                          any |= processor->replace(nanotel::text_place::attribute, "text", prose, instead);
                      const double time = nanoseconds_now() - begin;
                      require(!any, "it hides what is nobody's");
                      return time / (texts * static_cast<double>(prose.size()));
                  }});

} // namespace
} // namespace bench
