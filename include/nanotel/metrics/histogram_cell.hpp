// SPDX-License-Identifier: MIT
// The cells of histograms: two copies, of which the thread writes one while the collection empties the other.
#pragma once

#include <nanotel/metrics/bucket_search.hpp>
#include <nanotel/metrics/cell.hpp>
#include <nanotel/metrics/exponential_downscale.hpp>
#include <nanotel/metrics/exponential_index.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// How a point stays consistent without a lock. A thread makes its turn odd, reads its epoch, writes to the
// copy that the epoch names, and makes its turn even. The collection changes the epochs of all threads, makes
// them pass a fence (membarrier), and then knows of every thread: its turn was odd before the fence, so it
// may be writing to the old copy, and is waited for; or it begins its turn after the fence, and sees the new
// epoch. The old copies are then still, and all that one of them holds, counts, sum, extremes, is taken over
// together. Where there is no membarrier, `fences_turns` makes the threads fence themselves. The epoch is the
// thread's, and not one variable for all, since each module of a process would have its own of that.

// The number of the turn, which is odd; 0 in a signal handler that interrupts a measurement of its own
// thread: the turn is taken.
[[gnu::always_inline]] inline std::uint32_t begin_turn(thread_measurements& thread) noexcept {
    const std::uint32_t turn = thread.turn.load_relaxed() + 1;
    if ((turn & 1) == 0) [[unlikely]]
        return 0;
    if (thread.fences_turns.load_relaxed() != 0) [[unlikely]]
        // Pairs with the collection's store of the epoch, and so does the load of the epoch that follows: an
        // acquire alone may be done before this store, as it is on ARM64 with LDAPR.
        thread.turn.store_seq_cst(turn);
    else
        thread.turn.store_relaxed(turn);
    __atomic_signal_fence(__ATOMIC_SEQ_CST); // the compiler keeps the order that the fence from outside needs
    return turn;
}
[[gnu::always_inline]] inline void end_turn(thread_measurements& thread, std::uint32_t turn) noexcept {
    // Release: a collection that sees the turn even sees all that was written in it.
    // The number is that of its beginning, and not loaded anew: nobody else changes it in between, and the
    // next turn need not wait for two stores to be read back.
    thread.turn.store_release(turn + 1);
}

// What both kinds of histogram keep in a copy. Written by the thread in its turn, or by the collection while
// the copy is still; relaxed, the turns order them.
struct histogram_totals {
    atomic<std::uint64_t> touched; // 0: all of the copy is as it was emptied
    atomic<std::uint64_t> sum;     // double bits
    atomic<std::uint64_t> min;
    atomic<std::uint64_t> max;
    atomic<std::uint64_t> not_finite;

    void empty() noexcept {
        touched.store_relaxed(0);
        sum.store_relaxed(0);
        min.store_relaxed(__builtin_bit_cast(std::uint64_t, __builtin_inf()));
        max.store_relaxed(__builtin_bit_cast(std::uint64_t, -__builtin_inf()));
        not_finite.store_relaxed(0);
    }
    [[gnu::always_inline]] void add(double v) noexcept {
        touched.store_relaxed(1);
        store_double(sum, as_double(sum) + v);
        if (v < as_double(min)) [[unlikely]]
            store_double(min, v);
        if (v > as_double(max)) [[unlikely]]
            store_double(max, v);
    }
    [[gnu::always_inline]] static double as_double(const atomic<std::uint64_t>& bits) noexcept {
        return load_double(bits);
    }
};

// Followed by two copies: the totals, then one count more than there are bounds.
struct histogram_cell : metric_cell {
    const bucket_table* table;
    std::uint64_t copy_words;
    // Of each bucket, how many measurements were offered to the reservoir since it was emptied; null before
    // the first. The thread counts, the collection clears: relaxed, what is lost between them changes a
    // chance.
    atomic<atomic<std::uint64_t>*> offers;

    struct copy {
        histogram_totals totals;
        atomic<std::uint64_t>* counts() noexcept {
            return reinterpret_cast<atomic<std::uint64_t>*>(this + 1);
        }
    };
    copy& of(std::uint32_t epoch) noexcept {
        auto* const copies = reinterpret_cast<std::uint64_t*>(this + 1);
        return *reinterpret_cast<copy*>(copies + (epoch & 1) * copy_words);
    }
};

// Followed by two copies: what is below, then `size` counts of positive values.
struct exponential_cell : metric_cell {
    std::uint32_t size; // of the buckets of each sign
    std::uint32_t copy_words;

