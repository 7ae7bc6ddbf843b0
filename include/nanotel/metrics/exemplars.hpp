// SPDX-License-Identifier: MIT
// Exemplars: measurements kept as they were, with the trace in which they were taken. For the sdk.
#pragma once

#include <nanotel/metrics/cell.hpp>
#include <nanotel/metrics/metric_data.hpp>

#include <cmath> // exp, log
#include <cstdlib>
#include <new>
#include <vector>

namespace nanotel::inline NANOTEL_ABI {

/// Which measurements may become exemplars (OpenTelemetry Metrics SDK, "ExemplarFilter"): none, all, or those
/// taken within a sampled span. OTEL_METRICS_EXEMPLAR_FILTER. Of those taken elsewhere an exemplar names no
/// trace.
enum class exemplar_filter : unsigned char { trace_based, always_on, always_off };

namespace detail {

// What exemplar_word points to where it is not the context of the thread.
inline constexpr std::uint64_t every_measurement = context_word::sampled;
inline constexpr std::uint64_t no_measurement = 0;

struct exemplar_slot {
    std::uint64_t bits; // as measured: int64 or double
    std::uint64_t time_unix_ns;
    std::uint64_t trace_id[2];
    std::uint64_t span_id;
    bool filled;
};

// Belongs to a cell. Aligned to buckets it keeps one measurement for each, picked by the cell; else a fixed
// number, each of those offered as likely as another (Li, "Reservoir-sampling algorithms of time complexity
// O(n(1+log(N/n)))", algorithm L: how many to let pass is drawn ahead, so that most cost a countdown).
struct exemplar_reservoir {
    atomic<std::uint32_t> locked; // held for the copy of a slot, or of all by the collection
    std::uint32_t capacity;
    std::uint32_t used; // of a fixed number
    bool aligned;
    double threshold;          // W of algorithm L
    exemplar_reservoir* next;  // all of the store, to be freed
    exemplar_reservoir* spare; // the next that no cell has
    exemplar_slot* slots() noexcept { return reinterpret_cast<exemplar_slot*>(this + 1); }
    // Of a reservoir aligned to buckets: see histogram_cell::offers.
    atomic<std::uint64_t>* offers() noexcept {
        return reinterpret_cast<atomic<std::uint64_t>*>(slots() + capacity);
    }

    static exemplar_reservoir* make(std::uint32_t capacity, bool aligned) noexcept {
        const std::size_t each = sizeof(exemplar_slot) + (aligned ? sizeof(std::uint64_t) : 0);
        void* const memory = std::calloc(1, sizeof(exemplar_reservoir) + capacity * each);
        if (!memory) return nullptr;
        auto* const made = new (memory) exemplar_reservoir{};
        made->capacity = capacity;
        made->aligned = aligned;
        made->threshold = 1;
        return made;
    }

    void clear() noexcept {
        for (std::uint32_t i = 0; i < capacity; ++i) slots()[i].filled = false;
        for (std::uint32_t i = 0; aligned && i < capacity; ++i) offers()[i].store_relaxed(0);
        used = 0;
        threshold = 1;
    }

    bool try_lock() noexcept { return locked.exchange(1) == 0; }
    void lock() noexcept {
        while (!try_lock()) {
        }
    }
    void unlock() noexcept { locked.store_release(0); }

    // How many offers to let pass before the next is taken, after this one was; at least 1.
    std::uint32_t draw_skip(id_generator& random) noexcept {
        if (aligned || used < capacity) return 1;
        const auto uniform = [&] {
            return (static_cast<double>(random.draw() >> 12) + 0.5) * 0x1p-52; // never 0, never 1
        };
        threshold *= std::exp(std::log(uniform()) / capacity);
        const double skip = std::floor(std::log(uniform()) / std::log1p(-threshold)) + 1;
        return skip < 4e9 ? static_cast<std::uint32_t>(skip) : 4'000'000'000u;
    }

    void put(const thread_context& context, std::uint64_t bits, std::uint64_t now, std::uint32_t bucket,
             id_generator& random) noexcept {
        std::uint32_t at;
        if (aligned)
            at = bucket < capacity ? bucket : capacity - 1;
        else if (used < capacity)
            at = used++;
        else
            at = static_cast<std::uint32_t>(((random.draw() >> 32) * capacity) >> 32);
        // A trace that is not sampled leads nowhere.
        constexpr std::uint64_t exported = context_word::valid | context_word::sampled;
        const bool in_span = (context.word & exported) == exported;
        slots()[at] = {bits,
                       now,
                       {in_span ? context.trace_id[0] : 0, in_span ? context.trace_id[1] : 0},
                       in_span ? context.span_id : 0,
                       true};
    }

    // Hands out what it has, and is empty.
    void drain(std::vector<exemplar_slot>& to) {
        to.reserve(to.size() + capacity); // nothing throws under the lock
        lock();
        for (std::uint32_t i = 0; i < capacity; ++i)
            if (slots()[i].filled) to.push_back(slots()[i]);
        clear();
        unlock();
    }
};

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
