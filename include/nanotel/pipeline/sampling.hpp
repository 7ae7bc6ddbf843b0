// SPDX-License-Identifier: MIT
// The begin of spans about which the sampler is asked: those at which a trace enters the process, as a rule.
#pragma once

#include <nanotel/core/diagnostics.hpp>
#include <nanotel/pipeline/process.hpp>
#include <nanotel/trace/sampler.hpp>
#include <nanotel/trace/sampling_state.hpp>
#include <nanotel/trace/span_beginning.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// What becomes of a span that is about to begin.
struct sampling_outcome {
    bool recorded = false;
    bool sampled = false;
    std::optional<sampling_threshold> threshold{}; // of the span's own trace state
    std::shared_ptr<const sampling_attributes> attributes{};
    std::optional<nanotel::trace_state> trace_state{};
};

inline const sampling_decider& decider_for(const sampling_plan& plan, const context* parent) noexcept {
    if (!parent) return plan.root;
    if (parent->remote) return parent->is_sampled() ? plan.remote_sampled : plan.remote_not_sampled;
    return parent->is_sampled() ? plan.local_sampled : plan.local_not_sampled;
}

// From which threshold on a span like this is kept where two deciders share the work by the parent's flag,
// which the randomness has decided about as well: below a parent with the threshold P the sampled ones,
// R >= P, are kept where R >= S, the others where R >= U. None where that is no single threshold, or P is not
// known.
inline std::optional<sampling_threshold> effective_threshold(std::optional<sampling_threshold> parent,
                                                             bool parent_sampled, sampling_threshold s,
                                                             sampling_threshold u) noexcept {
    if (s == u) return s;  // the flag does not matter
    if (!parent_sampled) { // P > R >= U, so all the sampled have to be kept as well
        if (s <= u) return u;
        return std::nullopt;
    }
    if (!parent) return std::nullopt;
    if (s <= *parent) return std::min(*parent, u);
    if (u >= *parent) return s;
    return std::nullopt;
}

// As a threshold, what a decider does below a parent with this flag; none where it is not known beforehand.
inline std::optional<sampling_threshold> threshold_of(const sampling_decider& by, bool sampled) noexcept {
    if (by.by == sampling_decider::way::threshold) return by.threshold;
    if (by.by == sampling_decider::way::custom) return std::nullopt;
    return sampled ? sampling_threshold() : sampling_threshold::never();
}

// Said once: callers that drop the flag do so with every request. OpenTelemetry Trace SDK, "TraceIdRatioBased
// sampler compatibility warning".
[[gnu::noinline, gnu::cold]] inline void presume_randomness() noexcept {
    static atomic<std::uint32_t> told;
    if (told.exchange(1) != 0) return;
    try {
        diagnose(diagnostic_level::warning, "sampler",
                 "the sampler takes the trace ids of other services for random, as their trace flags do not "
                 "say (W3C Trace Context, level 2); where they are not, its ratio is another one");
    } catch (...) { // no memory to say it
    }
}

inline sampling_outcome by_threshold(const sampling_plan& plan, const sampling_decider& by,
                                     const sampling_parameters& of) noexcept {
    sampling_outcome outcome;
    const context* const parent = of.parent;
    if (!parent) {
        outcome.recorded = outcome.sampled = by.threshold.keeps(of.randomness());
        // A root of always_on says nothing: see sampler.
        if (outcome.sampled && !by.threshold.keeps_all()) outcome.threshold = by.threshold;
        return outcome;
    }
    if (by.by == sampling_decider::way::threshold && !by.keeps_all() && !by.keeps_none() &&
        !of.explicit_randomness && (parent->flags & record_flag::random) == 0)
        presume_randomness();
    const auto known = of.consistent_threshold();
    const auto s = threshold_of(parent->remote ? plan.remote_sampled : plan.local_sampled, true);
    const auto u = threshold_of(parent->remote ? plan.remote_not_sampled : plan.local_not_sampled, false);
    outcome.recorded = outcome.sampled =
        by.by == sampling_decider::way::follow ? parent->is_sampled() : by.threshold.keeps(of.randomness());
    if (outcome.sampled && s && u)
        outcome.threshold = effective_threshold(known, parent->is_sampled(), *s, *u);
    else if (by.by == sampling_decider::way::follow)
        outcome.threshold = known;
    return outcome;
}

