// SPDX-License-Identifier: MIT
// The functions of a payload queue that take payloads in, as far as there is room.
#pragma once

#include <nanotel/pipeline/payload_queue.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

inline bool payload_queue::push(byte_buffer body, std::uint64_t items, signal kind,
                                std::chrono::milliseconds timeout) noexcept {
    try {
        return push(std::make_shared<const byte_buffer>(std::move(body)), items, kind, timeout);
    } catch (...) {
        count_drop(&dropped_counts::out_of_memory, items, kind);
        return false;
    }
}

inline bool payload_queue::push(shared_body body, std::uint64_t items, signal kind,
                                std::chrono::milliseconds timeout) noexcept {
    std::unique_lock lock(mutex_);
    const std::size_t bytes = body->size();
    const auto may_go_on = [&] { return closed_ || fits(bytes, items, kind); };
    if (!may_go_on()) wait_for_room(lock, may_go_on);
    const bool taken = !closed_ && fits(bytes, items, kind);
    of(kind).recorded += items;
    if (!taken) {
        of(kind).dropped_by.*(closed_ ? &dropped_counts::shut_down : &dropped_counts::queue_full) += items;
        return false;
    }
    return add({std::move(body), items, kind, timeout, 0});
}

inline bool payload_queue::offer(const shared_body& body, std::uint64_t items, signal kind,
                                 std::chrono::milliseconds timeout) noexcept {
    const std::lock_guard lock(mutex_);
    if (closed_ || !fits(body->size(), items, kind)) return false;
    of(kind).recorded += items;
    add({body, items, kind, timeout, 0});
    return true; // it was added, or counted as dropped
}

inline bool payload_queue::fits(std::size_t bytes, std::uint64_t items, signal kind) const noexcept {
    // One payload may always be under way with what is left of it, or on its way to disk, past these.
    const bool empty = payloads_.empty() && (may_spill() || (parts_.empty() && !under_way_));
    const std::uint64_t most = kind == signal::traces ? options_.items
                               : kind == signal::logs ? options_.logs
                                                      : 0;
    return empty ||
           (bytes_ + bytes <= options_.bytes && (most == 0 || in_memory_[index_of(kind)] + items <= most));
}

template <class MayGoOn>
void payload_queue::wait_for_room(std::unique_lock<std::mutex>& lock, const MayGoOn& may_go_on) noexcept {
    const auto began = clock::now();
    ++pushers_;
    spill_.notify_all();
    while (!may_go_on()) {
        auto until = began + options_.patience;
        if (last_push_) until = std::min(*last_push_, began + allowance_);
        const bool spilling = may_spill() && !payloads_.empty() && !disk_is_slow_;
        if (spilling) {
            auto written = began + options_.spill_patience;
            // Of many last payloads, all together no longer than that.
            if (last_push_) written = std::min(written, *last_push_ + options_.spill_patience);
            until = std::max(until, written);
        }
        if (clock::now() >= until) {
            disk_is_slow_ = spilling;
            break;
        }
        room_.wait_until(lock, until);
    }
    --pushers_;
    if (last_push_) allowance_ -= std::min(allowance_, std::chrono::nanoseconds(clock::now() - began));
}

inline bool payload_queue::add(queued_payload one) noexcept {
    one.number = ++numbers_;
    const signal kind = one.kind;
    const std::uint64_t items = one.items;
    try {
        payloads_.push_back(std::move(one));
    } catch (...) {
        of(kind).dropped_by.out_of_memory += items;
        return false;
    }
    ++pushed_;
    enter_memory(payloads_.end() - 1, payloads_.end());
    work_.notify_one();
    if (wants_to_spill()) spill_.notify_all();
    return true;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
