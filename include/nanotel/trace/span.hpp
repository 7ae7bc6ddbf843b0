// SPDX-License-Identifier: MIT
// Spans: scoped ones that end where their scope ends, detached ones that end where they like.
#pragma once

#include <nanotel/trace/exception.hpp>
#include <nanotel/trace/site_recording.hpp>
#include <nanotel/trace/span_beginning.hpp>
#include <nanotel/trace/span_ending.hpp>
#include <nanotel/trace/span_options.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

// What a function form says, as the sampler sees it.
inline call_site site_of(const span_options& options) noexcept {
    return {options.name, options.scope ? options.scope : &default_scope, nullptr, 0, options.kind, {}};
}

template <class... Given>
inline constexpr std::uint32_t attributes_among = ((is_attribute<Given> ? 1u : 0u) + ... + 0u);

struct no_attribute {};
template <class Given>
constexpr auto if_attribute(const Given& given) noexcept {
    if constexpr (is_attribute<Given>)
        return given;
    else
        return no_attribute();
}

// Whether a sampler is to be told of what is given.
template <class... Given>
[[gnu::always_inline]] inline bool are_read() noexcept {
    if constexpr (attributes_among<Given...> == 0) {
        return false;
    } else {
        const thread_state* const thread = this_thread();
        return thread && (thread->roots & root_mode::reads) != 0;
    }
}

// Begins with the attributes among what is given. By value: else the caller could not keep them in registers
// where nobody reads them, as is the rule.
template <class Begin, class... Given>
[[gnu::noinline, gnu::cold]] inline void begin_reading(Begin begin, Given... given) noexcept {
    start_attribute described[attributes_among<Given...>];
    start_attributes known{described, 0};
    (describe_attribute(described, known.count, given), ...);
    begin(&known);
}

// Of what is given, only the sampler takes the attributes: they are set after.
struct begin_only {};

} // namespace detail

/// What can be done to a span while it is open (OpenTelemetry Trace API, "Span operations"). On a span that
/// is not recording every call is a no-op of about a nanosecond. A span belongs to one thread at a time.
class span_operations {
public:
    /// False: nothing that is set will be seen, so costly attributes need not be computed.
    [[gnu::always_inline]] bool is_recording() const noexcept { return state_.is_recording(); }

    /// Sets attributes; the last write of a key wins. A value that does not fit is dropped and counted.
    template <class... Key, class... Value>
    void set(const attribute<Key, Value>&... attributes) noexcept {
        if (!state_.is_recording()) return;
        (count_attribute(state_->record.add_attribute(attributes)), ...);
    }
    /// The same for a key known only at run time. An empty key is dropped and counted.
    template <class T>
    void set(text run_time_key, const T& value) noexcept {
        if (!state_.is_recording()) return;
        using stored = decltype(detail::stored_for_run_time_key(value));
        static_assert(
            !std::is_same_v<stored, detail::unsupported_value>,
            "nanotel: an attribute value is a bool, an integer, a floating-point number, a string, bytes, "
            "an enumerator, a range or a map of these, or a type with to_attribute_value()");
        count_attribute(run_time_key.size != 0 &&
                        state_->record.add_attribute(run_time_key, detail::stored_for_run_time_key(value)));
    }

    /// Records an event now, or at a given time.
    template <class... Key, class... Value>
    void add_event(text name, const attribute<Key, Value>&... attributes) noexcept {
        if (state_.is_recording()) event(name, read_ticks(), 0, attributes...);
    }
    template <class... Key, class... Value>
    void add_event(text name, timestamp time, const attribute<Key, Value>&... attributes) noexcept {
        if (state_.is_recording()) event(name, time.unix_nanoseconds, 1, attributes...);
    }

    /// Links to another span. An invalid context is ignored, as the specification asks of one without
    /// attributes.
    template <class... Key, class... Value>
    void add_link(const nanotel::context& to, const attribute<Key, Value>&... attributes) noexcept {
        if (!state_.is_recording() || !to.is_valid()) return;
        auto& record = state_->record;
        const auto mark = record.mark();
        const text state = to.trace_state.to_text();
        const std::uint32_t body =
            record.open_section(detail::section_type::link, 0, sizeof(detail::link_body) + state.size);
        if (body != detail::record_builder::no_room) {
            record.put(
                body, detail::link_body{{to.trace_id.words[0], to.trace_id.words[1]},
                                        to.span_id.word,
                                        (to.flags & ~detail::debug_flag) | 0x100u | (to.remote ? 0x200u : 0u),
                                        state.size});
            detail::copy_short(record.payload() + body + sizeof(detail::link_body), state.data, state.size);
            if ((record.add_attribute(attributes) && ...)) return record.close_section(body);
            record.rewind(mark);
        }
        record.count_dropped(&detail::record_builder::dropped_links);
    }

