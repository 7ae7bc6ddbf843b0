// SPDX-License-Identifier: MIT
// A single-producer single-consumer ring of bytes, in segments that a producer may chain to grow.
#pragma once

#include <nanotel/core/atomic.hpp>
#include <nanotel/core/record.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Positions count bytes from the segment's begin and never wrap; a position modulo the capacity is a place.
// A record may run past the end of the data into the slack behind it, and the next one then starts at place
// 0: records are whole in memory, and both sides compute the same jump without a marker. The slack of one lap
// is written again only by a record that ends the next lap, for which the fullness check demands that the
// consumer has passed the former one.
struct ring_segment {
    // Where the producer will write next. Release pairs with the consumer's acquire and publishes the records
    // before it.
    alignas(64) atomic<std::uint64_t> written;
    // Where the consumer will read next. Release pairs with the producer's acquire: the consumer's last reads
    // of the bytes before it are over when the producer overwrites them.
    alignas(64) atomic<std::uint64_t> consumed;
    // The segment that follows, when the producer has left this one. Release publishes both the new segment
    // and the last `written` of this one.
    atomic<ring_segment*> next;
    std::uint64_t capacity; // a power of two
    std::uint64_t mapped;   // bytes of the whole mapping, for its release

    std::byte* data() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
};

// The next position after a record of `size` bytes at `position`.
constexpr std::uint64_t advance(std::uint64_t position, std::uint64_t size, std::uint64_t capacity) noexcept {
    const std::uint64_t next = position + size;
    return ((position ^ next) & capacity) != 0 ? next & ~(capacity - 1) : next;
}

// The producer's own view; only its thread touches it.
struct ring_writer {
    ring_segment* segment;
    std::byte* data;
    std::uint64_t position;
    // A record that ends at or before this position needs no look at the consumer and does not leave the lap:
    // half a ring ahead of where the consumer was last seen until it has been woken, then nearly a whole
    // ring.
    std::uint64_t limit;
    std::uint64_t capacity;
    // The address of the place that position 0 would have in this lap: a place is one addition away. Valid up
    // to the limit.
    std::uintptr_t lap;

    // Where the consumer stood when the collector thread was last woken; it comes once for each such
    // position.
    std::uint64_t told_at;
    static constexpr std::uint64_t not_told = ~std::uint64_t{0};

    // A record that ends at or before the limit may be copied in strides that end up to so many bytes behind
    // it.
    static constexpr std::uint64_t margin = 32;

    bool fits(std::uint64_t size) const noexcept { return position + size <= limit; }
    std::byte* place() const noexcept { return data + (position & (capacity - 1)); }

    void publish(std::uint64_t size) noexcept {
        position = advance(position, size, capacity);
        segment->written.store_release(position);
    }

    // The same for a record that ends at or before the limit.
    std::byte* place_before_limit() const noexcept { return reinterpret_cast<std::byte*>(lap + position); }
    void publish_before_limit(std::uint64_t end) noexcept {
        position = end; // the end of a lap is where the next one begins
        segment->written.store_release(end);
    }

    // The pages that the producer writes next, up to what the consumer has yet to read.
    void bring_into_memory() noexcept {
        if (capacity == 0) return;
        // Acquire: what is written to was read.
        const std::uint64_t end = segment->consumed.load_acquire() + capacity;
        for (std::uint64_t at = position; at < end; at += 512)
            *const_cast<volatile std::byte*>(data + (at & (capacity - 1))) = std::byte{0};
    }

    void look_again_at(std::uint64_t next_look) noexcept {
        const std::uint64_t lap_begin = position & ~(capacity - 1);
        lap = reinterpret_cast<std::uintptr_t>(data) - lap_begin;
        limit = next_look < lap_begin + capacity ? next_look : lap_begin + capacity;
    }

    void enter(ring_segment& fresh) noexcept {
        segment = &fresh;
        data = fresh.data();
        capacity = fresh.capacity;
        position = fresh.written.load_relaxed(); // own store, or that of the former owner before a hand-over
        limit = 0;                               // look at the consumer first
        told_at = not_told;
    }
};

// The consumer's side; only the collector thread touches it.
struct ring_reader {
    ring_segment* segment;

    // Calls `each(const std::byte* record)` for every record published so far, in order. A segment that has
    // been read to its end and left by the producer is handed to `retire`.
    template <class Each, class Retire>
    std::uint64_t drain(Each&& each, Retire&& retire) {
        std::uint64_t records = 0;
        for (;;) {
            // Before `written`: when a next segment is seen, the `written` read after it is this one's last.
            ring_segment* const following = segment->next.load_acquire();
            const std::uint64_t end = segment->written.load_acquire();
            std::uint64_t position = segment->consumed.load_relaxed();
            std::uint64_t freed = position;
            while (position != end) {
                const std::byte* const record = segment->data() + (position & (segment->capacity - 1));
                const std::uint64_t size = reinterpret_cast<const record_header*>(record)->size;
                each(record);
                ++records;
                position = advance(position, size, segment->capacity);
                // In batches, so that the producer's line is not pulled over for every record.
                if (position - freed >= segment->capacity / 8) {
                    segment->consumed.store_release(position);
                    freed = position;
                }
            }
            segment->consumed.store_release(position);
            if (!following) return records;
            ring_segment* const finished = segment;
            segment = following;
            retire(finished);
        }
    }

    bool empty() const noexcept {
        return !segment->next.load_acquire() &&
               segment->written.load_acquire() == segment->consumed.load_relaxed();
    }
};

} // namespace nanotel::inline NANOTEL_ABI::detail