[[gnu::noinline, gnu::cold]] inline void complain_of_sampler(const char* why) noexcept {
    try {
        diagnose(diagnostic_level::error, "sampler threw",
                 std::string("the sampler threw: ") + why +
                     "; the span is kept. A sampler decides by what it is given, and does not throw");
    } catch (...) { // no memory to say it
    }
}

// The application's own: it may throw.
[[gnu::noinline]] inline sampling_outcome ask_custom(custom_sampler& by,
                                                     const sampling_parameters& of) noexcept {
    try {
        sampling_result result = by.should_sample(of);
        const bool sampled = result.decision == sampling_decision::record_and_sample;
        return {sampled || result.decision == sampling_decision::record_only, sampled,
                sampled ? result.threshold : std::nullopt, std::move(result.attributes),
                std::move(result.trace_state)};
    } catch (const std::exception& e) {
        complain_of_sampler(e.what());
    } catch (...) {
        complain_of_sampler("what it threw is no std::exception");
    }
    return {true, true, {}, {}, {}};
}

inline sampling_outcome decide(const sampling_plan& plan, const sampling_parameters& of) noexcept {
    const sampling_decider& by = decider_for(plan, of.parent);
    sampling_outcome outcome = by.custom ? ask_custom(*by.custom, of) : by_threshold(plan, by, of);
    if (plan.records_dropped) outcome.recorded = true;
    return outcome;
}

inline void add_sampling_attributes(record_builder& record, const sampling_attributes& all) noexcept {
    for (const auto& [key, value] : all) {
        const text name = key;
        const bool fits =
            name.size != 0 &&
            std::visit([&](const auto& v) { return record.add_attribute(name, to_value(v)); }, value);
        if (!fits) record.count_dropped(&record_builder::dropped_attributes);
    }
}

// The trace state of a span after the decision, on the thread that it is current on. What does not change is
// not written again, and the rule is that nothing was there and nothing is.
inline void settle_trace_state(thread_state& thread, const used_sampler& by, const trace_state& before,
                               sampling_state said, const sampling_outcome& outcome) noexcept {
    const std::uint64_t threshold = outcome.threshold && !outcome.threshold->keeps_none()
                                        ? outcome.threshold->value()
                                        : sampling_state::absent;
    if (!outcome.trace_state && said.threshold == threshold) return;
    if (!outcome.trace_state && before.empty() && outcome.threshold == by.chosen.plan().root.threshold)
        if (shared_bytes* const made = by.root_state(thread)) return set_trace_state(thread, made);
    said.threshold = threshold;
    trace_state made = before;
    if (outcome.trace_state) {
        made = outcome.trace_state->remove("ot");
        if (const text member = before.get("ot"); member.size != 0) made = made.set("ot", member);
    }
    set_trace_state(thread, said.write_to(made).bytes());
}

// A root of a ratio that has no trace state: what is dropped, most of them, costs no more than it must.
inline bool drops_at_once(const sampling_plan& plan, const thread_state& thread,
                          const trace_id& trace) noexcept {
    return plan.root.by == sampling_decider::way::threshold && !plan.records_dropped && !thread.trace_state &&
           !plan.root.threshold.keeps(randomness_of(trace));
}

