// SPDX-License-Identifier: MIT
// Which traces are kept. The decision falls where a trace enters the process; what is below follows it.
#pragma once

#include <nanotel/trace/sampling.hpp>

#include <charconv>

namespace nanotel::inline NANOTEL_ABI {

struct parent_delegates;

namespace detail {

// What decides about one sort of spans.
struct sampling_decider {
    enum class way : std::uint8_t { follow, threshold, custom };
    way by = way::follow;
    sampling_threshold threshold{};
    std::shared_ptr<custom_sampler> custom{};

    bool keeps_all() const noexcept { return by == way::threshold && threshold.keeps_all(); }
    bool keeps_none() const noexcept { return by == way::threshold && threshold.keeps_none(); }
    friend bool operator==(const sampling_decider&, const sampling_decider&) = default;
};

struct sampling_plan {
    sampling_decider root{sampling_decider::way::threshold, {}, {}};
    sampling_decider remote_sampled{};
    sampling_decider remote_not_sampled{};
    sampling_decider local_sampled{};
    sampling_decider local_not_sampled{};
    bool records_dropped = false;

    friend bool operator==(const sampling_plan&, const sampling_plan&) = default;
    bool asks_remote() const noexcept { return asks(remote_sampled) || asks(remote_not_sampled); }
    bool asks_local() const noexcept {
        return records_dropped || asks(local_sampled) || asks(local_not_sampled);
    }
    bool reads_attributes() const noexcept {
        for (const auto* each :
             {&root, &remote_sampled, &remote_not_sampled, &local_sampled, &local_not_sampled})
            if (each->by == sampling_decider::way::custom) return true;
        return false;
    }

private:
    static bool asks(const sampling_decider& by) noexcept { return by.by != sampling_decider::way::follow; }
};

} // namespace detail

/// Decides about traces where they enter the process: about roots, and, where that is said, about spans below
/// a parent in another process. Everything below follows its parent, at no cost. A constant of a few words
/// that is copied like one (OpenTelemetry Trace SDK, "Built-in samplers"). Those with a rejection threshold
/// decide by the randomness of the trace, as every other participant with the same one does, and the spans
/// that they keep say so: `ot=th:…` in their trace state (OpenTelemetry Trace, "TraceState: Probability
/// Sampling"). A root of always_on has no trace state: its hot path stays as short as it is.
class sampler {
public:
    /// Roots are kept, the rest follows its parent: the default of the specification, parentbased_always_on.
    sampler() = default;
    static sampler always_on() noexcept { return {}; }
    /// Roots are dropped, at 8 ns, and the rest follows its parent.
    static sampler always_off() noexcept { return of_threshold(sampling_threshold::never()); }
    /// Keeps this share of the roots, from 0 to 1, rounded to 4 significant hexadecimal digits of its
    /// threshold; the rest follows its parent. Each span of a trace that is kept carries the threshold along,
    /// and takes the longer way for it.
    static sampler trace_id_ratio(double ratio) noexcept {
        return of_threshold(sampling_threshold::of_probability(ratio));
    }

    /// Roots as `root` decides about them; the rest follows its parent, or is decided about by the delegates
    /// (OpenTelemetry Trace SDK, "ParentBased").
    static sampler parent_based(sampler root);
    static sampler parent_based(sampler root, const parent_delegates& by);
    /// Decides about spans below a parent in another process as about roots, whatever the parent's flag says:
    /// the always_on, always_off and traceidratio of the specification, which ignore the parent. With
    /// always_off the process records nothing at all.
    static sampler independent(sampler root) {
        root.plan_.remote_sampled = root.plan_.remote_not_sampled = root.plan_.root;
        return root;
    }

    /// One of the application's own, asked about roots and about spans below a parent in another process; for
    /// roots alone, put it in parent_based. Null is always_on.
    static sampler custom(std::shared_ptr<custom_sampler> by) {
        sampler made;
        if (!by) return made;
        made.plan_.root = {detail::sampling_decider::way::custom, {}, std::move(by)};
        return independent(std::move(made));
    }
    /// The same from a function: `sampler::custom("mine", [](const sampling_parameters& of) { … })`.
    template <class Decide>
    static sampler custom(std::string description, Decide decide) {
        static_assert(std::is_invocable_r_v<sampling_result, Decide&, const sampling_parameters&>,
                      "nanotel: a sampler is a function that takes a const nanotel::sampling_parameters& and "
                      "returns a nanotel::sampling_result");
        struct by_function final : custom_sampler {
            by_function(std::string d, Decide&& f) : description_(std::move(d)), decide_(std::move(f)) {}
            sampling_result should_sample(const sampling_parameters& of) override { return decide_(of); }
            std::string description() const override { return description_; }
            std::string description_;
            Decide decide_;
        };
        return custom(std::make_shared<by_function>(std::move(description), std::move(decide)));
    }
    /// The decision for composable samplers, see trace/composable_samplers.hpp (OpenTelemetry Trace SDK,
    /// "CompositeSampler"). Null is always_off.
    static sampler composite(composable of);

