// SPDX-License-Identifier: MIT
// Exemplars: measurements kept as they were, with the trace in which they were taken. For the sdk.
#pragma once

#include <nanotel/metrics/cell.hpp>
#include <nanotel/metrics/metric_data.hpp>

#include <cmath> // exp, log
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility> // exchange
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

// Attribute sections, in memory of their own: there are some only where a view takes labels away.
struct exemplar_labels {
    std::size_t size;
    const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }
    struct give_back {
        void operator()(exemplar_labels* labels) const noexcept { std::free(labels); }
    };
    // Null where memory is short: the exemplar is better than none.
    static std::unique_ptr<exemplar_labels, give_back> copy_of(std::string_view sections) noexcept {
        void* const memory = std::malloc(sizeof(exemplar_labels) + sections.size());
        if (!memory) return nullptr;
        auto* const made = new (memory) exemplar_labels{sections.size()};
        std::memcpy(static_cast<void*>(made + 1), sections.data(), sections.size());
        return std::unique_ptr<exemplar_labels, give_back>(made);
    }
};
using owned_labels = std::unique_ptr<exemplar_labels, exemplar_labels::give_back>;

struct exemplar_slot {
    std::uint64_t bits; // as measured: int64 or double
    std::uint64_t time_unix_ns;
    std::uint64_t trace_id[2];
    std::uint64_t span_id;
    exemplar_labels* labels; // owned; may be null
    bool filled;
};

// One that the collection has taken out of its slot, and owns.
struct taken_exemplar : exemplar_slot {
    explicit taken_exemplar(const exemplar_slot& slot) noexcept : exemplar_slot(slot), owned(slot.labels) {}
    std::string_view sections() const noexcept {
        return owned ? std::string_view(owned->data(), owned->size) : std::string_view();
    }
    owned_labels owned;
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
        for (std::uint32_t i = 0; i < capacity; ++i) {
            slots()[i].filled = false;
            std::free(std::exchange(slots()[i].labels, nullptr));
        }
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

    // Returns the labels of the exemplar that was there, to be freed without the lock.
    owned_labels put(const thread_context& context, std::uint64_t bits, std::uint64_t now,
                     std::uint32_t bucket, id_generator& random, owned_labels labels) noexcept {
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
        owned_labels before(slots()[at].labels);
        slots()[at] = {bits,
                       now,
                       {in_span ? context.trace_id[0] : 0, in_span ? context.trace_id[1] : 0},
                       in_span ? context.span_id : 0,
                       labels.release(),
                       true};
        return before;
    }

    // Hands out what it has, and is empty.
    void drain(std::vector<taken_exemplar>& to) {
        to.reserve(to.size() + capacity); // nothing throws under the lock
        lock();
        for (std::uint32_t i = 0; i < capacity; ++i)
            if (slots()[i].filled) {
                to.emplace_back(slots()[i]);
                slots()[i].labels = nullptr;
            }
        clear();
        unlock();
    }
};

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
