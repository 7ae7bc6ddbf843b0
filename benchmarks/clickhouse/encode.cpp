// SPDX-License-Identifier: MIT
// What a span costs the collector thread on its way to ClickHouse: from its record to a row, beside the same
// records as OTLP JSON (benchmarks/otlp/encode.cpp).
#include "support/recorded_spans.hpp"

#include <nanotel/clickhouse/span_rows.hpp>

#include <algorithm> // count

namespace bench {
namespace {

nanotel::resource described() {
    nanotel::resource is;
    is.set("service.name", "benchmark");
    is.set("service.version", "1.0");
    is.set("host.name", "host-1");
    return is;
}

struct encoded_rows {
    recorded_spans recorded;
    span_rows encoder{recorded.sites(), described(), nanotel::span_limits{}};

    void encode() { recorded.encode(encoder); }
};

encoded_rows& rows() {
    static encoded_rows all;
    return all;
}

const add five({"encode/row_5_attributes", "nanotel", "ns", 400,
                [] {
                    rows().encode();
                    const byte_buffer body = rows().encoder.take();
                    const std::string_view text(body.data(), body.size());
                    require(std::count(text.begin(), text.end(), '\n') == recorded_spans::count,
                            "the body does not hold all rows");
                    require(text.find(R"("currency":"EUR"}})") != text.npos, "the attributes are others");
                    std::printf("encode/row_5_attributes: %.0f bytes a row\n",
                                static_cast<double>(body.size()) / recorded_spans::count);
                },
                [] {
                    const double begin = nanoseconds_now();
                    for (int i = 0; i < 4; ++i) rows().encode();
                    const double time = (nanoseconds_now() - begin) / (4 * recorded_spans::count);
                    rows().encoder.take();
                    return time;
                }});

const add five_bytes({"encode/row_gigabytes_per_second", "nanotel", "GB/s", 100, {}, [] {
                          const double begin = nanoseconds_now();
                          for (int i = 0; i < 4; ++i) rows().encode();
                          const double time = nanoseconds_now() - begin;
                          return static_cast<double>(rows().encoder.take().size()) / time;
                      }});

} // namespace
} // namespace bench
