// SPDX-License-Identifier: MIT
// Span records as threads leave them in their rings, for what is made of them.
#pragma once

#include "recording.hpp"

#include <nanotel/core/clock.hpp>
#include <nanotel/core/record_builder.hpp>
#include <nanotel/core/site_registry.hpp>

#include <random>

namespace bench {

using namespace nanotel::literals;
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
    template <class Encoder>
    void encode(Encoder& encoder) const {
        for (const std::size_t at : places_)
            if (!encoder.add(bytes_.data() + at, clock_)) throw std::bad_alloc();
    }
    const site_registry& sites() const { return sites_; }

private:
    nanotel::instrumentation_scope scope_{"benchmark", "1.0"};
    call_site site_;
    site_registry sites_;
    clock_map clock_;
    std::vector<std::byte> bytes_;
    std::vector<std::size_t> places_;
};

} // namespace bench