    /// Ok is final: what is set after it is ignored. The description is kept for errors only.
    void set_status(status_code code, text description = {}) noexcept {
        if (!state_.is_recording() || state_->status() == status_code::ok || code == status_code::unset)
            return;
        const auto add = [&](text why) noexcept {
            return state_->record.add_text_section(detail::section_type::status, static_cast<unsigned>(code),
                                                   why);
        };
        // Rather a status without its description than none.
        if ((code == status_code::error && add(description)) || add({}))
            state_->record.marks.status = static_cast<std::uint8_t>(code);
    }

    /// Replaces the name. Samplers have decided by the first one.
    void update_name(text name) noexcept {
        if (state_.is_recording() && !name.empty())
            state_->record.add_text_section(detail::section_type::name, 0, name);
    }

    /// The span began earlier or later than its constructor ran.
    void set_start_time(timestamp time) noexcept {
        if (state_.is_recording())
            state_->record.add_word_section(detail::section_type::start_time, 0, time.unix_nanoseconds);
    }

    /// Records the event "exception" with exception.type and exception.message (OpenTelemetry Semantic
    /// Conventions, "Exceptions on spans"). The status stays as it is: an exception that was handled is no
    /// error of the span.
    template <class Exception>
    void record_exception(const Exception& e) noexcept {
        if (state_.is_recording()) record_exception(detail::describe_exception(e));
    }
    void record_exception(const detail::exception_description& e) noexcept {
        if (!state_.is_recording()) return;
        detail::remember_exception(e);
        event("exception", read_ticks(), 0,
              key<"exception.type">{} = detail::type_name{e.type.data, e.type.size},
              key<"exception.message">{} = e.message);
    }

    std::uint64_t begin_ticks() const noexcept {
        return state_.is_recording() ? state_->record.header.start_ticks : 0;
    }

protected:
    span_operations() = default;
    span_operations(const span_operations&) = delete;
    span_operations& operator=(const span_operations&) = delete;
    ~span_operations() = default;

    void count_attribute(bool fits) noexcept {
        if (!fits) [[unlikely]]
            state_->record.count_dropped(&detail::record_builder::dropped_attributes);
    }

    static std::uint64_t read_ticks() noexcept {
        detail::thread_state* const thread = detail::this_thread();
        return thread ? detail::ticks_now(*thread) : detail::read_cycle_counter();
    }

    template <class... A>
    void event(text name, std::uint64_t time, unsigned is_unix_time, const A&... attributes) noexcept {
        auto& record = state_->record;
        const auto mark = record.mark();
        const std::uint32_t body = record.open_section(detail::section_type::event, is_unix_time,
                                                       sizeof(detail::event_body) + name.size);
        if (body != detail::record_builder::no_room) {
            record.put(body, detail::event_body{time, name.size});
            detail::copy_short(record.payload() + body + sizeof(detail::event_body), name.data, name.size);
            if ((record.add_attribute(attributes) && ...)) return record.close_section(body);
            record.rewind(mark);
        }
        record.count_dropped(&detail::record_builder::dropped_events);
    }

    // What the options of a function form say beyond parent and kind of the sampler.
    void apply(const span_options& options) noexcept {
        auto& record = state_->record;
        record.add_text_section(detail::section_type::name, 0, options.name);
        if (options.kind != span_kind::internal)
            record.open_section(detail::section_type::kind, static_cast<unsigned>(options.kind), 0);
        if (options.start_time.unix_nanoseconds != 0) set_start_time(options.start_time);
        if (options.scope)
            record.add_word_section(detail::section_type::scope, 0, detail::register_scope(*options.scope));
    }

    detail::span_handle state_;
};

/// A span that is current on its thread from here to the end of the scope (OpenTelemetry Trace API, "Span").
/// It neither moves nor copies. About 25 ns from begin to end; 1 ns without `start`, 3 ns where it is not
/// sampled. In a function that is left by an exception its status becomes error. Usually made by
/// NANOTEL_SPAN.
class span : public span_operations {
public:
    /// With a name and attributes that are evaluated whether or not the span is sampled.
    template <class... Key, class... Value>
    explicit span(text name, const attribute<Key, Value>&... attributes) noexcept
        : span(span_options{.name = name}, attributes...) {}
    template <class... Key, class... Value>
    explicit span(const span_options& options, const attribute<Key, Value>&... attributes) noexcept {
        begin(options, attributes...);
        if (!state_.is_recording()) return;
        apply(options);
        set(attributes...);
    }
    template <class... Given>
    span(detail::begin_only, const span_options& options, const Given&... given) noexcept {
        begin(options, given...);
        if (state_.is_recording()) apply(options);
    }