    struct copy {
        histogram_totals totals;
        atomic<std::uint64_t> zeros;
        atomic<std::int32_t> scale;
        atomic<std::int32_t> positive_base; // the index of the first count; valid where a count is not 0
        atomic<std::int32_t> negative_base;
        atomic<std::uint32_t> used;               // bit 0: a positive value was counted, bit 1: a negative
        atomic<atomic<std::uint64_t>*> negatives; // null before the cell's first negative value
        atomic<std::uint64_t>* positives() noexcept {
            return reinterpret_cast<atomic<std::uint64_t>*>(this + 1);
        }
    };
    copy& of(std::uint32_t epoch) noexcept {
        auto* const copies = reinterpret_cast<std::uint64_t*>(this + 1);
        return *reinterpret_cast<copy*>(copies + (epoch & 1) * copy_words);
    }
};

// The buckets of one sign, as long as they are being fitted to a value.
struct bucket_window {
    atomic<std::uint64_t>* counts;
    std::uint32_t size;
    std::int32_t base;

    // The first and the last index that has a count; false where none has.
    bool range(std::int32_t& low, std::int32_t& high) const noexcept {
        std::uint32_t first = 0;
        while (first < size && counts[first].load_relaxed() == 0) ++first;
        if (first == size) return false;
        std::uint32_t last = size - 1;
        while (counts[last].load_relaxed() == 0) --last;
        low = base + static_cast<std::int32_t>(first);
        high = base + static_cast<std::int32_t>(last);
        return true;
    }
    // Makes the first count that of another index; every count stays within.
    void move(std::int32_t to) noexcept {
        const std::int32_t distance = base - to; // counts move up by as much
        const auto n = static_cast<std::int32_t>(size);
        if (distance > 0) {
            for (std::int32_t i = n - 1; i >= 0; --i)
                counts[i].store_relaxed(i >= distance ? counts[i - distance].load_relaxed() : 0);
        } else if (distance < 0) {
            for (std::int32_t i = 0; i < n; ++i)
                counts[i].store_relaxed(i - distance < n ? counts[i - distance].load_relaxed() : 0);
        }
        base = to;
    }
};

// A value lies outside of the buckets of its sign: they move, and where they cannot hold all at this scale,
// both signs go to a lower one (OpenTelemetry Metrics SDK, "Base2 Exponential Bucket Histogram Aggregation").
[[gnu::noinline]] inline void make_room(exponential_cell& cell, exponential_cell::copy& copy,
                                        double magnitude, bool negative) noexcept {
    auto& base_of_sign = negative ? copy.negative_base : copy.positive_base;
    bucket_window window{negative ? copy.negatives.load_relaxed() : copy.positives(), cell.size,
                         base_of_sign.load_relaxed()};
    const std::uint32_t used = copy.used.load_relaxed();
    const std::uint32_t mine = negative ? 2 : 1;
    std::int32_t scale = copy.scale.load_relaxed();
    std::int32_t index = exponential_index(magnitude, scale);
    std::int32_t low = index;
    std::int32_t high = index;
    const bool any = (used & mine) != 0 && window.range(low, high);
    if (!any) window.base = low = high = index;
    low = index < low ? index : low;
    high = index > high ? index : high;
    unsigned by = 0;
    // Wider than an int32: at scale 20 the doubles span more than 2^31 buckets.
    while (std::int64_t{high >> by} - (low >> by) >= cell.size &&
           scale - static_cast<std::int32_t>(by) > min_exponential_scale)
        ++by;
    if (by != 0) {
        downscale(&window.counts->value, window.size, window.base, by);
        low >>= by;
        high >>= by;
        if ((used & (mine ^ 3)) != 0) {
            auto& other_base = negative ? copy.positive_base : copy.negative_base;
            bucket_window other{negative ? copy.positives() : copy.negatives.load_relaxed(), cell.size,
                                other_base.load_relaxed()};
            downscale(&other.counts->value, other.size, other.base, by);
            other_base.store_relaxed(other.base);
        }
        copy.scale.store_relaxed(scale - static_cast<std::int32_t>(by));
    }
    // In the middle, so that the next value finds room on both sides.
    const std::int32_t spare = static_cast<std::int32_t>(cell.size) - 1 - (high - low);
    window.move(low - spare / 2);
    base_of_sign.store_relaxed(window.base);
    copy.used.store_relaxed(used | mine);
}

inline constexpr std::uint64_t infinity_bits = 0x7ff0'0000'0000'0000u;

inline bool is_finite_number(std::uint64_t bits) noexcept { return (bits & infinity_bits) != infinity_bits; }