    /// What `by` drops is recorded nevertheless, though not sampled: destinations with `unsampled`, and their
    /// filters, see it; others, and other processes, do not. Every span takes the long way, some 30 ns more
    /// (OpenTelemetry Trace SDK, "AlwaysRecord").
    static sampler always_record(sampler by) {
        by.plan_.records_dropped = true;
        return by;
    }

    /// As the specification names samplers, such as "TraceIdRatioBased{0.25}".
    [[nodiscard]] std::string description() const {
        using detail::sampling_decider;
        std::string all = describe(plan_.root);
        if (!(plan_.remote_sampled == plan_.root && plan_.remote_not_sampled == plan_.root)) {
            all = "ParentBased{root:" + all;
            const auto add = [&](const char* name, const sampling_decider& by) {
                if (by.by != sampling_decider::way::follow) all += std::string(",") + name + describe(by);
            };
            add("remoteParentSampled:", plan_.remote_sampled);
            add("remoteParentNotSampled:", plan_.remote_not_sampled);
            add("localParentSampled:", plan_.local_sampled);
            add("localParentNotSampled:", plan_.local_not_sampled);
            all += "}";
        }
        return plan_.records_dropped ? "AlwaysRecord{" + all + "}" : all;
    }

    // For the sdk.
    const detail::sampling_plan& plan() const noexcept { return plan_; }

private:
    static sampler of_threshold(sampling_threshold threshold) noexcept {
        sampler made;
        made.plan_.root.threshold = threshold;
        return made;
    }
    static std::string describe(const detail::sampling_decider& by) {
        if (by.custom) return by.custom->description();
        if (by.keeps_all()) return "AlwaysOnSampler";
        if (by.keeps_none()) return "AlwaysOffSampler";
        char ratio[32];
        const auto written = std::to_chars(ratio, ratio + sizeof ratio, by.threshold.probability(),
                                           std::chars_format::general, 4);
        return "TraceIdRatioBased{" + std::string(ratio, written.ptr) + "}";
    }

    detail::sampling_plan plan_;
};

/// Which sampler decides about spans with a parent of each sort, as it does about roots; what is not given
/// follows the parent. With one for local parents every span takes the long way, some 30 ns more.
struct parent_delegates {
    std::optional<sampler> remote_parent_sampled{};
    std::optional<sampler> remote_parent_not_sampled{};
    std::optional<sampler> local_parent_sampled{};
    std::optional<sampler> local_parent_not_sampled{};
};

inline sampler sampler::parent_based(sampler root, const parent_delegates& by) {
    const auto take = [](const std::optional<sampler>& from) {
        return from ? from->plan_.root : detail::sampling_decider{};
    };
    root.plan_.remote_sampled = take(by.remote_parent_sampled);
    root.plan_.remote_not_sampled = take(by.remote_parent_not_sampled);
    root.plan_.local_sampled = take(by.local_parent_sampled);
    root.plan_.local_not_sampled = take(by.local_parent_not_sampled);
    return root;
}
inline sampler sampler::parent_based(sampler root) { return parent_based(std::move(root), {}); }

namespace detail {

class composite_sampler final : public custom_sampler {
public:
    explicit composite_sampler(composable of) : of_(std::move(of)) {}

    sampling_result should_sample(const sampling_parameters& of) override {
        if (!of_) return {};
        sampling_intent wanted = of_->intent(of);
        const std::uint64_t randomness =
            wanted.adjusted_count_reliable ? of.randomness() : of.fresh_randomness;
        if (!wanted.threshold || !wanted.threshold->keeps(randomness)) return {};
        sampling_result kept{sampling_decision::record_and_sample,
                             {},
                             std::move(wanted.attributes),
                             std::move(wanted.trace_state)};
        if (wanted.adjusted_count_reliable) kept.threshold = wanted.threshold;
        return kept;
    }
    std::string description() const override { return of_ ? of_->description() : "ComposableAlwaysOff"; }

private:
    composable of_;
};

} // namespace detail

inline sampler sampler::composite(composable of) {
    return custom(std::make_shared<detail::composite_sampler>(std::move(of)));
}

} // namespace nanotel::inline NANOTEL_ABI
