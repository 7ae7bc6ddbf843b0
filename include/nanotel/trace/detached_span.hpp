// SPDX-License-Identifier: MIT
// A span that belongs to no scope: it moves between threads and ends where it likes.
#pragma once

#include <nanotel/trace/span.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// A span that is never current by itself: its parent is what is current where it begins, and its children
/// find it by `context_scope` or as an explicit parent. Movable; a moved-from one records nothing. Ends by
/// end() or by its destructor, on any thread. Not to be used by two threads at once. About 40 ns.
class detached_span : public span_operations {
public:
    /// Records nothing.
    detached_span() noexcept = default;

    template <class... Key, class... Value>
    explicit detached_span(text name, const attribute<Key, Value>&... attributes) noexcept
        : detached_span(span_options{.name = name}, attributes...) {}
    template <class... Key, class... Value>
    explicit detached_span(const span_options& options, const attribute<Key, Value>&... attributes) noexcept {
        start(options.parent, options.name, options.kind);
        if (!state_.is_recording()) return;
        apply(options);
        set(attributes...);
    }

    // For the macros. A site that is not const, or {.name = …} would be one.
    explicit detached_span(detail::call_site& site) noexcept {
        start(nullptr, site.name, site.kind);
        detail::at_site(state_, site);
    }
    detached_span(detail::call_site& site, const nanotel::context& parent) noexcept {
        start(&parent, site.name, site.kind);
        detail::at_site(state_, site);
    }

    detached_span(detached_span&& other) noexcept : context_(other.context_) {
        state_ = other.state_;
        other.state_ = {};
    }
    detached_span& operator=(detached_span&& other) noexcept {
        if (this != &other) {
            end();
            context_ = other.context_;
            state_ = other.state_;
            other.state_ = {};
        }
        return *this;
    }
    ~detached_span() { end(); }

    /// Ends the span. A second end, or any other call after it, is a no-op.
    void end() noexcept {
        if (!state_.is_recording()) return;
        // In a forked child a span of before the fork is the parent's, and so is its block.
        if (!detail::is_of_parent(*state_->owner)) finish();
        state_ = {};
    }
    void end(timestamp time) noexcept {
        if (state_.is_recording())
            state_->record.add_word_section(detail::section_type::end_time, 0, time.unix_nanoseconds);
        end();
    }

    /// What its children need. Also after the end, and after a move.
    nanotel::context context() const noexcept { return context_; }

    // For the macros: evaluating the attributes may move it.
    static constexpr bool may_have_moved() noexcept { return true; }
    // Where it is recording.
    detail::record_builder& record_at_site() noexcept { return state_->record; }

private:
    static constexpr unsigned block_class = sizeof(detail::span_state) <= detail::pool_block_size(0) ? 0 : 1;
    static_assert(sizeof(detail::span_state) <= detail::pool_block_size(1),
                  "nanotel: NANOTEL_SPAN_INLINE_BYTES is at most 3 KiB");

    void finish() noexcept {
        // In the middle of a change not even its block can be given back.
        detail::thread_state* const thread = detail::this_thread();
        if (thread && detail::refuses_to_end(*thread)) return;
        detail::finish_detached(*state_);
        detail::record_builder::give_back(reinterpret_cast<detail::pool_block*>(&*state_), block_class);
    }

    void start(const nanotel::context* parent, text name, span_kind kind) noexcept {
        detail::thread_state* const thread = detail::this_thread();
        if (!thread || detail::refuses_to_begin(*thread)) return;
        const detail::change_of_thread beginning(*thread);
        detail::pool_block* const block = detail::record_builder::take(*thread, block_class);
        if (!block) return;
        auto* const fresh = reinterpret_cast<detail::span_state*>(block);
        // Beginning makes a span current; this one is not to be.
        const detail::thread_context above = parent ? detail::to_thread_context(*parent) : thread->context;
        if (above.word & detail::context_word::unnamed) {
            context_ = detail::name_and_read(*thread); // named, so that it stays the same
            detail::record_builder::give_back(block, block_class);
            return;
        }
        const detail::saved_context before = detail::save(*thread, false);
        detail::shared_bytes* const state = parent ? parent->trace_state.bytes() : thread->trace_state;
        const auto began =
            detail::begin_below(*fresh, *thread, detail::leave_to::detached, above, state, name, kind);
        context_ = detail::name_and_read(*thread);
        if (parent) context_.baggage = parent->baggage;
        detail::restore(*thread, before);
        if (began.is_recording()) {
            state_ = began;
        } else {
            detail::drop_trace_state(*fresh);
            detail::record_builder::give_back(block, block_class);
        }
    }

    nanotel::context context_;
};

} // namespace nanotel::inline NANOTEL_ABI
