// SPDX-License-Identifier: MIT
// What callbacks reported for one collection. For the sdk.
#pragma once

#include <nanotel/metrics/metric_stream.hpp>

#include <unordered_set>

namespace nanotel::inline NANOTEL_ABI::detail {

// A number that a callback reported.
struct observation {
    known_instrument* instrument;
    std::string sections;
    bool complete;
    std::uint64_t bits;
};

// Of several numbers for one set of labels the last counts (OpenTelemetry Metrics SDK, "Asynchronous
// instrument"). Told apart as they were reported: sets that a view or the limit makes one are added up later,
// each once. Of labels that were cut, none is known to be another's. Throws where memory is short.
inline void keep_last_of_each(std::vector<observation>& all) {
    std::unordered_set<std::string> seen;
    std::size_t first_kept = all.size();
    for (std::size_t i = all.size(); i-- > 0;) {
        observation& o = all[i];
        if (o.complete) {
            std::string key;
            for (const label_section& label : sort_sections(o.sections)) key += label.bytes;
            key.append(reinterpret_cast<const char*>(&o.instrument), sizeof o.instrument);
            if (!seen.insert(std::move(key)).second) continue;
        }
        if (--first_kept != i) all[first_kept] = std::move(o);
    }
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(first_kept));
}

} // namespace nanotel::inline NANOTEL_ABI::detail
