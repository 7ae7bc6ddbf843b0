// SPDX-License-Identifier: MIT
// The states of all threads: given out on a thread's first record, taken back when it ends, used again.
#pragma once

#include <nanotel/core/platform.hpp>
#include <nanotel/core/record_builder.hpp>

#include <cxxabi.h> // __cxa_get_globals

#include <mutex>

namespace nanotel::inline NANOTEL_ABI::detail {

/// What a ring does with a record that it has no room for.
enum class full_ring { drop, block };

struct ring_options {
    std::uint64_t first_bytes = 64 << 10;     // of a thread's ring, a power of two
    std::uint64_t largest_bytes = 4 << 20;    // to which it grows, a power of two
    std::uint64_t all_rings_bytes = 64 << 20; // of all threads' rings together
    full_ring when_full = full_ring::drop;
    std::uint64_t block_nanoseconds = 100'000'000; // the longest that `block` waits for one record
};

// Lives as long as the process. Thread-safe but for the members marked as the collector thread's.
class thread_registry {
public:
    static constexpr std::uint64_t greatest_record = 64 << 10;
    static constexpr std::uint64_t pool_limit = 64 << 20;

    thread_registry() noexcept { ::pthread_key_create(&key_, &end_of_thread); }

    void configure(const ring_options& options, std::uint32_t mode) noexcept {
        const std::lock_guard lock(mutex_);
        options_ = options;
        largest_record_ =
            options.largest_bytes / 4 < greatest_record ? options.largest_bytes / 4 : greatest_record;
        mode_ = mode;
        running_.store_release(1);
        for (thread_state* t = threads_.load_relaxed(); t; t = t->next_thread)
            if (t->ended.load_relaxed() == 0) t->mode.store_relaxed(mode);
    }

    // Every thread asks again at its next record.
    void stop() noexcept {
        const std::lock_guard lock(mutex_);
        running_.store_release(0);
        for (thread_state* t = threads_.load_relaxed(); t; t = t->next_thread) t->mode.store_relaxed(0);
    }

    std::uint64_t largest_record() const noexcept { return largest_record_; }

    // The state of the calling thread, or null where nothing records or memory is short.
    thread_state* attach() noexcept {
        if (running_.load_acquire() == 0 || forked_.load_relaxed() != 0) return nullptr;
        // Two modules of a process each have a thread-local pointer; the thread has one state.
        if (auto* const known = static_cast<thread_state*>(::pthread_getspecific(key_))) {
            const std::lock_guard lock(mutex_);
            if (running_.load_relaxed() == 0) return nullptr;
            if (known->mode.load_relaxed() == 0) { // recording was stopped and begins again: nothing is open
                known->context = {};
                known->orphan_count = 0;
                known->mode.store_relaxed(mode_);
            }
            return known;
        }
        const std::lock_guard lock(mutex_);
        if (running_.load_relaxed() == 0) return nullptr;
        thread_state* state = free_;
        if (state)
            free_ = state->next_free;
        else if (!(state = make_state()))
            return nullptr;
        state->next_free = nullptr;
        prepare(*state);
        ::pthread_setspecific(key_, state);
        return state;
    }

    // In a forked child, where another thread may hold the lock for ever: from here on nothing takes it.
    void abandon() noexcept { forked_.store_relaxed(1); }

    // -- the producer's cold paths

    template <class Wake>
    bool make_room(thread_state& thread, std::uint64_t size, Wake&& wake) noexcept {
        if (size > largest_record_) {
            thread.dropped_large.add_by_owner(1);
            return false;
        }
        ring_writer& ring = thread.ring;
        std::uint64_t give_up = 0;
        for (;;) {
            const std::uint64_t seen = ring.segment->consumed.load_acquire();
            const std::uint64_t ahead = ring.position + size - seen;
            if (ahead <= ring.capacity) {
                // Past the half somebody should come; told once, the rest of the ring is free of tests.
                const bool past_half = ahead > ring.capacity / 2;
                ring.limit = seen + (past_half ? ring.capacity : ring.capacity / 2);
                if (past_half) wake();
                return true;
            }
            wake();
            if (grow(ring, size)) continue;
            if (options_.when_full == full_ring::drop) break;
            const std::uint64_t now = clock_nanoseconds(CLOCK_MONOTONIC);
            if (give_up == 0) give_up = now + options_.block_nanoseconds;
            if (now >= give_up) break;
            // The order matters: the consumer publishes room, counts, then looks for a waiter. Whoever comes
            // second of the two sequentially consistent accesses sees the other.
            thread.waiting.store_seq_cst(1);
            const std::uint32_t count = thread.space.load_seq_cst();
            if (ring.segment->consumed.load_acquire() == seen) {
                wake();
                wait_while(thread.space, count, give_up - now);
            }
            thread.waiting.store_relaxed(0);
        }
        thread.dropped_full.add_by_owner(1);
        return false;
    }

    pool_block* refill_pool(thread_state& thread, unsigned size_class) noexcept {
        if (forked_.load_relaxed() != 0) return nullptr;
        const std::lock_guard lock(mutex_);
        if (pool_block* const returned = returned_[size_class]) {
            returned_[size_class] = returned->next;
            return returned;
        }
        const std::size_t size = pool_block_size(size_class);
        const std::size_t slab = size < (32 << 10) ? 32 << 10 : 2 * size;
        if (pool_bytes_ + slab > pool_limit) return nullptr;
        auto* const pages = static_cast<std::byte*>(map_pages(slab, on_fork::keep));
        if (!pages) return nullptr;
        pool_bytes_ += slab;
        // The first is the caller's, the others stock the thread's pool.
        for (std::size_t at = size; at + size <= slab; at += size) {
            auto* const block = reinterpret_cast<pool_block*>(pages + at);
            block->next = thread.pool[size_class];
            thread.pool[size_class] = block;
        }
        return reinterpret_cast<pool_block*>(pages);
    }

