// SPDX-License-Identifier: MIT
// Spans on their way to the destinations that take the same of them: chosen, encoded once, handed to each.
#pragma once

#include <nanotel/core/diagnostics.hpp>
#include <nanotel/otlp/trace_encoder.hpp>
#include <nanotel/pipeline/fan_out.hpp>
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

// The collector thread's, but for the counts, which anybody may read.
class trace_stream {
public:
    using clock = std::chrono::steady_clock;

    trace_stream(const site_registry& sites, const std::string& resource_json, const span_limits& limits,
                 stream_options options)
        : sites_(sites), options_(std::move(options)),
          chooses_(!options_.ratio.keeps_all() || options_.filter),
          encoder_(sites, resource_json, limits, options_.ratio) {}

    fan_out to; // filled before the first span

    // For how many destinations the record counts from here on. The body is due then if it begins with this.
    std::uint64_t add(const std::byte* record, const clock_map& times, clock::time_point due) noexcept {
        if (!options_.unsampled && !is_sampled(record)) [[unlikely]]
            return 0;
        if (chooses_ && !takes(record, times)) return 0;
        if (!encoder_.add(record, times)) [[unlikely]] {
            lost_.add_by_owner(to.size());
            return to.size();
        }
        if (encoder_.items() == 1) due_ = due;
        encoded_.store_relaxed(encoder_.items() * to.size());
        if (encoder_.size() >= options_.batch_bytes || encoder_.items() == options_.batch_items) close();
        return to.size();
    }

    // Hands the body over, if there is one.
    void close() noexcept {
        const std::uint64_t items = encoder_.items();
        if (items == 0) return;
        complained_ = false;
        byte_buffer body;
        try {
            body = encoder_.take();
        } catch (...) { // no memory
        }
        if (body.empty())
            lost_.add_by_owner(items * to.size());
        else
            to.push(std::move(body), items, signal::traces);
        encoded_.store_relaxed(0);
    }

    // When the body under construction is to be closed; never, where there is none.
    clock::time_point due() const noexcept { return encoder_.items() != 0 ? due_ : clock::time_point::max(); }
    bool is_due(clock::time_point now) const noexcept { return now >= due(); }

    // Once for each destination.
    std::uint64_t encoded_items() const noexcept { return encoded_.load_relaxed(); }
    std::uint64_t lost_to_memory() const noexcept { return lost_.load_relaxed(); }

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
        if (std::exchange(complained_, true)) return;
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
    trace_encoder encoder_;
    clock::time_point due_{};
    bool complained_ = false;

    // One writer, read by statistics: relaxed.
    atomic<std::uint64_t> encoded_;
    atomic<std::uint64_t> lost_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