// Whether this, the n-th of its bucket, becomes its exemplar: each of them is as likely as another.
[[gnu::always_inline]] inline bool replaces_exemplar(thread_state& thread, std::uint64_t n) noexcept {
    return (((thread.ids.draw() >> 32) * n) >> 32) == 0;
}

// Whether what was offered becomes an exemplar. Of sums and gauges that was counted down before.
inline bool chooses_exemplar(thread_state& thread, metric_cell& cell, std::uint32_t bucket) noexcept {
    if (cell.kind == cell_kind::exponential) return counts_as_exemplar(thread, cell);
    if (cell.kind != cell_kind::histogram) return true;
    atomic<std::uint64_t>* const offers = static_cast<histogram_cell&>(cell).offers.load_acquire();
    if (!offers) return true;
    const std::uint64_t n = offers[bucket].load_relaxed() + 1;
    offers[bucket].store_relaxed(n);
    return replaces_exemplar(thread, n);
}

// Of a measurement without labels.
[[gnu::noinline, gnu::cold]] inline void offer_exemplar(thread_state& thread, metric_cell& cell,
                                                        std::uint32_t bucket, std::uint64_t bits) noexcept {
    if (chooses_exemplar(thread, cell, bucket)) take_exemplar(thread, cell, bucket, bits, nullptr);
}

// A record either offers its measurement itself, and returns nothing; or it says that the measurement may
// become an exemplar, by the number of its bucket and 1, and leaves that to its caller, who has the labels.
enum class exemplars { offered, told };
template <exemplars How>
using offer_of = std::conditional_t<How == exemplars::told, std::uint32_t, void>;

template <exemplars How>
[[gnu::always_inline]] inline offer_of<How> record_nothing(thread_state& thread) noexcept {
    thread.measured.interrupting.add_by_owner(1);
    return offer_of<How>();
}
template <exemplars How>
[[gnu::always_inline]] inline offer_of<How> offer_measurement(thread_state& thread, metric_cell& cell,
                                                              std::uint32_t bucket,
                                                              std::uint64_t bits) noexcept {
    const bool is_offered = (*thread.measured.exemplar_word & context_word::sampled) != 0;
    if constexpr (How == exemplars::told) {
        return is_offered ? bucket + 1 : 0;
    } else {
        if (is_offered) [[unlikely]]
            offer_exemplar(thread, cell, bucket, bits);
    }
}

template <exemplars How>
[[gnu::always_inline]] inline offer_of<How> count_in_bucket(thread_state& thread, histogram_cell& cell,
                                                            double v, std::uint32_t bucket) noexcept {
    const std::uint32_t turn = begin_turn(thread.measured);
    if (turn == 0) [[unlikely]]
        return record_nothing<How>(thread);
    auto& copy = cell.of(thread.measured.epoch.load_seq_cst()); // sees the copy as it was emptied
    copy.counts()[bucket].add_by_owner(1);
    copy.totals.add(v);
    end_turn(thread.measured, turn);
    return offer_measurement<How>(thread, cell, bucket, __builtin_bit_cast(std::uint64_t, v));
}

template <exemplars How>
[[gnu::noinline]] inline offer_of<How> record_unusual(thread_state& thread, histogram_cell& cell,
                                                      double v) noexcept {
    if (is_finite_number(__builtin_bit_cast(std::uint64_t, v)))
        return count_in_bucket<How>(thread, cell, v, find_bucket(*cell.table, v));
    const std::uint32_t turn = begin_turn(thread.measured);
    if (turn == 0) [[unlikely]]
        return record_nothing<How>(thread);
    histogram_totals& totals = cell.of(thread.measured.epoch.load_seq_cst()).totals;
    totals.touched.store_relaxed(1);
    totals.not_finite.add_by_owner(1);
    end_turn(thread.measured, turn);
    return offer_of<How>();
}

// This and record_exponential call nothing but as their last deed, and so keep nothing on the stack.
template <exemplars How>
[[gnu::noinline]] inline offer_of<How> record_explicit(thread_state& thread, histogram_cell& cell,
                                                       double v) noexcept {
    // One compare for what is negative, infinite or NaN.
    if (__builtin_bit_cast(std::uint64_t, v) >= infinity_bits) [[unlikely]]
        return record_unusual<How>(thread, cell, v);
    return count_in_bucket<How>(thread, cell, v, find_bucket(*cell.table, v));
}

