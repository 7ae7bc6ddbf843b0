// SPDX-License-Identifier: MIT
// The spans that were received: whose parents are missing, which came twice, which traces were slow.
#pragma once

#include "received_span.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace receiver {

/// A trace with the details of its spans, as far as they are remembered.
struct trace {
    trace_id id{};
    std::uint64_t start = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t end = 0;
    std::vector<received_span> spans;
    std::uint64_t beyond = 0;  // spans that were counted and not kept
    std::uint64_t touched = 0; // when its latest span came, counted in spans

    [[nodiscard]] std::uint64_t duration() const { return end > start ? end - start : 0; }
};

/// Remembers spans within bounds: the ids of the first `id_bound` spans, and the details of the traces that
/// are slow or fresh, `detail_bound` spans in all. A fresh trace may still become slow, so the old and quick
/// ones go first.
class span_store {
public:
    struct bounds {
        std::size_t ids = 8'000'000; // 32 bytes each
        std::size_t details = 200'000;
        std::size_t spans_of_a_trace = 1'000;
        std::size_t slow_traces = 50;
    };

    struct kinship {
        std::uint64_t orphans = 0;    // their parent was never received
        std::uint64_t duplicates = 0; // the same trace and span id came before
    };

    span_store() = default;
    explicit span_store(const bounds& limits) : limits_(limits) {}

    void add(std::vector<received_span>&& spans) {
        for (auto& span : spans) {
            if (ids_.size() < limits_.ids) {
                sorted_ = false;
                ids_.push_back({span.trace, span.span, span.parent});
            } else {
                ++beyond_ids_;
            }
            remember(std::move(span));
        }
        if (details_ > limits_.details) forget_quick_traces();
    }

    /// Sorts the ids that are remembered, about a second for eight million.
    [[nodiscard]] kinship count_kinship() {
        kinship result;
        sort_ids();
        const auto same = [](const ids& a, const ids& b) { return !before(a, b) && !before(b, a); };
        for (std::size_t i = 1; i < ids_.size(); ++i) result.duplicates += same(ids_[i - 1], ids_[i]) ? 1 : 0;
        for (const ids& child : ids_) {
            if (child.parent == 0) continue;
            const ids parent{child.trace, child.parent, 0};
            if (!std::binary_search(ids_.begin(), ids_.end(), parent, before)) ++result.orphans;
        }
        return result;
    }

    [[nodiscard]] bool empty() const { return ids_.empty(); }

    /// Whether a span of this trace was received, as far as ids are remembered. Sorts them like
    /// count_kinship.
    [[nodiscard]] bool knows(const trace_id& trace) {
        sort_ids();
        const auto place = std::lower_bound(ids_.begin(), ids_.end(), ids{trace, 0, 0}, before);
        return place != ids_.end() && place->trace == trace;
    }

    /// The slowest traces, by the time from their first start to their last end.
    [[nodiscard]] std::vector<const trace*> slowest(std::size_t count) const {
        std::vector<const trace*> all;
        all.reserve(traces_.size());
        for (const auto& entry : traces_) all.push_back(&entry.second);
        count = std::min(count, all.size());
        std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end(),
                          [](const trace* a, const trace* b) { return a->duration() > b->duration(); });
        all.resize(count);
        return all;
    }

    [[nodiscard]] const bounds& limits() const { return limits_; }
    [[nodiscard]] std::uint64_t beyond_ids() const { return beyond_ids_; }
    [[nodiscard]] std::uint64_t forgotten_details() const { return forgotten_; }

private:
    struct ids {
        trace_id trace;
        std::uint64_t span;
        std::uint64_t parent;
    };

    struct hash {
        std::size_t operator()(const trace_id& id) const { return static_cast<std::size_t>(id[0] ^ id[1]); }
    };

    static bool before(const ids& a, const ids& b) {
        return std::tie(a.trace, a.span) < std::tie(b.trace, b.span);
    }

    void sort_ids() {
        if (!sorted_) std::sort(ids_.begin(), ids_.end(), before);
        sorted_ = true;
    }

    void remember(received_span&& span) {
        trace& t = traces_[span.trace];
        t.id = span.trace;
        t.start = std::min(t.start, span.start);
        t.end = std::max(t.end, span.end);
        t.touched = ++received_;
        if (t.spans.size() < limits_.spans_of_a_trace) {
            t.spans.push_back(std::move(span));
            ++details_;
        } else {
            ++t.beyond;
            ++forgotten_;
        }
    }

    void forget_quick_traces() {
        std::uint64_t slow = 0;
        if (traces_.size() > limits_.slow_traces) {
            const auto slow_ones = slowest(limits_.slow_traces);
            slow = slow_ones.empty() ? 0 : slow_ones.back()->duration();
        }
        const std::uint64_t fresh = received_ - std::min<std::uint64_t>(received_, limits_.details / 2);
        forget_below(slow, fresh);
        // Without this, traces that never rest would have this walk over all of them for every request.
        if (details_ > limits_.details / 4 * 3) forget_below(slow, received_ + 1);
    }

    void forget_below(std::uint64_t slow, std::uint64_t fresh) {
        std::erase_if(traces_, [&](const auto& entry) {
            const trace& t = entry.second;
            if (t.duration() >= slow || t.touched >= fresh) return false;
            details_ -= t.spans.size();
            forgotten_ += t.spans.size();
            return true;
        });
    }

    bounds limits_;
    std::vector<ids> ids_;
    bool sorted_ = true;
    std::unordered_map<trace_id, trace, hash> traces_;
    std::size_t details_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t beyond_ids_ = 0;
    std::uint64_t forgotten_ = 0;
};

} // namespace receiver
