// SPDX-License-Identifier: MIT
// The bounded queue of request bodies between those who encode and the sender thread of a destination, in
// memory and, where there is a spool, on disk.
#pragma once

#include <nanotel/otlp/split_body.hpp>
#include <nanotel/pipeline/delivery.hpp>
#include <nanotel/pipeline/payload.hpp>
#include <nanotel/pipeline/spool.hpp>

#include <algorithm> // find_if, min, max
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace nanotel::inline NANOTEL_ABI::detail {

// The order is that of pushing. What lies on disk is older than what waits in memory, with one exception: the
// parts of a payload that was split, which go first. The sender takes one payload at a time and settles it or
// gives it back; the spiller moves the oldest in memory to disk. An item is queued until it is delivered or
// dropped, and each is counted, so that every snapshot adds up. Thread-safe; the disk is never waited for
// under the lock.
class payload_queue {
public:
    using clock = std::chrono::steady_clock;

    explicit payload_queue(const queue_options& options, std::shared_ptr<spool> disk = {}) noexcept
        : options_(options), disk_(std::move(disk)) {}
    payload_queue(const payload_queue&) = delete;
    payload_queue& operator=(const payload_queue&) = delete;

    // -- who encodes

    // False, and the items counted as dropped, where the queue is and stays full or memory is short.
    bool push(byte_buffer body, std::uint64_t items, signal kind = signal::traces,
              std::chrono::milliseconds timeout = {}) noexcept;
    bool push(shared_body body, std::uint64_t items, signal kind = signal::traces,
              std::chrono::milliseconds timeout = {}) noexcept;
    // The same without waiting: false, and nothing counted, where there is no room now.
    bool offer(const shared_body& body, std::uint64_t items, signal kind,
               std::chrono::milliseconds timeout) noexcept;

    // The last payloads are coming: from here on push waits for room until this time, whatever its patience,
    // but all together no longer than the allowance.
    void expect_last_payloads(clock::time_point until,
                              std::chrono::nanoseconds allowance = std::chrono::hours(24)) {
        const std::lock_guard lock(mutex_);
        last_push_ = until;
        allowance_ = allowance;
        room_.notify_all();
    }

    // What was lost before it could be pushed.
    void count_drop(std::uint64_t dropped_counts::* reason, std::uint64_t items,
                    signal kind = signal::traces) noexcept {
        const std::lock_guard lock(mutex_);
        of(kind).recorded += items;
        of(kind).dropped_by.*reason += items;
    }

    // -- the sender

    // Until there is something to send or, with a disk, it is time to look at that; false where nothing more
    // will come, or it is not wanted any more.
    bool wait_for_work(clock::time_point look_at_disk) {
        std::unique_lock lock(mutex_);
        const auto anything = [&] { return closed_ || has_work(); };
        if (disk_)
            work_.wait_until(lock, look_at_disk, anything);
        else
            work_.wait(lock, anything);
        return !abandoned_ && (!closed_ || has_work());
    }

    // The oldest payload, now under way. Nothing where none waits, or none that can be read now.
    std::optional<queued_payload> take();

    // What became of the payload under way: of `items`, `lost` were dropped for the reason.
    void settle(std::uint64_t items, std::uint64_t lost, std::uint64_t dropped_counts::* reason,
                std::size_t bytes) noexcept;

    // The destination does not take it now: it waits as the oldest.
    void give_back() noexcept {
        const std::lock_guard lock(mutex_);
        if (forsaken_ || !under_way_) return;
        ++of(under_way_->kind).retries;
        failing_ = true;
        refused_after_close_ = closed_;
        put_back();
        spill_.notify_all(); // what waits in memory is to be moved, be this one on disk already
        if (closed_) done_.notify_all();
    }

    // It is too large: its parts are under way in its place, one after the other. False where it stays whole.
    bool split(std::vector<body_part> parts) noexcept;

    // When the oldest was first taken, while it is not settled.
    clock::time_point head_since() const {
        const std::lock_guard lock(mutex_);
        return head_since_.value_or(clock::now());
    }

    void show(breaker_state state) noexcept {
        const std::lock_guard lock(mutex_);
        breaker_ = state;
        if (state == breaker_state::closed) failing_ = false;
    }

    // Waits between attempts, not beyond what somebody in a hurry asks for; false when the queue is
    // abandoned.
    bool wait_to_retry(clock::time_point until) {
        std::unique_lock lock(mutex_);
        hurry_.wait_until(lock, until, [&] { return abandoned_ || in_a_hurry_; });
        return !abandoned_;
    }
    bool take_hurry() noexcept {
        const std::lock_guard lock(mutex_);
        return std::exchange(in_a_hurry_, false);
    }

    // Now and then, while nothing is under way: removes what is too old on disk, and takes over what
    // processes left there that are gone. `mine`: how much of that, by signal, was counted as recorded
    // before.
    void look_at_disk(std::uint64_t* mine = nullptr) noexcept;

    // -- the spiller

    // The oldest payload in memory, when it should be on disk. Nothing where no more are to be moved.
    std::optional<queued_payload> next_to_spill();

    // What became of it. It may be under way meanwhile, or settled: then no older one lies on disk.
    void spilled(const queued_payload& one, spool::outcome what) noexcept;

    // Shutdown: what waits in memory goes to disk, and then next_to_spill has nothing more.
    void finish_spilling();

    // -- everybody

    // Somebody waits for what is in the queue: a pause between attempts is cut short.
    void hurry() {
        const std::lock_guard lock(mutex_);
        in_a_hurry_ = true;
        hurry_.notify_all();
    }

    // Waits until the first that were pushed are settled, and what was found on disk and went before them.
    bool wait_until_settled(std::uint64_t number, clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        const auto settled = [&] { return settled_ >= number + found_; };
        return done_.wait_until(lock, deadline, [&] { return settled() || abandoned_; }) && settled();
    }
    // Once the queue is closed: the same, but not on for a destination that has refused a last time what is
    // safe on disk.
    bool wait_until_settled_or_safe(clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        done_.wait_until(lock, deadline, [&] {
            const bool in_vain = refused_after_close_ && breaker_ == breaker_state::open;
            return settled_ >= pushed_ + found_ || abandoned_ ||
                   (in_vain && disk_ && !under_way_ && payloads_.empty() && parts_.empty());
        });
        return settled_ >= pushed_ + found_;
    }

    // Payloads so far.
    std::uint64_t pushed() const {
        const std::lock_guard lock(mutex_);
        return pushed_;
    }

    // No more is taken; what waits is still given out, and soon.
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = in_a_hurry_ = true;
        room_.notify_all();
        work_.notify_all();
        hurry_.notify_all();
    }

    // What waits is not given out any more, and waits between attempts end. Without a disk it is dropped.
    void abandon() {
        const std::lock_guard lock(mutex_);
        closed_ = abandoned_ = true;
        if (!disk_) drop_waiting();
        room_.notify_all();
        work_.notify_all();
        hurry_.notify_all();
        done_.notify_all();
        spill_.notify_all();
    }
    // The payload under way is given up: what its send will say, if ever it returns, is not heard.
    void forsake() {
        const std::lock_guard lock(mutex_);
        if (under_way_) put_back();
        forsaken_ = true;
        done_.notify_all();
    }
    bool abandoned() const {
        const std::lock_guard lock(mutex_);
        return abandoned_;
    }

    // At the very end: what could not be written is dropped, and the files are left to whoever comes next.
    void let_go_of_disk();
    // In a child of fork, which touches nothing else of the queue.
    void abandon_in_child() noexcept {
        if (disk_) disk_->abandon_in_child();
    }

    // Recorded, delivered, queued and dropped, of what reached the queue.
    signal_statistics snapshot(signal kind = signal::traces) const {
        const std::lock_guard lock(mutex_);
        return counts(kind);
    }
    destination_statistics describe(std::string name) const {
        const std::lock_guard lock(mutex_);
        return {std::move(name),      breaker_, counts(signal::traces), counts(signal::metrics),
                counts(signal::logs), bytes_};
    }
    // Items that wait, by where: for a diagnostic.
    struct backlog {
        std::uint64_t items[3]{};
        bool in_memory = false;
        bool on_disk = false;
    };
    backlog waiting() const {
        const std::lock_guard lock(mutex_);
        backlog b{
            {}, !payloads_.empty() || !parts_.empty() || (under_way_ && !source_), files_ != 0 || source_};
        for (std::size_t k = 0; k < 3; ++k)
            b.items[k] = in_memory_[k] + on_disk_[k] +
                         (under_way_ && index_of(under_way_->kind) == k ? under_way_->items : 0);
        return b;
    }
    // Items so far that found no room.
    std::uint64_t dropped_when_full() const noexcept {
        const std::lock_guard lock(mutex_);
        std::uint64_t all = 0;
        for (const signal_statistics& s : counts_) all += s.dropped_by.queue_full;
        return all;
    }
    std::shared_ptr<spool> disk() const {
        const std::lock_guard lock(mutex_);
        return disk_;
    }

private:
    static constexpr std::size_t index_of(signal kind) noexcept { return static_cast<std::size_t>(kind); }
    signal_statistics& of(signal kind) noexcept { return counts_[index_of(kind)]; }

    signal_statistics counts(signal kind) const {
        const std::size_t k = index_of(kind);
        signal_statistics s = counts_[k];
        s.in_flight = under_way_ && under_way_->kind == kind ? under_way_->items : 0;
        s.queued = in_memory_[k] + on_disk_[k] + s.in_flight;
        s.spilled = on_disk_[k] + (source_ && !split_ ? s.in_flight : 0);
        s.dropped = s.dropped_by.total();
        return s;
    }

    bool has_work() const noexcept { return !parts_.empty() || files_ != 0 || !payloads_.empty(); }

    bool fits(std::size_t bytes, std::uint64_t items, signal kind) const noexcept;
    bool may_spill() const noexcept { return disk_ && clock::now() >= blocked_until_; }
    bool wants_to_spill() const noexcept {
        return disk_ && !payloads_.empty() && (failing_ || pushers_ != 0 || bytes_ > options_.bytes / 2);
    }

    template <class MayGoOn>
    void wait_for_room(std::unique_lock<std::mutex>& lock, const MayGoOn& may_go_on) noexcept;

    bool add(queued_payload one) noexcept;

    template <class At>
    void enter_memory(At first, At last) noexcept {
        for (; first != last; ++first) {
            bytes_ += first->size();
            in_memory_[index_of(first->kind)] += first->items;
        }
    }
    void leave_memory(const queued_payload& one) noexcept {
        bytes_ -= one.size();
        in_memory_[index_of(one.kind)] -= one.items;
    }
    // Where it still waits in memory.
    bool move_to_disk(const queued_payload& one) noexcept;
    void leave_disk(signal kind, std::uint64_t items, std::uint64_t dropped_counts::* reason) noexcept;
    void lose_files() noexcept;

    std::optional<queued_payload> begin(std::deque<queued_payload>& from) {
        queued_payload next = std::move(from.front());
        from.pop_front();
        leave_memory(next);
        room_.notify_one();
        return begin(std::move(next));
    }
    std::optional<queued_payload> begin(queued_payload next) {
        if (!head_since_) head_since_ = clock::now();
        head_number_ = next.number;
        under_way_ = next;
        return next;
    }

    // What is under way waits again, or is dropped where nobody would send it or write it.
    void put_back() noexcept;
    void settle_rest() noexcept {
        split_ = false;
        ++settled_;
        head_since_.reset();
    }
    void drop_waiting() noexcept;

    // None goes to disk before one that is older, be it that this one is under way.
    std::optional<queued_payload> write_oldest() {
        writing_ = true;
        return under_way_ && !source_ && !split_ ? *under_way_ : payloads_.front();
    }

    const queue_options options_;
    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable room_;
    std::condition_variable done_;
    std::condition_variable hurry_;
    std::condition_variable spill_;
    std::shared_ptr<spool> disk_;
    std::optional<clock::time_point> last_push_;
    std::chrono::nanoseconds allowance_{0};
    unsigned pushers_ = 0; // that wait for room

    std::deque<queued_payload> parts_;    // of the oldest payload, which was split
    std::deque<queued_payload> payloads_; // the one being written stays here until it is there
    std::optional<queued_payload> under_way_;
    std::optional<spooled> source_; // the file of what is under way, or of what was split
    std::optional<clock::time_point> head_since_;
    std::uint64_t head_number_ = 0;
    std::uint64_t numbers_ = 0;
    std::size_t bytes_ = 0;        // in memory
    std::uint64_t in_memory_[3]{}; // items by signal
    std::uint64_t on_disk_[3]{};   // the same
    std::uint64_t files_ = 0;      // without source_
    std::uint64_t pushed_ = 0;
    std::uint64_t found_ = 0;           // payloads on disk
    std::uint64_t settled_ = 0;         // of both
    clock::time_point blocked_until_{}; // nothing is moved to disk before
    breaker_state breaker_ = breaker_state::closed;
    bool split_ = false;        // what goes first are parts
    bool failing_ = false;      // the destination did not take the last one
    bool writing_ = false;      // the spiller has one
    bool disk_is_slow_ = false; // a push has waited in vain for it
    bool disk_refuses_ = false;
    bool in_a_hurry_ = false;
    bool closed_ = false;
    bool refused_after_close_ = false;
    bool abandoned_ = false;
    bool forsaken_ = false;
    bool finish_spilling_ = false;
    signal_statistics counts_[3]; // by signal, without what is queued
};

} // namespace nanotel::inline NANOTEL_ABI::detail

// The functions of the class that are more than a few lines.
#include <nanotel/pipeline/payload_queue_disk.hpp>
#include <nanotel/pipeline/payload_queue_pushing.hpp>
#include <nanotel/pipeline/payload_queue_sending.hpp>
