// SPDX-License-Identifier: MIT
// The queues that the same bodies go to.
#pragma once

#include <nanotel/pipeline/payload_queue.hpp>

#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

class fan_out {
public:
    void add(payload_queue& queue) { queues_.push_back(&queue); }
    std::size_t size() const noexcept { return queues_.size(); }

    // The bytes are shared. Those that have room get them at once, before any of the others is waited for.
    void push(byte_buffer body, std::uint64_t items, signal kind,
              std::chrono::milliseconds timeout = {}) noexcept {
        if (queues_.size() == 1) {
            queues_.front()->push(std::move(body), items, kind, timeout);
            return;
        }
        try {
            const shared_body shared = std::make_shared<const byte_buffer>(std::move(body));
            std::vector<payload_queue*> full;
            full.reserve(queues_.size()); // nothing throws when one of them has it
            for (payload_queue* const queue : queues_)
                if (!queue->offer(shared, items, kind, timeout)) full.push_back(queue);
            for (payload_queue* const queue : full) queue->push(shared, items, kind, timeout);
        } catch (...) {
            count_drop(&dropped_counts::out_of_memory, items, kind);
        }
    }
    void count_drop(std::uint64_t dropped_counts::* reason, std::uint64_t items, signal kind) noexcept {
        for (payload_queue* const queue : queues_) queue->count_drop(reason, items, kind);
    }

private:
    std::vector<payload_queue*> queues_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