// The bucket of a value whose sign is off, counted.
[[gnu::always_inline]] inline void count_exponential(exponential_cell& cell, exponential_cell::copy& copy,
                                                     atomic<std::uint64_t>* counts,
                                                     atomic<std::int32_t>& base, std::uint64_t bits,
                                                     std::uint32_t sign) noexcept {
    const std::int32_t scale = copy.scale.load_relaxed();
    std::int32_t index;
    if (scale <= 8 && bits >= smallest_normal_bits) [[likely]]
        index = exponential_index_8(bits) >> (8 - scale);
    else
        index = exponential_index(__builtin_bit_cast(double, bits), scale);
    auto place = static_cast<std::uint32_t>(index) - static_cast<std::uint32_t>(base.load_relaxed());
    if (place >= cell.size || (copy.used.load_relaxed() & sign) == 0) [[unlikely]] {
        make_room(cell, copy, __builtin_bit_cast(double, bits), sign == 2);
        index = exponential_index(__builtin_bit_cast(double, bits), copy.scale.load_relaxed());
        place = static_cast<std::uint32_t>(index) - static_cast<std::uint32_t>(base.load_relaxed());
    }
    counts[place].add_by_owner(1);
}

[[gnu::noinline, gnu::cold]] inline bool count_negative(thread_state& thread, exponential_cell& cell,
                                                        std::uint32_t epoch, std::uint64_t bits) noexcept {
    auto& copy = cell.of(epoch);
    if (!copy.negatives.load_relaxed() &&
        !runtime.load_acquire()->metrics->add_negative_buckets(thread, cell))
        return false;
    count_exponential(cell, copy, copy.negatives.load_relaxed(), copy.negative_base,
                      bits & ~(std::uint64_t{1} << 63), 2);
    return true;
}

// Any value, in a turn that has begun.
template <exemplars How>
[[gnu::noinline]] inline offer_of<How> record_exponential_slowly(thread_state& thread, exponential_cell& cell,
                                                                 double v, std::uint32_t turn) noexcept {
    const auto bits = __builtin_bit_cast(std::uint64_t, v);
    const std::uint32_t epoch = thread.measured.epoch.load_seq_cst();
    auto& copy = cell.of(epoch);
    if (!is_finite_number(bits)) [[unlikely]] {
        copy.totals.touched.store_relaxed(1);
        copy.totals.not_finite.add_by_owner(1);
        end_turn(thread.measured, turn);
        return offer_of<How>();
    }
    bool counted = true;
    if (v > 0) [[likely]]
        count_exponential(cell, copy, copy.positives(), copy.positive_base, bits, 1);
    else if (v == 0)
        copy.zeros.add_by_owner(1);
    else
        counted = count_negative(thread, cell, epoch, bits);
    if (counted) copy.totals.add(v);
    end_turn(thread.measured, turn);
    return offer_measurement<How>(thread, cell, 0, bits);
}

template <exemplars How>
[[gnu::noinline]] inline offer_of<How> record_exponential(thread_state& thread, exponential_cell& cell,
                                                          double v) noexcept {
    const auto bits = __builtin_bit_cast(std::uint64_t, v);
    const std::uint32_t turn = begin_turn(thread.measured);
    if (turn == 0) [[unlikely]]
        return record_nothing<How>(thread);
    auto& copy = cell.of(thread.measured.epoch.load_seq_cst());
    const std::int32_t scale = copy.scale.load_relaxed();
    // One compare for what is negative, zero, subnormal, infinite or NaN.
    if (bits - smallest_normal_bits >= infinity_bits - smallest_normal_bits || scale > 8) [[unlikely]]
        return record_exponential_slowly<How>(thread, cell, v, turn);
    const std::int32_t index = exponential_index_8(bits) >> (8 - scale);
    const auto place =
        static_cast<std::uint32_t>(index) - static_cast<std::uint32_t>(copy.positive_base.load_relaxed());
    if (place >= cell.size || (copy.used.load_relaxed() & 1) == 0) [[unlikely]]
        return record_exponential_slowly<How>(thread, cell, v, turn);
    copy.positives()[place].add_by_owner(1);
    copy.totals.add(v);
    end_turn(thread.measured, turn);
    return offer_measurement<How>(thread, cell, 0, bits);
}

// A number into a cell of whatever kind: histograms', and what views make of other instruments.
template <exemplars How>
inline offer_of<How> record_in_cell(thread_state& thread, metric_cell& cell, double v) noexcept {
    if (cell.kind == cell_kind::histogram) [[likely]]
        return record_explicit<How>(thread, static_cast<histogram_cell&>(cell), v);
    if (cell.kind == cell_kind::exponential)
        return record_exponential<How>(thread, static_cast<exponential_cell&>(cell), v);
    return offer_of<How>();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