    void release_block(pool_block* block, unsigned size_class) noexcept {
        if (forked_.load_relaxed() != 0) return;
        const std::lock_guard lock(mutex_);
        block->next = returned_[size_class];
        returned_[size_class] = block;
    }

    // -- for anyone who looks

    template <class Each>
    void for_each(Each&& each) const noexcept {
        for (thread_state* t = threads_.load_acquire(); t; t = t->next_thread) each(*t);
    }

    // -- the collector thread

    void retire(ring_segment* segment) noexcept {
        const std::lock_guard lock(mutex_);
        ring_bytes_ -= segment->capacity;
        unmap_pages(segment, segment->mapped);
    }

    // After a drain that began when the thread had ended: the state may serve another thread.
    void recycle(thread_state& state) noexcept {
        const std::lock_guard lock(mutex_);
        state.ended.store_relaxed(0);
        for (unsigned c = 0; c < thread_state::pool_classes; ++c)
            while (pool_block* const block = state.pool[c]) {
                state.pool[c] = block->next;
                block->next = returned_[c];
                returned_[c] = block;
            }
        if (state.reader.segment->capacity > options_.first_bytes) {
            // A thread that needed much does not leave it to one that may need little.
            ring_segment* const small = make_segment(options_.first_bytes);
            if (small) {
                ring_bytes_ -= state.reader.segment->capacity;
                unmap_pages(state.reader.segment, state.reader.segment->mapped);
                state.reader.segment = small;
            }
        }
        state.next_free = free_;
        free_ = &state;
    }

private:
    // Runs after the destructors of thread_local objects; what they recorded is still taken. A record of a
    // later destructor of this kind attaches the thread anew.
    static void end_of_thread(void* state) {
        auto* const thread = static_cast<thread_state*>(state);
        current_thread = &idle_thread;
        if (!thread->reader.segment) return; // a forked child's
        thread->mode.store_relaxed(0);
        thread->ended.store_release(1);
    }

    thread_state* make_state() noexcept {
        auto* const state = static_cast<thread_state*>(map_pages(sizeof(thread_state), on_fork::wipe));
        if (!state) return nullptr;
        ring_segment* const segment = make_segment(options_.first_bytes);
        if (!segment) {
            unmap_pages(state, sizeof(thread_state));
            return nullptr;
        }
        state->reader.segment = segment;
        state->next_thread = threads_.load_relaxed();
        threads_.store_release(state); // publishes the state with its segment to whoever walks the list
        return state;
    }

    void prepare(thread_state& state) noexcept {
        state.context = {};
        state.orphan_count = 0;
        state.recorded_exception = nullptr;
        // Behind the pointer that __cxa_get_globals returns lies the count that std::uncaught_exceptions()
        // reads: struct { void* caught; unsigned uncaught; } in the Itanium C++ ABI.
        state.uncaught_exceptions = reinterpret_cast<const unsigned*>(
            reinterpret_cast<const void* const*>(abi::__cxa_get_globals()) + 1);
        fill_random(&state.ids, sizeof state.ids);
        state.ring.enter(*state.reader.segment);
        state.mode.store_relaxed(mode_);
    }

    ring_segment* make_segment(std::uint64_t capacity) noexcept {
        // A record that begins at the last place may run on for its whole length, and is copied in whole
        // words.
        const std::uint64_t slack = greatest_record + 256;
        const std::uint64_t mapped = sizeof(ring_segment) + capacity + slack;
        auto* const segment = static_cast<ring_segment*>(map_pages(mapped, on_fork::wipe));
        if (!segment) return nullptr;
        segment->capacity = capacity;
        segment->mapped = mapped;
        ring_bytes_ += capacity;
        return segment;
    }

    // Chains a larger segment. The consumer reads the present one to its end and then follows.
    bool grow(ring_writer& ring, std::uint64_t size) noexcept {
        std::uint64_t capacity = ring.capacity * 2;
        while (capacity / 4 < size) capacity *= 2;
        if (capacity > options_.largest_bytes) return false;
        const std::lock_guard lock(mutex_);
        if (ring_bytes_ + capacity > options_.all_rings_bytes) return false;
        ring_segment* const fresh = make_segment(capacity);
        if (!fresh) return false;
        ring_segment* const full = ring.segment;
        ring.enter(*fresh);
        full->next.store_release(fresh);
        return true;
    }

    std::mutex mutex_;
    pthread_key_t key_{};
    ring_options options_;
    std::uint64_t largest_record_ = greatest_record;
    std::uint32_t mode_ = 0;
    atomic<std::uint32_t> running_; // release when what configure wrote is there
    atomic<std::uint32_t> forked_;
    atomic<thread_state*> threads_; // grows at its head, never shrinks
    thread_state* free_ = nullptr;
    pool_block* returned_[thread_state::pool_classes]{};
    std::uint64_t ring_bytes_ = 0;
    std::uint64_t pool_bytes_ = 0;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
