// SPDX-License-Identifier: MIT
// The log records that were received last, for the traces that they belong to.
#pragma once

#include "received_log.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace receiver {

/// Remembers the newest `most` records of traces, and counts all.
class log_store {
public:
    explicit log_store(std::size_t most = 100'000) : most_(most) {}

    void add(std::vector<received_log>&& logs) {
        for (received_log& one : logs) {
            if (one.trace == id_words<2>{}) continue;
            ++of_traces_;
            if (logs_.size() < most_)
                logs_.push_back(std::move(one));
            else
                logs_[next_++ % most_] = std::move(one);
        }
    }

    [[nodiscard]] std::uint64_t of_traces() const { return of_traces_; }

    /// Those of one trace, in the order of their times. Looks at all.
    [[nodiscard]] std::vector<received_log> of(const id_words<2>& trace) const {
        std::vector<received_log> found;
        for (const received_log& one : logs_) {
            if (one.trace != trace) continue;
            found.insert(std::upper_bound(found.begin(), found.end(), one,
                                          [](const auto& a, const auto& b) { return a.time < b.time; }),
                         one);
        }
        return found;
    }

private:
    std::size_t most_;
    std::vector<received_log> logs_;
    std::size_t next_ = 0; // where the oldest one is replaced
    std::uint64_t of_traces_ = 0;
};

} // namespace receiver
