// SPDX-License-Identifier: MIT
// The functions of a payload queue that serve its disk: moving payloads there, finding them again.
#pragma once

#include <nanotel/pipeline/payload_queue.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

inline void payload_queue::look_at_disk(std::uint64_t* mine) noexcept {
    std::unique_lock lock(mutex_);
    const std::shared_ptr<spool> disk = disk_;
    // One that is being written would not be the oldest any more: see spilled().
    if (!disk || under_way_ || split_ || writing_ || abandoned_) return;
    lock.unlock();
    const spool::tally found = disk->take_over();
    const spool::tally expired = disk->expire(std::chrono::system_clock::now());
    lock.lock();
    for (std::size_t k = 0; k < 3; ++k) {
        const std::uint64_t known = mine ? std::min(mine[k], found.items[k]) : 0;
        counts_[k].recorded += found.items[k];
        counts_[k].recovered += found.items[k] - known;
        on_disk_[k] += found.items[k];
        if (mine) mine[k] = known;
        const std::uint64_t gone = std::min(on_disk_[k], expired.items[k]);
        on_disk_[k] -= gone;
        counts_[k].dropped_by.expired += gone;
    }
    files_ += found.files;
    found_ += found.files;
    const std::uint64_t gone = std::min(files_, expired.files);
    files_ -= gone;
    settled_ += gone;
    if (found.files != 0) work_.notify_one();
    if (gone == 0) return;
    head_since_.reset();
    done_.notify_all();
}

inline std::optional<queued_payload> payload_queue::next_to_spill() {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (finish_spilling_) {
            if (payloads_.empty() || disk_refuses_) return std::nullopt;
            return write_oldest();
        }
        if (wants_to_spill()) {
            if (clock::now() >= blocked_until_) return write_oldest();
            spill_.wait_until(lock, blocked_until_);
        } else {
            spill_.wait(lock);
        }
    }
}

inline void payload_queue::spilled(const queued_payload& one, spool::outcome what) noexcept {
    std::unique_lock lock(mutex_);
    disk_is_slow_ = false;
    disk_refuses_ = what != spool::outcome::written;
    if (disk_refuses_) blocked_until_ = clock::now() + options_.disk_pause;
    const std::shared_ptr<spool> disk = disk_;
    if (what == spool::outcome::written && !move_to_disk(one) && disk) {
        lock.unlock();
        const std::optional<spooled> file = disk->oldest();
        lock.lock();
        if (move_to_disk(one)) { // given back meanwhile
        } else if (head_number_ == one.number && (under_way_ || split_)) {
            source_ = file;
        } else if (file) {
            lock.unlock();
            disk->remove(*file);
            lock.lock();
        }
    }
    writing_ = false;
    room_.notify_all();
    if (closed_) done_.notify_all();
}

inline void payload_queue::finish_spilling() {
    const std::lock_guard lock(mutex_);
    finish_spilling_ = true;
    disk_refuses_ = false;
    try {
        for (; !parts_.empty(); parts_.pop_back()) {
            parts_.back().number = ++numbers_;
            payloads_.push_front(std::move(parts_.back()));
        }
    } catch (...) { // no memory: they stay where they are, and are dropped at last
    }
    spill_.notify_all();
}

inline void payload_queue::let_go_of_disk() {
    std::shared_ptr<spool> disk;
    std::optional<spooled> whole; // what was split: its parts are there
    {
        const std::lock_guard lock(mutex_);
        if (!disk_) return;
        drop_waiting();
        forsaken_ = abandoned_ = closed_ = true;
        disk = std::move(disk_);
        whole = std::exchange(source_, std::nullopt);
    }
    if (whole) disk->remove(*whole);
}

inline bool payload_queue::move_to_disk(const queued_payload& one) noexcept {
    const auto at = std::find_if(payloads_.begin(), payloads_.end(),
                                 [&](const queued_payload& p) { return p.number == one.number; });
    if (at == payloads_.end()) return false;
    leave_memory(*at);
    on_disk_[index_of(at->kind)] += at->items;
    payloads_.erase(at);
    ++files_;
    return true;
}

inline void payload_queue::leave_disk(signal kind, std::uint64_t items,
                                      std::uint64_t dropped_counts::* reason) noexcept {
    items = std::min(items, on_disk_[index_of(kind)]);
    on_disk_[index_of(kind)] -= items;
    if (reason) of(kind).dropped_by.*reason += items;
    if (files_ != 0) --files_;
}

// Those that the next start will find are queued on, though not for this sender.
inline void payload_queue::give_files_up(bool to_next_start) noexcept {
    for (std::size_t k = 0; k < 3 && !to_next_start; ++k)
        counts_[k].dropped_by.damaged += std::exchange(on_disk_[k], 0);
    settled_ += std::exchange(files_, 0);
    head_since_.reset();
    done_.notify_all();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
