// SPDX-License-Identifier: MIT
// Where the blocks of the threads' pools come from, and where they are when no thread has them. For the sdk.
#pragma once

#include <nanotel/core/platform.hpp>
#include <nanotel/core/record_builder.hpp> // pool_block_size, pool_keeps

namespace nanotel::inline NANOTEL_ABI::detail {

// Belongs to the thread_registry, under whose lock all of it is.
class block_store {
public:
    // Of all threads together.
    static constexpr std::uint64_t most_bytes = 64 << 20;

    // A block for the caller, and some for its thread's pool; null where memory is short.
    pool_block* refill(thread_state& thread, unsigned size_class) noexcept {
        if (pool_block* const returned = returned_[size_class]) {
            returned_[size_class] = returned->next;
            // A few more for the thread's pool: the next will be asked for soon.
            for (std::uint32_t more = pool_keeps(size_class) / 2; more > 1 && returned_[size_class]; --more) {
                pool_block* const block = returned_[size_class];
                returned_[size_class] = block->next;
                put(thread, block, size_class);
            }
            return returned;
        }
        const std::size_t size = pool_block_size(size_class);
        const std::size_t slab = size < (32 << 10) ? 32 << 10 : 2 * size;
        if (bytes_ + slab > most_bytes) return nullptr;
        auto* const pages = static_cast<std::byte*>(map_pages(slab, on_fork::keep));
        if (!pages) return nullptr;
        bytes_ += slab;
        // The first is the caller's, the others stock the thread's pool.
        for (std::size_t at = size; at + size <= slab; at += size)
            put(thread, reinterpret_cast<pool_block*>(pages + at), size_class);
        return reinterpret_cast<pool_block*>(pages);
    }

    // A chain of blocks.
    void take_back(pool_block* first, unsigned size_class) noexcept {
        pool_block* last = first;
        while (last->next) last = last->next;
        last->next = returned_[size_class];
        returned_[size_class] = first;
    }

    // The pool of a thread that has ended.
    void take_all_of(thread_state& thread) noexcept {
        for (unsigned c = 0; c < thread_state::pool_classes; ++c) {
            if (thread.pool[c]) take_back(thread.pool[c], c);
            thread.pool[c] = nullptr;
            thread.pool_count[c] = 0;
        }
    }

    // In a forked child: the memory of the parent's blocks is left where it is.
    void forget_all() noexcept {
        for (pool_block*& first : returned_) first = nullptr;
        bytes_ = 0;
    }

private:
    static void put(thread_state& thread, pool_block* block, unsigned size_class) noexcept {
        block->next = thread.pool[size_class];
        thread.pool[size_class] = block;
        ++thread.pool_count[size_class];
    }

    pool_block* returned_[thread_state::pool_classes]{};
    std::uint64_t bytes_ = 0; // mapped; none is ever unmapped
};

} // namespace nanotel::inline NANOTEL_ABI::detail
