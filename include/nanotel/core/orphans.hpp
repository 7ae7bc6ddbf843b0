// SPDX-License-Identifier: MIT
// Spans that end while spans that began after them are still open: who would return to them returns
// elsewhere.
#pragma once

#include <nanotel/core/record_builder.hpp>
#include <nanotel/core/saved_context.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Each open span or attached scope returns to one context, and no two return to the same: so there are never
// more entries than spans open, and an entry has done its duty once it was used.
struct orphan_table {
    thread_state& thread;

    orphaned_context* entries() const noexcept {
        return thread.many_orphans ? reinterpret_cast<orphaned_context*>(thread.many_orphans)
                                   : thread.few_orphans;
    }
    std::uint32_t capacity() const noexcept {
        return thread.many_orphans ? pool_block_size(thread.orphan_class) /
                                         static_cast<std::uint32_t>(sizeof(orphaned_context))
                                   : thread_state::few_orphans_count;
    }
    // The entry of the context, or the count of them.
    std::uint32_t find(const thread_context& context) const noexcept {
        std::uint32_t i = 0;
        while (i < thread.orphan_count && !is_span(context, entries()[i].span_id)) ++i;
        return i;
    }
    // What the entry owns is the caller's.
    void remove(std::uint32_t at) noexcept {
        orphaned_context* const all = entries();
        for (std::uint32_t i = at + 1; i < thread.orphan_count; ++i) all[i - 1] = all[i];
        --thread.orphan_count;
    }
    void add(const orphaned_context& orphan) noexcept {
        // Where memory is short, forgetting the oldest may leave a span with a parent that has ended; it
        // still has its trace.
        if (thread.orphan_count == capacity() && !grow()) {
            drop(entries()[0].instead);
            remove(0);
        }
        entries()[thread.orphan_count++] = orphan;
    }

    void clear() noexcept {
        for (std::uint32_t i = 0; i < thread.orphan_count; ++i) drop(entries()[i].instead);
        thread.orphan_count = 0;
    }

    static bool is_span(const thread_context& context, std::uint64_t span_id) noexcept {
        return (context.word & context_word::present) != 0 && context.span_id == span_id;
    }

private:
    bool grow() noexcept {
        const unsigned next = thread.many_orphans ? thread.orphan_class + 1u : 0u;
        pool_block* const block =
            next < thread_state::pool_classes ? record_builder::take(thread, next) : nullptr;
        if (!block) return false;
        __builtin_memcpy(static_cast<void*>(block), entries(),
                         thread.orphan_count * sizeof(orphaned_context));
        if (thread.many_orphans) record_builder::give_back(thread.many_orphans, thread.orphan_class);
        thread.many_orphans = block; // stays with the thread
        thread.orphan_class = next;
        return true;
    }
};

// `span_id` has ended while it was not current: whoever would return to it returns to `instead`.
[[gnu::noinline, gnu::cold]] inline void leave_out_of_order(thread_state& thread, std::uint64_t span_id,
                                                            saved_context instead) noexcept {
    orphan_table orphans{thread};
    // What has ended in a row shares one entry: what it leads to may have ended before it, and what leads to
    // it too.
    if (const std::uint32_t at = orphans.find(instead.ids); at < thread.orphan_count) {
        instead = after(instead, orphans.entries()[at].instead);
        orphans.remove(at);
    }
    for (std::uint32_t i = 0; i < thread.orphan_count; ++i)
        if (saved_context& other = orphans.entries()[i].instead; orphan_table::is_span(other.ids, span_id)) {
            other = after(other, instead);
            return;
        }
    orphans.add({span_id, instead});
    thread.mode.set_bits_relaxed(thread_mode::orphans);
}

[[gnu::noinline, gnu::cold]] inline void skip_orphans(thread_state& thread) noexcept {
    orphan_table orphans{thread};
    for (std::uint32_t at; (at = orphans.find(thread.context)) < thread.orphan_count;) {
        restore(thread, orphans.entries()[at].instead);
        orphans.remove(at);
    }
    // Nothing is open any more, so nobody can return to what is left.
    if (thread.context.word == 0) orphans.clear();
    if (thread.orphan_count == 0) thread.mode.clear_bits_relaxed(thread_mode::orphans);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
