// SPDX-License-Identifier: MIT
// What a span costs the collector thread: from its record to OTLP JSON.
#include "support/recorded_spans.hpp"

#include <nanotel/otlp/decode.hpp>
#include <nanotel/otlp/trace_encoder.hpp>

namespace bench {
namespace {

struct encoded_spans {
    recorded_spans recorded;
    trace_encoder encoder{recorded.sites(), R"({"attributes":[]})", nanotel::span_limits{}};

    void encode() { recorded.encode(encoder); }
    byte_buffer take() { return encoder.take(); }
    void reset() { encoder.take(); }
};

encoded_spans& spans() {
    static encoded_spans all;
    return all;
}

double bytes_a_span = 0;

const add five({"encode/span_5_attributes", "nanotel", "ns", 400,
                [] {
                    spans().encode();
                    const byte_buffer body = spans().take();
                    const auto decoded = nanotel::decode_traces({body.data(), body.size()});
                    require(decoded.spans.size() == recorded_spans::count,
                            "the body does not hold all spans");
                    require(decoded.spans[0].attributes.size() == 5 &&
                                decoded.spans[0].attributes["currency"] == "EUR",
                            "the attributes are others");
                    bytes_a_span = static_cast<double>(body.size()) / recorded_spans::count;
                    std::printf("encode/span_5_attributes: %.0f bytes a span\n", bytes_a_span);
                },
                [] {
                    const double begin = nanoseconds_now();
                    for (int i = 0; i < 4; ++i) spans().encode();
                    const double time = (nanoseconds_now() - begin) / (4 * recorded_spans::count);
                    spans().reset();
                    return time;
                }});

const add five_bytes({"encode/gigabytes_per_second", "nanotel", "GB/s", 100, {}, [] {
                          const double begin = nanoseconds_now();
                          for (int i = 0; i < 4; ++i) spans().encode();
                          const double time = nanoseconds_now() - begin;
                          return static_cast<double>(spans().take().size()) / time;
                      }});

} // namespace
} // namespace bench
