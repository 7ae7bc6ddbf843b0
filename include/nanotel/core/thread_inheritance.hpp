// SPDX-License-Identifier: MIT
// What a thread that forks hands down to the only thread of its child. For the sdk.
#pragma once

#include <nanotel/core/inherited_context.hpp>
#include <nanotel/core/module_registry.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Of a thread's state what its child is to find in it again, in pages that read zero there.
class thread_inheritance {
public:
    void keep(const thread_state* state) noexcept {
        *this = {};
        if (!state) return;
        pointers_ = state->pointers;
        for (std::uint32_t i = 0; i < thread_state::few_pointers_count; ++i)
            few_pointers_[i] = state->few_pointers[i];
        if ((state->mode.load_relaxed() & (thread_mode::active | thread_mode::inherited)) == 0) return;
        context_ = state->context;
        trace_state_ = state->trace_state;
        baggage_ = state->baggage;
        orphan_count_ = state->orphan_count;
        many_orphans_ = state->many_orphans;
        orphan_class_ = state->orphan_class;
        for (std::uint32_t i = 0; i < thread_state::few_orphans_count; ++i)
            few_orphans_[i] = state->few_orphans[i];
    }

    void give_back(thread_state& state) const noexcept {
        state.pointers = pointers_;
        for (std::uint32_t i = 0; i < thread_state::few_pointers_count; ++i)
            state.few_pointers[i] = few_pointers_[i];
        if (context_.word == 0 && !baggage_) return;
        state.context = context_;
        state.context.word = inherited_word(context_.word);
        state.trace_state = trace_state_;
        state.baggage = baggage_;
        state.orphan_count = orphan_count_;
        state.many_orphans = many_orphans_;
        state.orphan_class = orphan_class_;
        for (std::uint32_t i = 0; i < thread_state::few_orphans_count; ++i)
            state.few_orphans[i] = few_orphans_[i];
        fill_random(&state.ids, sizeof state.ids); // a context without a name may be asked for one
        state.mode.store_relaxed(thread_mode::inherited);
    }

private:
    pointer_of_module* pointers_ = nullptr;
    pointer_of_module few_pointers_[thread_state::few_pointers_count]{};
    thread_context context_{};
    // Owned by the thread; in the child, where its state is wiped, by nobody until they are given back.
    shared_bytes* trace_state_ = nullptr;
    shared_bytes* baggage_ = nullptr;
    std::uint32_t orphan_count_ = 0;
    pool_block* many_orphans_ = nullptr;
    std::uint32_t orphan_class_ = 0;
    orphaned_context few_orphans_[thread_state::few_orphans_count]{};
};

// In the child, from the state that its thread had in the parent to its own. Without the lock of the registry
// of threads, since what was left out of order may need a block.
inline void inherit(thread_state& state, thread_state& known) noexcept {
    hand_over_pointers(known, state);
    if ((known.mode.load_relaxed() & thread_mode::inherited) == 0) return;
    state.context = known.context;
    state.trace_state = known.trace_state;
    state.baggage = known.baggage;
    known.trace_state = known.baggage = nullptr;
    const orphan_table left{known};
    orphan_table taken{state};
    for (std::uint32_t i = 0; i < known.orphan_count; ++i) taken.add(left.entries()[i]);
    state.mode.set_bits_relaxed(thread_mode::inherited |
                                (known.orphan_count != 0 ? thread_mode::orphans : 0));
    known.mode.store_relaxed(0);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
