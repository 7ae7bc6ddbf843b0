// SPDX-License-Identifier: MIT
// Spans on their way to the destinations that take the same of them: chosen, encoded once, handed to each.
#pragma once

#include <nanotel/core/diagnostics.hpp>
#include <nanotel/otlp/trace_encoder.hpp>
#include <nanotel/pipeline/record_stream.hpp>
#include <nanotel/pipeline/span_view.hpp>
#include <nanotel/trace/sampling_threshold.hpp>

#include <functional>

namespace nanotel::inline NANOTEL_ABI::detail {

struct stream_options {
    std::size_t batch_bytes = std::size_t{4} << 20;
    std::uint64_t batch_items = 0; // 0: no limit
    sampling_threshold ratio{};
    bool unsampled = false; // takes what was recorded and not sampled
    std::function<bool(const span_view&)> filter{};
    std::string name{}; // of the destination whose filter it is
};

class trace_stream : public record_stream<trace_encoder> {
public:
    trace_stream(const site_registry& sites, const std::string& resource_json, const span_limits& limits,
                 stream_options options, std::unique_ptr<record_encoder> other = {})
        : record_stream(signal::traces, {options.batch_bytes, options.batch_items, {}}, std::move(other),
                        sites, resource_json, limits, options.ratio),
          sites_(sites), options_(std::move(options)),
          chooses_(!options_.ratio.keeps_all() || options_.filter) {}

    // For how many destinations the record counts from here on.
    std::uint64_t add(const std::byte* record, const clock_map& times, clock::time_point due) noexcept {
        if (!options_.unsampled && !is_sampled(record)) [[unlikely]]
            return 0;
        return chooses_ && !takes(record, times) ? 0 : encode(record, times, due);
    }

private:
    static bool is_sampled(const std::byte* record) noexcept {
        const auto flags = read_record<std::uint16_t>(record + offsetof(record_header, flags));
        return (flags & record_flag::sampled) != 0;
    }
    bool takes(const std::byte* record, const clock_map& times) noexcept {
        const auto header = read_record<record_header>(record);
        if (!options_.ratio.keeps_all() && !is_taken(sampling_of(record, header), header, options_.ratio))
            return false;
        if (!options_.filter) return true;
        try {
            if (header.site >= known_.size()) known_.resize(header.site + 1);
            const known_site*& site = known_[header.site];
            if (!site) site = &sites_.site(header.site);
            return options_.filter(span_view({record, header, *site, sites_, times}));
        } catch (const std::exception& e) {
            complain(e.what());
        } catch (...) {
            complain("it threw what is no std::exception");
        }
        return true;
    }
    // Once a body: diagnostics are limited, but a text costs more than a span.
    void complain(const char* why) noexcept {
        if (std::exchange(complained_at_, closed()) == closed()) return;
        try {
            diagnose(diagnostic_level::error, "filter:" + options_.name,
                     "the filter of the destination '" + options_.name + "' threw: " + why +
                         "; the span passes. A filter decides by what it is given, and does not throw");
        } catch (...) { // no memory to say it
        }
    }

    const site_registry& sites_;
    const stream_options options_;
    const bool chooses_;
    std::vector<const known_site*> known_;
    std::uint64_t complained_at_ = ~std::uint64_t{0}; // bodies that had been closed
};

} // namespace nanotel::inline NANOTEL_ABI::detail
