// SPDX-License-Identifier: MIT
// The log records that were received last, for the traces that they belong to.
#pragma once

#include "received_log.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
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
        std::copy_if(logs_.begin(), logs_.end(), std::back_inserter(found),
                     [&](const received_log& one) { return one.trace == trace; });
        std::stable_sort(found.begin(), found.end(),
                         [](const received_log& a, const received_log& b) { return a.time < b.time; });
        return found;
    }

private:
    std::size_t most_;
    std::vector<received_log> logs_;
    std::size_t next_ = 0; // where the oldest one is replaced
    std::uint64_t of_traces_ = 0;
};

} // namespace receiver
