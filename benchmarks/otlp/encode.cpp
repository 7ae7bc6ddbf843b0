// SPDX-License-Identifier: MIT
// What a span costs the collector thread: from its record to OTLP JSON.
#include "support/recording.hpp"

#include <nanotel/otlp/decode.hpp>
#include <nanotel/otlp/trace_encoder.hpp>

#include <random>

using namespace nanotel::literals;

namespace bench {
namespace {

using namespace nanotel::detail;

// Records as a thread would have left them in its ring, each with values of its own.
class recorded_spans {
public:
    static constexpr int count = 1000;

    recorded_spans() {
        constexpr auto describe_keys = [](const auto&... attributes) {
            return site_keys<std::remove_cvref_t<decltype(attributes)>...>;
        };
        site_.name = "checkout";
        site_.kind = nanotel::span_kind::server;
        site_.scope = &scope_;
        std::mt19937_64 random(42);
        std::uint64_t ticks = 1'700'000'000'000'000'000;
        for (int i = 0; i < count; ++i) {
            record_builder built;
            built.marks = {};
            built.open(0);
            const auto write = [&](const auto&... attributes) {
                static const auto* const keys = describe_keys(attributes...);
                if (site_.id.load_relaxed() == 0) sites_.add(site_, keys, sizeof...(attributes));
                write_slots(built, attributes.value...);
            };
            const std::string user = "user-" + std::to_string(random() % 100'000);
            const double total = static_cast<double>(random() % 1'000'000) / 100;
            write("cart.items"_attr = static_cast<int>(random() % 50), "user.id"_attr = user,
                  "cart.total"_attr = total, "cart.gift"_attr = random() % 2 == 0, "currency"_attr = "EUR");
            ticks += random() % 10'000;
            built.header.size = static_cast<std::uint32_t>(sizeof(record_header)) + built.size;
            built.header.kind = record_kind::span;
            built.header.flags = record_flag::sampled | record_flag::random;
            built.header.site = site_.id.load_relaxed();
            built.header.start_ticks = ticks;
            built.header.end_ticks = ticks + random() % 1'000'000;
            built.header.span_id = random();
            built.header.parent_id = random();
            built.header.trace_id[0] = random();
            built.header.trace_id[1] = random();
            const std::size_t at = bytes_.size();
            bytes_.resize(at + built.header.size);
            std::memcpy(bytes_.data() + at, &built.header, sizeof built.header);
            std::memcpy(bytes_.data() + at + sizeof built.header, built.payload(), built.size);
            places_.push_back(at);
        }
        clock_.begin({0, 0});
        clock_.extend({1, 1});
    }

    // All records, once.
    void encode() {
        for (const std::size_t at : places_)
            if (!encoder_.add(bytes_.data() + at, clock_)) throw std::bad_alloc();
    }
    byte_buffer take() { return encoder_.take(); }
    void reset() { encoder_.take(); }

private:
    nanotel::instrumentation_scope scope_{"benchmark", "1.0"};
    call_site site_;
    site_registry sites_;
    trace_encoder encoder_{sites_, R"({"attributes":[]})", nanotel::span_limits{}};
    clock_map clock_;
    std::vector<std::byte> bytes_;
    std::vector<std::size_t> places_;
};

recorded_spans& spans() {
    static recorded_spans all;
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
