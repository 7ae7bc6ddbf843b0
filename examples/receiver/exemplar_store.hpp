// SPDX-License-Identifier: MIT
// The traces that exemplars name, until the end of the run tells whether their spans have come.
#pragma once

#include "received_metric.hpp"
#include "span_store.hpp"
#include "violation_log.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace receiver {

/// Remembers up to `most_traces` of them. A cumulative series sends its exemplars again and again, so each
/// trace is judged once.
class exemplar_store {
public:
    struct totals {
        std::uint64_t all = 0;
        std::uint64_t of_traces = 0; // made within a span
        std::uint64_t known = 0;     // of them, those of a trace of which a span was received
        bool judged = false;         // false: no span came at all, so there was nothing to compare with
    };

    explicit exemplar_store(std::size_t most_traces = 1'000'000) : most_traces_(most_traces) {}

    /// `prefix` says in which body they came.
    void add(const received_metrics& body, std::string_view prefix) {
        counts_.all += body.exemplars;
        counts_.of_traces += body.exemplars_of_traces.size();
        for (const auto& exemplar : body.exemplars_of_traces) {
            const auto place = traces_.find(exemplar.trace);
            if (place != traces_.end()) {
                ++place->second.count;
            } else if (traces_.size() < most_traces_) {
                traces_.emplace(exemplar.trace, naming{1, std::string(prefix) + exemplar.path});
            }
        }
    }

    /// Reports the traces of which no span came. Where the store of spans is full, one that it does not know
    /// may have come all the same.
    void judge(violation_log& log, span_store& spans) {
        if (spans.empty()) return;
        counts_.judged = true;
        counts_.known = 0;
        for (const auto& [id, named] : traces_) {
            if (spans.knows(id)) {
                counts_.known += named.count;
            } else if (spans.beyond_ids() == 0) {
                log.add(rule::exemplar_trace, named.path, fmt::format("{:016x}{:016x}", id[0], id[1]));
            }
        }
    }

    [[nodiscard]] const totals& counts() const { return counts_; }

private:
    struct naming {
        std::uint64_t count = 0;
        std::string path; // of the first
    };

    std::size_t most_traces_;
    totals counts_;
    std::map<trace_id, naming> traces_; // in an order, so that messages have one
};

} // namespace receiver