    // For the macros: decide first, evaluate attributes after. A site that is not const, or {.name = …} would
    // be one.
    [[gnu::always_inline]] explicit span(detail::call_site& site) noexcept {
        if (detail::recording_enabled.load_relaxed() != 0) // without start, this is all
            state_ = detail::begin_here(own_, site);
    }
    span(detail::call_site& site, const nanotel::context& parent) noexcept {
        below(parent, site, nullptr);
        detail::at_site(state_, site);
    }

    [[gnu::always_inline]] ~span() {
        if (state_.has_end()) detail::finish_here(own_);
    }

    /// Ends the span before its scope does. Whatever is done to it afterwards is a no-op.
    void end() noexcept {
        if (!state_.has_end() || keeps_trace_state()) return;
        const bool recorded = state_.is_recording();
        const bool has_trace_state =
            recorded && (own_.record.marks.other & detail::unusual_marks::trace_state) != 0;
        // Kept until the span goes, since its context may be asked for.
        detail::shared_bytes* const kept = has_trace_state ? detail::retain(own_.trace_state) : nullptr;
        detail::finish_here(own_);
        state_ = recorded ? detail::span_handle::ended() : detail::span_handle::closed();
        if (!kept) return;
        own_.trace_state = kept;
        own_.record.marks.other = detail::unusual_marks::trace_state | detail::unusual_marks::ended;
        state_ = detail::span_handle::unsampled(); // there is something to do when it goes
    }
    void end(timestamp time) noexcept {
        if (state_.is_recording())
            state_->record.add_word_section(detail::section_type::end_time, 0, time.unix_nanoseconds);
        end();
    }

    /// What children elsewhere need: give it to another thread, a queue, a process. Also after the end. For a
    /// span that was not sampled it is the unsampled context that its children would have. The baggage is
    /// what is current on the thread that asks.
    nanotel::context context() const noexcept {
        if (state_.is_recording() || state_.is_ended() || keeps_trace_state()) {
            const auto& header = own_.record.header;
            const bool has_trace_state = (own_.record.marks.other & detail::unusual_marks::trace_state) != 0;
            return {{{header.trace_id[0], header.trace_id[1]}},
                    {header.span_id},
                    static_cast<std::uint8_t>(header.flags),
                    false,
                    trace_state(has_trace_state ? detail::retain(own_.trace_state) : nullptr),
                    current_baggage()};
        }
        // What is not sampled has no state of its own; where something sampled is current, that is not its.
        // Where nothing records it is the parent.
        const nanotel::context now = current_context();
        if (state_.has_end() && (own_.record.marks.other & detail::unusual_marks::passing) != 0) return now;
        return now.is_sampled() ? new_root : now;
    }

    // For the macros, where it is recording.
    [[gnu::always_inline]] detail::record_builder& record_at_site() noexcept { return own_.record; }

private:
    template <class... Given>
    [[gnu::always_inline]] void begin(const span_options& options, const Given&... given) noexcept {
        const detail::call_site site = detail::site_of(options);
        if constexpr (detail::attributes_among<Given...> != 0)
            if (detail::are_read<Given...>()) [[unlikely]]
                return detail::begin_reading(begin_with{*this, site, options.parent},
                                             detail::if_attribute(given)...);
        begin_known(site, options.parent, nullptr);
    }
    struct begin_with {
        span& self;
        const detail::call_site& site;
        const nanotel::context* parent;
        void operator()(const detail::start_attributes* known) const noexcept {
            self.begin_known(site, parent, known);
        }
    };
    void begin_known(const detail::call_site& site, const nanotel::context* parent,
                     const detail::start_attributes* known) noexcept {
        if (parent)
            below(*parent, site, known);
        else
            state_ = detail::begin_unusual(own_, site, known);
    }
    void below(const nanotel::context& parent, const detail::call_site& site,
               const detail::start_attributes* known) noexcept {
        detail::thread_state* const thread = detail::this_thread();
        if (!thread) {
            state_ = detail::pass_on(own_, parent);
            return;
        }
        if (detail::refuses_to_begin(*thread)) return;
        const detail::change_of_thread beginning(*thread);
        state_ =
            detail::begin_below(own_, *thread, detail::leave_to::saved, detail::to_thread_context(parent),
                                parent.trace_state.bytes(), site, known);
        // What was named as the parent is the context that is current now, with its baggage.
        own_.before.baggage = detail::retain(thread->baggage);
        own_.before.restores_baggage = 1;
        detail::set_baggage(*thread, parent.baggage.bytes());
    }
    // It has ended, and its trace state is still here.
    bool keeps_trace_state() const noexcept {
        return state_.has_end() && !state_.is_recording() &&
               (own_.record.marks.other & detail::unusual_marks::ended) != 0;
    }

    detail::span_state own_;
};

} // namespace nanotel::inline NANOTEL_ABI
