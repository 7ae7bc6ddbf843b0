// SPDX-License-Identifier: MIT
// OTLP JSON back to log records: what tests of an application's logs, and our own, look at.
#pragma once

#include <nanotel/otlp/finished_log.hpp>
#include <nanotel/otlp/json_reader.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// The log records of a LogsData, or where and why it is not one.
struct decoded_logs {
    std::vector<finished_log> logs;
    std::string error; ///< "resourceLogs[0].scopeLogs[0].logRecords[2].severityNumber: ..."

    explicit operator bool() const noexcept { return error.empty(); }
};

namespace detail {

class logs_decoder : json_reader {
public:
    using json_reader::failure;

    std::vector<finished_log> decode(std::string_view json) {
        std::vector<finished_log> logs;
        for_each_item(json, "resourceLogs", "scopeLogs", "logRecords",
                      [&](element log, const finished_scope& scope, const attribute_list& resource) {
                          logs.push_back(read_log(log));
                          logs.back().scope = scope;
                          logs.back().resource = resource;
                      });
        return logs;
    }

private:
    // SEVERITY_NUMBER_INFO and its like, as the numbers are called in the protocol.
    static std::array<std::string, 25> make_names() {
        std::array<std::string, 25> names;
        names[0] = "SEVERITY_NUMBER_UNSPECIFIED";
        for (unsigned i = 1; i < names.size(); ++i) {
            const nanotel::text name = to_text(static_cast<severity>(i));
            names[i] = "SEVERITY_NUMBER_" + std::string(name.data, name.size);
        }
        return names;
    }

    finished_log read_log(element from) {
        static const std::array<std::string, 25> names = make_names();
        std::array<std::string_view, 25> views;
        for (std::size_t i = 0; i < names.size(); ++i) views[i] = names[i];
        finished_log log;
        log.time_unix_nano = integer<std::uint64_t>(from, "timeUnixNano");
        log.observed_time_unix_nano = integer<std::uint64_t>(from, "observedTimeUnixNano");
        log.severity = static_cast<severity>(enumeration(from, "severityNumber", views));
        log.severity_text = text(from, "severityText");
        log.event_name = text(from, "eventName");
        if_present(from, "body", [&](element body) { log.body = as_value(body); });
        log.attributes = attributes(from);
        log.dropped_attributes_count = integer<std::uint32_t>(from, "droppedAttributesCount");
        log.flags = integer<std::uint32_t>(from, "flags");
        log.trace_id = id(from, "traceId", 32, true);
        log.span_id = id(from, "spanId", 16, true);
        return log;
    }
};

} // namespace detail

/// Decodes a LogsData object in OTLP JSON, as tolerant as decode_traces. An error names the field and what it
/// holds.
[[nodiscard]] inline decoded_logs decode_logs(std::string_view json) {
    try {
        return {detail::logs_decoder().decode(json), {}};
    } catch (const detail::logs_decoder::failure& failure) {
        return {{}, failure.text};
    }
}

} // namespace nanotel::inline NANOTEL_ABI