// In the middle of a change of the thread's, which has the parent's trace state by now.
inline span_handle begin_asked(span_state& span, thread_state& thread, leave_to leave,
                               const thread_context* above, const call_site& site,
                               const start_attributes* known) noexcept {
    auto& header = span.record.header;
    auto& now = thread.context;
    // Acquire: what launch made of the sampler is there.
    const used_sampler& by = *process().sampling.load_acquire();
    const sampling_plan& plan = by.chosen.plan();
    const trace_id trace = above ? trace_id{{above->trace_id[0], above->trace_id[1]}} : draw_trace_id(thread);
    if (!above && drops_at_once(plan, thread, trace)) {
        now.trace_id[0] = trace.words[0];
        now.trace_id[1] = trace.words[1];
        header.span_id = now.span_id = draw_span_id(thread);
        now.word = context_word::of(record_flag::random, false);
        return hold_unsampled(span, thread, leave);
    }
    const errno_kept kept; // the sampler may be the application's
    context parent;
    if (above)
        parent = to_context(*above, thread.trace_state, thread.baggage);
    else
        parent.trace_state = trace_state(retain(thread.trace_state));
    const sampling_state said =
        parent.trace_state.empty() ? sampling_state() : sampling_state::of(parent.trace_state);
    sampling_parameters of{trace,
                           above ? &parent : nullptr,
                           {site.name.data, site.name.size},
                           site.kind,
                           {site.scope->name.data, site.scope->name.size},
                           known_attributes(known),
                           parent.trace_state,
                           {},
                           {},
                           thread.ids.draw() >> 8};
    if (said.has_threshold()) of.threshold = sampling_threshold(said.threshold);
    if (said.has_randomness()) of.explicit_randomness = said.randomness;
    const sampling_outcome outcome = decide(plan, of);

    if (above && leave == leave_to::parent) {
        span.before = save(thread, false);
        leave = leave_to::saved; // the flags of the parent need not be those of the span
    }
    settle_trace_state(thread, by, parent.trace_state, said, outcome);
    const std::uint64_t flags =
        (above ? parent.flags & ~std::uint64_t{record_flag::sampled} : std::uint64_t{record_flag::random}) |
        (outcome.sampled ? record_flag::sampled : 0u);
    header.trace_id[0] = now.trace_id[0] = trace.words[0];
    header.trace_id[1] = now.trace_id[1] = trace.words[1];
    header.span_id = now.span_id = draw_span_id(thread);
    header.parent_id = above ? above->span_id : 0;
    now.word = context_word::of(flags, false, thread.trace_state != nullptr);
    if (!outcome.recorded) {
        const span_handle held = hold_unsampled(span, thread, leave);
        keep_trace_state(span, thread); // and the mark, by which the end knows that the thread has one
        return held;
    }
    prepare(span, thread, leave, context_word::of(flags, parent.remote));
    if (outcome.attributes) add_sampling_attributes(span.record, *outcome.attributes);
    header.start_ticks = ticks_now(thread);
    return span_handle(&span);
}

// What threads are to know of it.
inline std::uint32_t root_mode_of(const sampling_plan& plan) noexcept {
    std::uint32_t mode = 0;
    if (plan.root.keeps_none() && !plan.records_dropped)
        mode |= root_mode::dropped;
    else if (!plan.root.keeps_all())
        mode |= root_mode::asked;
    if (plan.asks_remote() || plan.records_dropped) mode |= root_mode::asked_remote;
    if (plan.reads_attributes()) mode |= root_mode::reads;
    return mode;
}

// Makes it that of the process. One that says the same as the last is the last: starts that follow each other
// need no more memory each time.
inline const sampling_plan& use_sampler(process_state& state, const sampler& chosen) {
    const std::lock_guard lock(state.mutex);
    const used_sampler* used = state.sampling.load_relaxed();
    if (!used || !(used->chosen.plan() == chosen.plan())) {
        state.samplers.push_back(std::make_unique<const used_sampler>(chosen));
        used = state.samplers.back().get();
        state.sampling.store_release(used);
    }
    return used->chosen.plan();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
