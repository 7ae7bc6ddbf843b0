// SPDX-License-Identifier: MIT
// What a sampler is asked and what it answers; the classes to derive from for one of your own.
#pragma once

#include <nanotel/core/context.hpp>
#include <nanotel/trace/sampling_threshold.hpp>
#include <nanotel/trace/start_attributes.hpp>

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace nanotel::inline NANOTEL_ABI {

/// What becomes of a span (OpenTelemetry Trace SDK, "ShouldSample").
enum class sampling_decision : std::uint8_t {
    drop,             ///< nothing is recorded, and its attributes are not evaluated
    record_only,      ///< recorded, and sent to destinations with `unsampled` alone; its children are dropped
    record_and_sample ///< recorded and sent
};

/// The attributes that are there before their span is. A macro decides before it evaluates its attributes, so
/// these are those of the function forms: nanotel::span, nanotel::detached_span, nanotel::in_span. Arrays and
/// maps are known by their keys alone.
class known_attributes {
public:
    explicit known_attributes(const detail::start_attributes* from = nullptr) noexcept : from_(from) {}

    /// The value where there is one of that type: bool, std::int64_t (of any integer that it holds), double,
    /// std::string_view. Of several of a key the last counts.
    template <class T>
    [[nodiscard]] std::optional<T> find(std::string_view key) const noexcept {
        static_assert(std::is_same_v<T, bool> || std::is_same_v<T, std::int64_t> ||
                          std::is_same_v<T, double> || std::is_same_v<T, std::string_view>,
                      "nanotel: an attribute is asked for as bool, std::int64_t, double or std::string_view");
        std::optional<T> found;
        each([&](std::string_view name, const detail::start_attribute& a) {
            if (name == key) found = value<T>(a);
        });
        return found;
    }
    [[nodiscard]] bool contains(std::string_view key) const noexcept {
        bool found = false;
        each([&](std::string_view name, const auto&) { found = found || name == key; });
        return found;
    }
    [[nodiscard]] std::size_t size() const noexcept { return from_ ? from_->count : 0; }

private:
    template <class Each>
    void each(Each visit) const {
        for (std::size_t i = 0; i < size(); ++i)
            visit(std::string_view(from_->first[i].key.data, from_->first[i].key.size), from_->first[i]);
    }
    template <class T>
    static std::optional<T> value(const detail::start_attribute& a) noexcept {
        if constexpr (std::is_same_v<T, bool>) {
            if (a.type == value_type::boolean) return a.bits != 0;
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
            if (a.type == value_type::signed_integer ||
                (a.type == value_type::unsigned_integer && (a.bits >> 63) == 0))
                return static_cast<std::int64_t>(a.bits);
        } else if constexpr (std::is_same_v<T, double>) {
            if (a.type == value_type::floating) return __builtin_bit_cast(double, a.bits);
        } else {
            if (a.type == value_type::string) return std::string_view(a.string.data, a.string.size);
        }
        return std::nullopt;
    }

    const detail::start_attributes* from_;
};

/// What a sampler is told of a span that is about to begin. Everything in it is borrowed, and valid until the
/// sampler returns. Links are none of it: nanotel adds them to spans that have begun.
struct sampling_parameters {
    nanotel::trace_id trace_id; ///< that of the parent where there is one
    const context* parent;      ///< null for a root
    std::string_view name;      ///< as the span begins, before any update_name
    span_kind kind;
    std::string_view scope_name; ///< of the instrumentation scope; empty where none is declared
    known_attributes attributes;
    /// That of the parent, or the one that a root was given.
    const nanotel::trace_state& trace_state;
    /// `th` of the parent's trace state; none where there is none, or it is not well-formed.
    std::optional<sampling_threshold> threshold;
    /// `rv` of the trace state, which counts instead of the trace id.
    std::optional<std::uint64_t> explicit_randomness;
    /// 56 random bits that nothing else depends on, for decisions that must not depend on the trace.
    std::uint64_t fresh_randomness;

    /// The 56 bits that every participant in the trace compares with its threshold: rv, or those of the id.
    [[nodiscard]] std::uint64_t randomness() const noexcept {
        return explicit_randomness.value_or(randomness_of(trace_id));
    }
    /// The parent's threshold, unless it contradicts the parent's flag: sampled is what R >= T says.
    [[nodiscard]] std::optional<sampling_threshold> consistent_threshold() const noexcept {
        if (!parent || !threshold || threshold->keeps(randomness()) != parent->is_sampled())
            return std::nullopt;
        return threshold;
    }
};

/// The value of an attribute that a sampler adds.
using sampling_attribute_value = std::variant<std::string, bool, std::int64_t, double>;
using sampling_attributes = std::vector<std::pair<std::string, sampling_attribute_value>>;

struct sampling_result {
    sampling_decision decision = sampling_decision::drop;
    /// What the decision stands for, exported as `th` where the span is sampled; none where no probability is
    /// known, which takes away what the parent's trace state says of it.
    std::optional<sampling_threshold> threshold{};
    /// Added to the span where it is recorded. Null: none.
    std::shared_ptr<const sampling_attributes> attributes{};
    /// Instead of sampling_parameters::trace_state, but for its member `ot`, which is the library's. None: as
    /// it is.
    std::optional<nanotel::trace_state> trace_state{};
};

/// A sampler of the application's own (OpenTelemetry Trace SDK, "Sampler"): give it to sampler::custom. It is
/// called by any thread, by several at once, in the middle of the begin of a span: it should take nanoseconds
/// and not wait for other threads, and spans that it begins itself are dropped. Where it throws, the span is
/// kept without a threshold, and a diagnostic says so. It lives until the process ends.
class custom_sampler {
public:
    virtual ~custom_sampler() = default;
    virtual sampling_result should_sample(const sampling_parameters& of) = 0;
    /// For diagnostics.
    [[nodiscard]] virtual std::string description() const = 0;
};

/// What a composable sampler would do, for others to combine before the decision falls (OpenTelemetry Trace
/// SDK, "ComposableSampler").
struct sampling_intent {
    /// None: drop, whatever the randomness.
    std::optional<sampling_threshold> threshold{};
    /// Whether the threshold says truly with which probability such a span is kept. It must not where it
    /// depends on the randomness or on the parent's sampled flag: then the decision is made with a random
    /// number of its own, and no `th` is exported.
    bool adjusted_count_reliable = false;
    /// Added where the span is sampled. Null: none.
    std::shared_ptr<const sampling_attributes> attributes{};
    /// As in sampling_result; of several the last counts.
    std::optional<nanotel::trace_state> trace_state{};
};

/// A sampler to be combined with others; give it to sampler::composite. Called as custom_sampler is.
class composable_sampler {
public:
    virtual ~composable_sampler() = default;
    virtual sampling_intent intent(const sampling_parameters& of) = 0;
    [[nodiscard]] virtual std::string description() const = 0;
};

using composable = std::shared_ptr<composable_sampler>;

} // namespace nanotel::inline NANOTEL_ABI
