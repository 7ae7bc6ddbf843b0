// SPDX-License-Identifier: MIT
// The context that is current on a thread: capture it, hand it over, attach it elsewhere.
#pragma once

#include <nanotel/core/context.hpp>
#include <nanotel/core/inherited_context.hpp>
#include <nanotel/core/interruption.hpp>
#include <nanotel/core/orphans.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

inline thread_context to_thread_context(const context& c) noexcept {
    return {{c.trace_id.words[0], c.trace_id.words[1]},
            c.span_id.word,
            c.is_valid() ? context_word::of(c.flags, c.remote) : context_word::attached_none};
}

inline trace_id draw_trace_id(thread_state& thread) noexcept {
    if (thread.mode.load_relaxed() & thread_mode::indirect) [[unlikely]]
        return runtime.load_acquire()->new_trace_id(thread);
    return {{thread.ids.draw(), thread.ids.draw()}};
}
inline std::uint64_t draw_span_id(thread_state& thread) noexcept {
    if (thread.mode.load_relaxed() & thread_mode::indirect) [[unlikely]]
        return runtime.load_acquire()->new_span_id(thread);
    return thread.ids.draw();
}

// The trace id of a root that was not sampled is drawn when somebody asks: most are never asked for.
inline void name_context(thread_state& thread) noexcept {
    const trace_id id = draw_trace_id(thread);
    thread.context.trace_id[0] = id.words[0];
    thread.context.trace_id[1] = id.words[1];
    thread.context.word = context_word::of(record_flag::random, false);
}

inline context name_and_read(thread_state& thread) noexcept {
    auto& now = thread.context;
    if (now.word & context_word::unnamed) name_context(thread);
    if ((now.word & context_word::valid) == 0) return {};
    return {{{now.trace_id[0], now.trace_id[1]}},
            {now.span_id},
            static_cast<std::uint8_t>(now.word >> context_word::flags_shift),
            (now.word & context_word::remote) != 0};
}

} // namespace detail

/// The context that a span started now on this thread would have as its parent; invalid where there is none.
/// Any thread; about 2 ns. Without `start` it is always invalid.
inline context current_context() noexcept {
    detail::thread_state* const thread = detail::thread_with_context();
    if (!thread) return {};
    if ((thread->context.word & detail::context_word::unnamed) == 0) return detail::name_and_read(*thread);
    if (detail::is_interrupted(*thread)) return {};
    const detail::change_of_thread naming(*thread);
    return detail::name_and_read(*thread);
}

/// Makes a context current on this thread for the lifetime of the object, and what was current before it
/// again afterwards: in a thread pool, a callback, each leg of a coroutine. Destroyed on another thread it
/// leaves that thread alone. About 2 ns. An invalid context makes the thread have none.
class context_scope {
public:
    explicit context_scope(const context& attached) noexcept : thread_(detail::this_thread()) {
        if (!thread_) return;
        // What is current already needs no attaching; and should its span end below, nobody must bring it
        // back.
        const auto& now = thread_->context;
        if ((now.word & detail::context_word::present) != 0 && now.span_id == attached.span_id.word) {
            thread_ = nullptr;
            return;
        }
        const detail::change_of_thread attaching(*thread_);
        before_ = thread_->context;
        thread_->context = detail::to_thread_context(attached);
    }
    ~context_scope() {
        if (thread_ && detail::is_this_thread(*thread_) &&
            (thread_->mode.load_relaxed() & detail::thread_mode::active) != 0) {
            const bool interrupted = detail::is_interrupted(*thread_);
            const detail::change_of_thread leaving(*thread_);
            thread_->context = before_;
            if (thread_->orphan_count != 0 && !interrupted) [[unlikely]]
                detail::skip_orphans(*thread_);
        } else if (thread_ && detail::is_of_parent(*thread_)) {
            detail::return_to_inherited(before_);
        }
    }
    context_scope(const context_scope&) = delete;
    context_scope& operator=(const context_scope&) = delete;

private:
    detail::thread_state* thread_;
    detail::thread_context before_;
};

} // namespace nanotel::inline NANOTEL_ABI
