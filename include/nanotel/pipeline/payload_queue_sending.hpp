// SPDX-License-Identifier: MIT
// The functions of a payload queue that serve its sender: taking a payload, settling it, cutting it up.
#pragma once

#include <nanotel/pipeline/payload_queue.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

inline std::optional<queued_payload> payload_queue::take() {
    std::unique_lock lock(mutex_);
    while (!abandoned_ && has_work()) {
        if (!parts_.empty()) return begin(parts_);
        if (files_ == 0) return begin(payloads_);
        auto read = std::make_shared<byte_buffer>();
        const std::shared_ptr<spool> disk = disk_;
        lock.unlock();
        const std::optional<spooled> file = disk->oldest();
        const auto content = file ? disk->read(*file, *read) : spool::content::damaged;
        lock.lock();
        if (!file) {
            give_files_up(disk->is_out_of_reach()); // else somebody has removed them
        } else if (content == spool::content::damaged) {
            leave_disk(file->kind, file->items, &dropped_counts::damaged);
            ++settled_;
            head_since_.reset();
            done_.notify_all();
        } else if (content == spool::content::later) {
            hurry_.wait_for(lock, std::chrono::seconds(1), [&] { return abandoned_; });
            return std::nullopt;
        } else if (!abandoned_) {
            leave_disk(file->kind, file->items, nullptr);
            source_ = *file;
            return begin({std::move(read), file->items, file->kind, {}, ++numbers_});
        }
    }
    return std::nullopt;
}

inline void payload_queue::settle(std::uint64_t items, std::uint64_t lost,
                                  std::uint64_t dropped_counts::* reason, std::size_t bytes) noexcept {
    std::unique_lock lock(mutex_);
    if (forsaken_ || !under_way_) return;
    signal_statistics& counts = of(under_way_->kind);
    counts.delivered += items - lost;
    counts.dropped_by.*reason += lost;
    if (lost < items || items == 0) {
        counts.bytes_delivered += bytes;
        ++counts.exports;
        failing_ = false;
    }
    under_way_.reset();
    if (!parts_.empty()) return;
    const auto file = std::exchange(source_, std::nullopt);
    split_ = false;
    head_since_.reset();
    if (file) {
        const std::shared_ptr<spool> disk = disk_;
        lock.unlock();
        if (disk) disk->remove(*file);
        lock.lock();
    }
    ++settled_;
    room_.notify_all(); // as in begin()
    done_.notify_all();
}

inline bool payload_queue::split(std::vector<body_part> parts) noexcept {
    const std::lock_guard lock(mutex_);
    if (forsaken_ || !under_way_ || parts.size() < 2) return false;
    std::uint64_t left = under_way_->items;
    std::size_t added = 0;
    try {
        std::vector<queued_payload> made;
        for (body_part& part : parts) {
            const std::uint64_t items = made.size() + 1 == parts.size() ? left : std::min(left, part.items);
            left -= items;
            made.push_back({std::make_shared<const byte_buffer>(std::move(part.body)), items,
                            under_way_->kind, under_way_->timeout, under_way_->number});
        }
        for (; added < made.size(); ++added) parts_.push_front(std::move(made[made.size() - 1 - added]));
    } catch (...) { // no memory
        while (added-- != 0) parts_.pop_front();
        return false;
    }
    enter_memory(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(added));
    split_ = true;
    under_way_.reset();
    return true;
}

inline void payload_queue::put_back() noexcept {
    queued_payload one = std::move(*under_way_);
    under_way_.reset();
    if (source_ && !split_) {
        source_.reset();
        on_disk_[index_of(one.kind)] += one.items;
        ++files_;
        return;
    }
    const signal kind = one.kind;
    const std::uint64_t items = one.items;
    auto reason = &dropped_counts::shut_down;
    if (!abandoned_ || disk_) {
        try {
            auto& to = split_ ? parts_ : payloads_;
            to.push_front(std::move(one));
            enter_memory(to.begin(), to.begin() + 1);
            spill_.notify_all();
            return;
        } catch (...) {
            reason = &dropped_counts::out_of_memory;
        }
    }
    of(kind).dropped_by.*reason += items;
    if (parts_.empty()) settle_rest();
}

inline void payload_queue::drop_waiting() noexcept {
    if (!parts_.empty() && !under_way_) settle_rest(); // else settle does
    for (auto* const waiting : {&parts_, &payloads_}) {
        for (const queued_payload& p : *waiting) {
            of(p.kind).dropped_by.shut_down += p.items;
            leave_memory(p);
            if (waiting == &payloads_) ++settled_;
        }
        waiting->clear();
    }
}

} // namespace nanotel::inline NANOTEL_ABI::detail
