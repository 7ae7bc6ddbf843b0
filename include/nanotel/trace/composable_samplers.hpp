// SPDX-License-Identifier: MIT
// Samplers to be combined: always on and off, a probability, the parent's threshold, any of several,
// attributes for what is kept.
#pragma once

#include <nanotel/trace/sampling.hpp>

#include <initializer_list>

namespace nanotel::inline NANOTEL_ABI {

// OpenTelemetry Trace SDK, "Built-in ComposableSamplers", and OTEP 250. All of them are for
// sampler::composite, may be shared, and are safe to be called by several threads at once.

namespace detail {

class composable_constant final : public composable_sampler {
public:
    composable_constant(sampling_threshold threshold, std::string description)
        : threshold_(threshold), description_(std::move(description)) {}
    sampling_intent intent(const sampling_parameters&) override {
        if (threshold_.keeps_none()) return {};
        return {threshold_, true, {}, {}};
    }
    std::string description() const override { return description_; }

private:
    const sampling_threshold threshold_;
    const std::string description_;
};

class composable_parent final : public composable_sampler {
public:
    explicit composable_parent(composable root) : root_(std::move(root)) {}
    sampling_intent intent(const sampling_parameters& of) override {
        if (!of.parent) return root_->intent(of);
        if (const auto threshold = of.consistent_threshold()) return {threshold, true, {}, {}};
        if (!of.parent->is_sampled()) return {};
        return {sampling_threshold(), false, {}, {}};
    }
    std::string description() const override {
        return "ComposableParentThreshold{root=" + root_->description() + "}";
    }

private:
    const composable root_;
};

class composable_union final : public composable_sampler {
public:
    explicit composable_union(std::vector<composable> of) : of_(std::move(of)) {}
    sampling_intent intent(const sampling_parameters& of) override {
        sampling_intent all;
        for (const composable& each : of_) {
            sampling_intent one = each->intent(of);
            if (one.threshold && (!all.threshold || *one.threshold < *all.threshold)) {
                all.threshold = one.threshold;
                all.adjusted_count_reliable = one.adjusted_count_reliable;
            } else if (one.threshold && *one.threshold == *all.threshold) {
                all.adjusted_count_reliable = all.adjusted_count_reliable || one.adjusted_count_reliable;
            }
            all.attributes = joined(std::move(all.attributes), std::move(one.attributes));
            if (one.trace_state) all.trace_state = std::move(one.trace_state);
        }
        return all;
    }
    std::string description() const override {
        std::string all = "ComposableAnyOf{";
        for (const composable& each : of_) all += (all.back() == '{' ? "" : ",") + each->description();
        return all + "}";
    }

    using list = std::shared_ptr<const sampling_attributes>;
    // The last of a key counts, as everywhere.
    static list joined(list first, list second) {
        if (!first) return second;
        if (!second) return first;
        auto both = std::make_shared<sampling_attributes>(*first);
        both->insert(both->end(), second->begin(), second->end());
        return both;
    }

private:
    const std::vector<composable> of_;
};

class composable_annotations final : public composable_sampler {
public:
    composable_annotations(sampling_attributes attributes, composable delegate)
        : attributes_(std::make_shared<const sampling_attributes>(std::move(attributes))),
          delegate_(std::move(delegate)) {}
    sampling_intent intent(const sampling_parameters& of) override {
        sampling_intent wanted = delegate_->intent(of);
        if (wanted.threshold)
            wanted.attributes = composable_union::joined(std::move(wanted.attributes), attributes_);
        return wanted;
    }
    std::string description() const override {
        std::string keys;
        for (const auto& [key, value] : *attributes_) keys += (keys.empty() ? "" : ",") + key;
        return "ComposableAnnotating{" + keys + ":" + delegate_->description() + "}";
    }

private:
    const std::shared_ptr<const sampling_attributes> attributes_;
    const composable delegate_;
};

} // namespace detail

/// Keeps everything, and says so: `th:0`.
inline composable composable_always_on() {
    return std::make_shared<detail::composable_constant>(sampling_threshold(), "ComposableAlwaysOn");
}
inline composable composable_always_off() {
    return std::make_shared<detail::composable_constant>(sampling_threshold::never(), "ComposableAlwaysOff");
}

/// Keeps this share, from 0 to 1, of what it is asked about. The threshold has so many significant
/// hexadecimal digits, 1 to 14. A share that is not above 2^-57, or not a number, is composable_always_off().
inline composable composable_probability(double ratio, unsigned digits = 4) {
    const auto threshold = sampling_threshold::of_probability(ratio, digits);
    if (threshold.keeps_none()) return composable_always_off();
    return std::make_shared<detail::composable_constant>(threshold, "ComposableProbability{" +
                                                                        std::to_string(ratio) + "}");
}

/// Roots as `root` decides about them, the rest as its parent says: by the threshold in its trace state where
/// there is one that agrees with the parent's flag, else by the flag, and then without a threshold.
inline composable composable_parent_threshold(composable root) {
    if (!root) root = composable_always_off();
    return std::make_shared<detail::composable_parent>(std::move(root));
}

/// Keeps what any of several would keep: the smallest of their thresholds counts, and the attributes of all
/// are added. A null one is left out.
inline composable composable_any_of(std::initializer_list<composable> several) {
    std::vector<composable> of;
    for (const composable& each : several)
        if (each) of.push_back(each);
    return std::make_shared<detail::composable_union>(std::move(of));
}

/// Decides as `delegate` does, and adds attributes to what is kept. They win over those of the delegate.
inline composable composable_annotating(sampling_attributes attributes, composable delegate) {
    if (!delegate) delegate = composable_always_off();
    return std::make_shared<detail::composable_annotations>(std::move(attributes), std::move(delegate));
}

} // namespace nanotel::inline NANOTEL_ABI
