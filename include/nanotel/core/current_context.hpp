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
            c.is_valid() ? context_word::of(c.flags, c.remote, !c.trace_state.empty())
                         : context_word::attached_none};
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

inline context to_context(const thread_context& ids, shared_bytes* state, shared_bytes* carried) noexcept {
    if ((ids.word & context_word::valid) == 0)
        return {{}, {}, 0, false, trace_state(retain(state)), baggage(retain(carried))};
    return {{{ids.trace_id[0], ids.trace_id[1]}},
            {ids.span_id},
            static_cast<std::uint8_t>(ids.word >> context_word::flags_shift),
            (ids.word & context_word::remote) != 0,
            trace_state(retain(state)),
            baggage(retain(carried))};
}

inline context name_and_read(thread_state& thread) noexcept {
    if (thread.context.word & context_word::unnamed) name_context(thread);
    return to_context(thread.context, thread.trace_state, thread.baggage);
}

// What is attached to a thread where nothing records: without `start`, after it, or where memory is short.
// Nothing begins below it; it is passed on. Each module sees what its own code has attached.
NANOTEL_DETAIL_OF_MODULE inline constinit thread_local saved_context passing{};

} // namespace detail

/// The context that a span started now on this thread would have as its parent, with trace state and baggage;
/// invalid where there is none. Any thread; about 2 ns. Without `start` it is what was attached, if anything.
inline context current_context() noexcept {
    detail::thread_state* const thread = detail::thread_with_context();
    if (!thread) {
        const detail::saved_context& now = detail::passing;
        return detail::to_context(now.ids, now.trace_state, now.baggage);
    }
    if ((thread->context.word & detail::context_word::unnamed) == 0) return detail::name_and_read(*thread);
    if (detail::is_interrupted(*thread)) return {};
    const detail::change_of_thread naming(*thread);
    return detail::name_and_read(*thread);
}

namespace detail {

// What a scope has made current on its thread, and what it makes current again.
class attachment {
public:
    // The whole context, or where there is none the baggage alone.
    attachment(const context* whole, const baggage& carried) noexcept
        : thread_(this_thread()), keeps_span_(!whole) {
        if (!thread_) {
            attach_passing(whole, carried);
            return;
        }
        // What is current already needs no attaching; and should its span end below, nobody must bring it
        // back.
        const auto& now = thread_->context;
        if (whole && (now.word & context_word::present) != 0 && now.span_id == whole->span_id.word)
            keeps_span_ = true;
        if (keeps_span_ && thread_->baggage == carried.bytes()) {
            thread_ = nullptr;
            return;
        }
        const change_of_thread attaching(*thread_);
        if (keeps_span_) {
            before_ = {{}, nullptr, retain(thread_->baggage), 1};
        } else {
            before_ = save(*thread_, true);
            thread_->context = to_thread_context(*whole);
            set_trace_state(*thread_, whole->trace_state.bytes());
        }
        set_baggage(*thread_, carried.bytes());
    }
    ~attachment() {
        if (!thread_) {
            if (passing_) leave_passing();
        } else if (is_this_thread(*thread_) && (thread_->mode.load_relaxed() & thread_mode::active) != 0) {
            const bool interrupted = is_interrupted(*thread_);
            const change_of_thread leaving(*thread_);
            if (keeps_span_) {
                set_owned(thread_->baggage, before_.baggage);
            } else {
                restore(*thread_, before_);
                if (thread_->orphan_count != 0 && !interrupted) [[unlikely]]
                    skip_orphans(*thread_);
            }
        } else if (is_of_parent(*thread_)) {
            if (keeps_span_)
                return_to_inherited_baggage(before_.baggage);
            else
                return_to_inherited(before_);
        } else {
            drop(before_);
        }
    }
    attachment(const attachment&) = delete;
    attachment& operator=(const attachment&) = delete;

private:
    [[gnu::noinline, gnu::cold]] void attach_passing(const context* whole, const baggage& carried) noexcept {
        passing_ = &passing;
        before_ = *passing_;
        saved_context next = before_;
        if (whole) {
            next.ids = to_thread_context(*whole);
            next.trace_state = whole->trace_state.bytes();
        }
        retain(next.trace_state);
        next.baggage = retain(carried.bytes());
        *passing_ = next;
    }
    [[gnu::noinline, gnu::cold]] void leave_passing() noexcept {
        saved_context after = before_;
        if (passing_ == &passing) {
            after = *passing_;
            *passing_ = before_;
            __atomic_signal_fence(__ATOMIC_SEQ_CST); // a handler may be looking
        }
        drop(after);
    }

    thread_state* thread_;
    saved_context* passing_ = nullptr; // that of the thread, where nothing records
    bool keeps_span_;
    saved_context before_;
};

} // namespace detail

/// Makes a context current on this thread for the lifetime of the object, with its trace state and its
/// baggage, and what was current before it again afterwards: in a thread pool, a callback, each leg of a
/// coroutine. Destroyed on another thread it leaves that thread alone. About 2 ns. A context without ids
/// makes the thread have no span; the context of the span that is current changes the baggage alone. Also
/// without `start`: what is attached then is passed on by `inject`.
class context_scope {
public:
    explicit context_scope(const context& attached) noexcept : attached_(&attached, attached.baggage) {}

private:
    detail::attachment attached_;
};

/// The baggage that is current on this thread, which `inject` sends. Any thread; about 2 ns; also without
/// `start`.
inline baggage current_baggage() noexcept {
    detail::thread_state* const thread = detail::thread_with_context();
    return baggage(detail::retain(thread ? thread->baggage : detail::passing.baggage));
}

/// Makes a baggage current on this thread for the lifetime of the object, in place of what was, and leaves
/// the span alone (OpenTelemetry Baggage API, "Context interaction"): `baggage_scope
/// scope(current_baggage().set("tenant", "17"))`. Destroyed on another thread it leaves that thread alone.
class baggage_scope {
public:
    explicit baggage_scope(const baggage& attached) noexcept : attached_(nullptr, attached) {}

private:
    detail::attachment attached_;
};

} // namespace nanotel::inline NANOTEL_ABI
