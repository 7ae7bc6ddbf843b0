// SPDX-License-Identifier: MIT
// The states of all threads: given out on a thread's first record, taken back when it ends, used again.
#pragma once

#include <nanotel/core/block_store.hpp>
#include <nanotel/core/module_registry.hpp>
#include <nanotel/core/platform.hpp>
#include <nanotel/core/record_builder.hpp>
#include <nanotel/core/thread_inheritance.hpp>

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
    static constexpr std::uint32_t most_free_rings = 16;

    thread_registry() noexcept
        : alive_(
              static_cast<atomic<std::uint32_t>*>(map_pages(sizeof(atomic<std::uint32_t>), on_fork::wipe))) {
        if (alive_) alive_->store_relaxed(1);
        ::pthread_key_create(&key_, &end_of_thread);
    }

    // Threads that are known attach again at their next record, which also clears what was current when
    // recording stopped.
    void configure(const ring_options& options, std::uint32_t mode, std::uint32_t roots = 0) noexcept {
        const signals_blocked quiet;
        const std::lock_guard lock(mutex_);
        first_bytes_ = options.first_bytes;
        largest_bytes_.store_relaxed(options.largest_bytes);
        all_rings_bytes_.store_relaxed(options.all_rings_bytes);
        largest_record_.store_relaxed(options.largest_bytes / 4 < greatest_record ? options.largest_bytes / 4
                                                                                  : greatest_record);
        patience_.store_relaxed(options.when_full == full_ring::block ? options.block_nanoseconds : 0);
        mode_ = mode;
        roots_ = roots;
        running_.store_release(1);
    }

    // Every thread asks again at its next record.
    void stop() noexcept {
        const signals_blocked quiet;
        const std::lock_guard lock(mutex_);
        running_.store_release(0);
        for (thread_state* t = threads_.load_relaxed(); t; t = t->next_thread) t->mode.store_relaxed(0);
    }

    std::uint64_t largest_record() const noexcept { return largest_record_.load_relaxed(); }
    // Of the rings that are mapped now, without their headers and slack.
    std::uint64_t ring_bytes() const noexcept { return ring_bytes_.load_relaxed(); }

    // The state of the calling thread, or null where nothing records or memory is short. `wake` wakes the
    // collector thread.
    template <class Wake>
    thread_state* attach(Wake&& wake) noexcept {
        if (running_.load_acquire() == 0 || is_unprepared_child()) return nullptr;
        const signals_blocked quiet;
        // Two modules of a process each have a thread-local pointer; the thread has one state.
        auto* const known = static_cast<thread_state*>(::pthread_getspecific(key_));
        if (known && !is_of_parent(*known)) {
            const std::lock_guard lock(mutex_);
            if (running_.load_relaxed() == 0) return nullptr;
            if ((known->mode.load_relaxed() & thread_mode::active) ==
                0) { // recording was stopped and begins again: nothing is open
                forget_context(*known);
                known->roots = roots_;
                known->mode.store_relaxed(mode_);
            }
            return known;
        }
        thread_state* const state = new_state(wake);
        if (!state) return nullptr;
        if (known) inherit(*state, *known);
        ::pthread_setspecific(key_, state);
        return state;
    }

    // -- fork: see pipeline/fork.hpp

    bool try_lock() noexcept { return mutex_.try_lock(); }
    void unlock() noexcept { mutex_.unlock(); }

    // Under the lock, before the fork: what the child of the calling thread inherits.
    void keep_for_child() noexcept { kept_.keep(static_cast<thread_state*>(::pthread_getspecific(key_))); }

    // In the child, which has the lock: no thread is known any more. The memory of the parent's states, rings
    // and blocks is left where it is: spans that are open lead there, and what is never touched costs address
    // space and nothing else.
    void enter_child() noexcept {
        // Where pages could not be wiped. Where they were, the list ends with its first.
        for (thread_state* t = threads_.load_relaxed(); t;) {
            thread_state* const next = t->next_thread;
            if (t->made.load_relaxed() != 0) std::memset(static_cast<void*>(t), 0, sizeof *t);
            t = next;
        }
        threads_.store_relaxed(nullptr);
        free_with_ring_ = free_without_ring_ = nullptr;
        blocks_.forget_all();
        free_rings_ = attached_since_wake_ = 0;
        ring_bytes_.store_relaxed(0);
        running_.store_relaxed(0);
        auto* const mine = static_cast<thread_state*>(::pthread_getspecific(key_));
        if (mine) kept_.give_back(*mine);
        if (alive_) alive_->store_relaxed(1);
    }

    // In a child where the lock could not be had.
    void refuse_child() noexcept {
        if (alive_) alive_->store_relaxed(0);
    }

    // A copy of the process in which no handler of pthread_atfork has run, as clone(2) makes them: locks may
    // be held by threads that are not there, so nothing here takes one. The page reads zero in it. Relaxed,
    // since nothing else is read by it.
    bool is_unprepared_child() const noexcept { return alive_ && alive_->load_relaxed() == 0; }

    // -- the producer's cold paths

    // `wake` says whether it has woken the collector thread.
    template <class Wake>
    bool make_room(thread_state& thread, std::uint64_t size, Wake&& wake) noexcept {
        return make_room(thread, size, wake, thread.dropped_full, thread.dropped_large);
    }
    // And counts what there was none for.
    template <class Wake>
    bool make_room(thread_state& thread, std::uint64_t size, Wake&& wake, atomic<std::uint64_t>& full,
                   atomic<std::uint64_t>& large) noexcept {
        if (size > largest_record_.load_relaxed()) {
            large.add_by_owner(1);
            return false;
        }
        ring_writer& ring = thread.ring;
        std::uint64_t give_up = 0;
        for (;;) {
            const std::uint64_t seen = ring.segment->consumed.load_acquire();
            const std::uint64_t ahead = ring.position + size - seen;
            if (ahead <= ring.capacity) {
                const std::uint64_t most = ring.capacity - ring_writer::margin;
                // Past the half somebody should come. Told so, the collector thread comes, and the rest of
                // the ring is free of tests. Found awake, it may be about to sleep: it looks at the rings
                // once more before it does, but what it must see, this record, is yet to be published. So
                // ask again an eighth later.
                std::uint64_t next_look = ring.capacity / 2;
                if (ahead > next_look) {
                    if (ring.told_at != seen) ring.told_at = wake() ? seen : ring_writer::not_told;
                    next_look = ring.told_at == seen ? most : ahead + ring.capacity / 8;
                }
                ring.look_again_at(seen + (next_look < most ? next_look : most));
                return true;
            }
            if (ring.capacity != 0) wake();
            if (grow(ring, size)) continue;
            const std::uint64_t patience = patience_.load_relaxed();
            if (patience == 0) break;
            const std::uint64_t now = clock_nanoseconds(CLOCK_MONOTONIC);
            if (give_up == 0) give_up = now + patience;
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
        full.add_by_owner(1);
        return false;
    }

    pool_block* refill_pool(thread_state& thread, unsigned size_class) noexcept {
        if (is_unprepared_child()) return nullptr;
        const std::lock_guard lock(mutex_);
        return blocks_.refill(thread, size_class);
    }

    void release_blocks(pool_block* first, unsigned size_class) noexcept {
        if (is_unprepared_child()) return;
        const std::lock_guard lock(mutex_);
        blocks_.take_back(first, size_class);
    }

    // -- for anyone who looks

    template <class Each>
    void for_each(Each&& each) const noexcept {
        for (thread_state* t = threads_.load_acquire(); t; t = t->next_thread) each(*t);
    }

    // -- the collector thread

    void retire(ring_segment* segment) noexcept {
        const std::lock_guard lock(mutex_);
        unmake_segment(segment);
    }

    // After a drain that began when the thread had ended: the state may serve another thread.
    void recycle(thread_state& state) noexcept {
        const std::lock_guard lock(mutex_);
        state.ended.store_relaxed(0);
        blocks_.take_all_of(state);
        // A thread that needed much does not leave it to one that may need little, and a crowd of threads
        // that has gone does not leave the memory of its rings to nobody.
        const std::uint64_t capacity = state.reader.segment->capacity;
        const std::uint64_t wanted = free_rings_ < most_free_rings ? first_bytes_ : 0;
        if (capacity > wanted) {
            if (ring_segment* const small = make_segment(wanted)) {
                unmake_segment(state.reader.segment);
                state.reader.segment = small;
            }
        }
        thread_state*& free = state.reader.segment->capacity != 0 ? free_with_ring_ : free_without_ring_;
        if (state.reader.segment->capacity != 0) ++free_rings_;
        state.next_free = free;
        free = &state;
    }

private:
    // Runs after the destructors of thread_local objects; what they recorded is still taken. A record of a
    // later destructor of this kind attaches the thread anew.
    static void end_of_thread(void* state) {
        auto* const thread = static_cast<thread_state*>(state);
        detach_from_modules(*thread);
        thread->mode.store_relaxed(0);
        forget_context(*thread);
        thread->ended.store_release(1);
    }

    // Nothing is current, and nothing is open.
    static void forget_context(thread_state& thread) noexcept {
        orphan_table{thread}.clear();
        restore(thread, saved_context{{}, nullptr, nullptr, 1});
    }

    // For a thread that has none.
    template <class Wake>
    thread_state* new_state(Wake&& wake) noexcept {
        const std::lock_guard lock(mutex_);
        if (running_.load_relaxed() == 0) return nullptr;
        // Where threads come and go faster than the collector thread looks, it has states to give back.
        if (++attached_since_wake_ == 16) {
            attached_since_wake_ = 0;
            wake();
        }
        thread_state*& free = free_with_ring_ ? free_with_ring_ : free_without_ring_;
        thread_state* state = free;
        if (state) {
            free = state->next_free;
            if (state->reader.segment->capacity != 0) --free_rings_;
        } else if (!(state = make_state())) {
            return nullptr;
        }
        state->next_free = nullptr;
        prepare(*state);
        return state;
    }

    thread_state* make_state() noexcept {
        auto* const state = static_cast<thread_state*>(map_pages(sizeof(thread_state), on_fork::wipe));
        if (!state) return nullptr;
        // Where the rings of all have reached their limit, one without room: its records are counted as
        // dropped, and the first after others have gone finds a ring.
        const bool within = ring_bytes_.load_relaxed() + first_bytes_ <= all_rings_bytes_.load_relaxed();
        ring_segment* const segment = make_segment(within ? first_bytes_ : 0);
        if (!segment) {
            unmap_pages(state, sizeof(thread_state));
            return nullptr;
        }
        state->reader.segment = segment;
        state->made.store_relaxed(1);
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
        state.watched = state.uncaught_exceptions;
        fill_random(&state.ids, sizeof state.ids);
        state.ring.enter(*state.reader.segment);
        state.roots = roots_;
        state.mode.store_relaxed(mode_);
    }

    ring_segment* make_segment(std::uint64_t capacity) noexcept {
        // A record that begins at the last place may run on for its whole length, and is copied in whole
        // words.
        const std::uint64_t slack = capacity == 0 ? 0 : greatest_record + 256;
        const std::uint64_t mapped = sizeof(ring_segment) + capacity + slack;
        auto* const segment = static_cast<ring_segment*>(map_pages(mapped, on_fork::wipe));
        if (!segment) return nullptr;
        segment->capacity = capacity;
        segment->mapped = mapped;
        ring_bytes_.store_relaxed(ring_bytes_.load_relaxed() + capacity);
        return segment;
    }
    void unmake_segment(ring_segment* segment) noexcept {
        ring_bytes_.store_relaxed(ring_bytes_.load_relaxed() - segment->capacity);
        unmap_pages(segment, segment->mapped);
    }

    // Chains a larger segment. The consumer reads the present one to its end and then follows.
    bool grow(ring_writer& ring, std::uint64_t size) noexcept {
        if (is_unprepared_child()) return false;
        std::uint64_t capacity = ring.capacity == 0 ? 16 << 10 : ring.capacity * 2;
        while (capacity / 4 < size) capacity *= 2;
        // Before the lock as well: a full ring that cannot grow asks for every record that it drops.
        const auto within = [&] {
            return capacity <= largest_bytes_.load_relaxed() &&
                   ring_bytes_.load_relaxed() + capacity <= all_rings_bytes_.load_relaxed();
        };
        if (!within()) return false;
        const std::lock_guard lock(mutex_);
        if (ring.capacity == 0 && capacity < first_bytes_) capacity = first_bytes_;
        if (!within()) return false;
        ring_segment* const fresh = make_segment(capacity);
        if (!fresh) return false;
        ring_segment* const full = ring.segment;
        ring.enter(*fresh);
        full->next.store_release(fresh);
        return true;
    }

    std::mutex mutex_;
    block_store blocks_;
    thread_inheritance kept_; // from before a fork to its child
    pthread_key_t key_{};
    std::uint64_t first_bytes_ = 0;
    // Read by producers without the lock, and late ones may read while the next start writes: relaxed, each
    // is a limit for itself.
    atomic<std::uint64_t> largest_bytes_;
    atomic<std::uint64_t> all_rings_bytes_;
    atomic<std::uint64_t> largest_record_{greatest_record};
    atomic<std::uint64_t> patience_; // nanoseconds that a producer waits for room; 0: it drops
    std::uint32_t mode_ = 0;
    std::uint32_t roots_ = 0;
    atomic<std::uint32_t> running_; // release when what configure wrote is there
    atomic<std::uint32_t>* const alive_;
    atomic<thread_state*> threads_; // grows at its head, never shrinks
    thread_state* free_with_ring_ = nullptr;
    thread_state* free_without_ring_ = nullptr;
    std::uint32_t free_rings_ = 0; // states in the first of these lists
    std::uint32_t attached_since_wake_ = 0;
    atomic<std::uint64_t> ring_bytes_; // changed under the lock
};

} // namespace nanotel::inline NANOTEL_ABI::detail
