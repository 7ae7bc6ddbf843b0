// SPDX-License-Identifier: MIT
// Log records on their way to the destinations that take the same of them.
#pragma once

#include <nanotel/otlp/log_encoder.hpp>
#include <nanotel/pipeline/record_stream.hpp>
#include <nanotel/trace/sampling_threshold.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

class log_stream : public record_stream<log_encoder> {
public:
    log_stream(const site_registry& sites, const std::string& resource_json, const log_encoding& how,
               const batch_options& batch, sampling_threshold ratio,
               std::unique_ptr<record_encoder> other = {})
        : record_stream(signal::logs, batch, std::move(other), sites, resource_json, how), ratio_(ratio) {}

    // For how many destinations the record counts from here on. One of a trace is taken by the trace's id, as
    // spans are where no trace state says otherwise, and one without a trace always.
    std::uint64_t add(const std::byte* record, const clock_map& times, clock::time_point due) noexcept {
        if (!ratio_.keeps_all()) {
            const auto header = read_record<log_header>(record);
            const trace_id id{{header.trace_id[0], header.trace_id[1]}};
            if (id.is_valid() && !ratio_.keeps(randomness_of(id))) return 0;
        }
        return encode(record, times, due);
    }

private:
    const sampling_threshold ratio_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
