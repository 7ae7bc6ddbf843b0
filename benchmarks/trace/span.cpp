// SPDX-License-Identifier: MIT
// What a span costs the thread that records it.
#include "support/recording.hpp"

using namespace nanotel::literals;

void span_3_attributes_in_shared_object(int i, double d);

namespace bench {
namespace {

// Inline, as the floor is: each stands in the loop that is timed.
[[gnu::always_inline]] inline void span_0() {
    NANOTEL_SCOPED_SPAN("no attributes");
    asm volatile("" ::: "memory");
}

[[gnu::always_inline]] inline void span_3(int i, double d) {
    NANOTEL_SPAN(span, "three attributes", "route"_attr = "checkout", "items"_attr = i, "total"_attr = d);
    asm volatile("" ::: "memory");
}

[[gnu::always_inline]] inline void span_4(int i, double d, const std::string& a, const std::string& b) {
    NANOTEL_SPAN(span, "four attributes", "items"_attr = i, "total"_attr = d, "user"_attr = a,
                 "session"_attr = b);
    asm volatile("" ::: "memory");
}

const std::string twenty_bytes = "user-00000000000042x";
const std::string other_twenty_bytes = "session-000000000007";

void check_three(const std::vector<nanotel::finished_span>& spans) {
    require(spans.size() == 1 && spans[0].name == "three attributes", "no span of that name");
    require(spans[0].attributes["route"] == "checkout" && spans[0].attributes["items"] == 7 &&
                spans[0].attributes["total"] == 2.5,
            "its attributes are others");
    require(spans[0].end_time_unix_nano >= spans[0].start_time_unix_nano, "it ended before it began");
}

const add root({"span/0_attributes", "nanotel", "ns", 400,
                [] {
                    const auto spans = recorded_by([] { span_0(); });
                    require(spans.size() == 1 && spans[0].name == "no attributes" &&
                                spans[0].parent_span_id.empty(),
                            "no root span");
                },
                [] { return time_recording([](int) { span_0(); }); }});

const add in_scope(
    {"span/3_attributes", "nanotel", "ns", 400, [] { check_three(recorded_by([] { span_3(7, 2.5); })); },
     [] {
         auto telemetry = start_recording();
         NANOTEL_SCOPED_SPAN("outer");
         for (int i = 0; i < batch; ++i) span_3(i, 0.5);
         require(bool(telemetry.flush(std::chrono::seconds(10))), "the spans were not delivered");
         const double time = time_batch([](int i) { span_3(i, 0.5 * i); });
         require(telemetry.shutdown(std::chrono::seconds(10)).dropped == 0, "spans were dropped");
         return time;
     }});

const add strings(
    {"span/4_attributes_2_strings", "nanotel", "ns", 400,
     [] {
         const auto spans = recorded_by([] { span_4(7, 2.5, twenty_bytes, other_twenty_bytes); });
         require(spans.size() == 1 && spans[0].attributes["user"] == twenty_bytes &&
                     spans[0].attributes["session"] == other_twenty_bytes,
                 "its strings are others");
     },
     [] { return time_recording([](int i) { span_4(i, 0.5 * i, twenty_bytes, other_twenty_bytes); }); }});

const add shared_object(
    {"span/3_attributes_shared_object", "nanotel", "ns", 400,
     [] { check_three(recorded_by([] { span_3_attributes_in_shared_object(7, 2.5); })); },
     [] { return time_recording([](int i) { span_3_attributes_in_shared_object(i, 0.5 * i); }); }});

// Under a root that was not sampled, as nearly all spans of an unsampled trace are.
const add unsampled({"span/unsampled_3_attributes", "nanotel", "ns", 400,
                     [] {
                         const auto memory = std::make_shared<nanotel::memory_exporter>();
                         auto telemetry = nanotel::start({.exporter = memory,
                                                          .sampler = nanotel::sampler::always_off(),
                                                          .ring_bytes = ring_bytes,
                                                          .max_ring_bytes = ring_bytes});
                         span_3(7, 2.5);
                         require(bool(telemetry.shutdown(std::chrono::seconds(10))) &&
                                     memory->spans().empty(),
                                 "an unsampled span was exported");
                     },
                     [] {
                         auto telemetry = start_recording(nanotel::sampler::always_off());
                         NANOTEL_SCOPED_SPAN("root");
                         span_3(0, 0);
                         return time_batch([](int i) { span_3(i, 0.5 * i); });
                     }});

const add unsampled_root({"span/unsampled_root_3_attributes", "nanotel", "ns", 400, {}, [] {
                              auto telemetry = start_recording(nanotel::sampler::always_off());
                              span_3(0, 0);
                              return time_batch([](int i) { span_3(i, 0.5 * i); });
                          }});

const add not_started({"span/not_started", "nanotel", "ns", 400,
                       [] {
                           // Its check is that of span/3_attributes: the same function, and nothing was
                           // started.
                           check_three(recorded_by([] { span_3(7, 2.5); }));
                       },
                       [] { return time_batch([](int i) { span_3(i, 0.5 * i); }); }, true, true});

} // namespace
} // namespace bench
