// SPDX-License-Identifier: MIT
// Views: which metrics are made of an instrument, and how. For the sdk.
#pragma once

#include <nanotel/core/pattern.hpp>
#include <nanotel/core/site_registry.hpp>
#include <nanotel/metrics/instrument.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanotel::inline NANOTEL_ABI {

/// What becomes of the measurements of a series (OpenTelemetry Metrics SDK, "Aggregation").
class aggregation {
public:
    enum class kind : unsigned char { by_instrument, drop, sum, last_value, explicit_buckets, exponential };

    /// What the kind of the instrument, its advice and the reader say.
    aggregation() = default;
    static aggregation drop() { return aggregation(kind::drop); }
    static aggregation sum() { return aggregation(kind::sum); }
    static aggregation last_value() { return aggregation(kind::last_value); }
    /// Bounds finite and ascending, at most 65535 of them; none: one bucket.
    static aggregation explicit_buckets(std::vector<double> bounds) {
        aggregation made(kind::explicit_buckets);
        made.bounds = std::move(bounds);
        return made;
    }
    /// At most max_size buckets a sign, 4 to 4096; the scale begins at max_scale, -10 to 20.
    static aggregation exponential(std::uint32_t max_size = 160, std::int32_t max_scale = 20) {
        aggregation made(kind::exponential);
        made.max_size = max_size;
        made.max_scale = max_scale;
        return made;
    }

    kind what = kind::by_instrument;
    std::vector<double> bounds{};
    std::uint32_t max_size = 160;
    std::int32_t max_scale = 20;
    bool record_min_max = true;

private:
    explicit aggregation(kind k) : what(k) {}
};

/// A view (OpenTelemetry Metrics SDK, "View"): what it selects, and the metric that it makes of each
/// instrument selected. Where several views select an instrument each makes a metric of it, where none does
/// the default. Given in options::views; to rename, filter, limit or drop costs nothing where an instrument
/// is used. A longer way, which takes no lock, some ten nanoseconds and with labels known at run time about a
/// hundred, is that of an instrument that is aggregated in several ways, by views or by readers that differ
/// in metric_reader::histograms, or as another kind of instrument is, as a histogram made of a counter; and
/// that of a gauge with several views that do not make the same series of its label sets.
struct view {
    // -- which instruments; what is not set selects all

    /// `*` stands for any characters, `?` for one; letters in either case.
    std::string instrument_name = "*";
    std::optional<nanotel::instrument_kind> instrument_kind{};
    std::optional<std::string> instrument_unit{};
    std::optional<std::string> scope_name{};
    std::optional<std::string> scope_version{};
    std::optional<std::string> scope_schema_url{};

    // -- what is made of them; what is not set stays as the instrument says

    std::optional<std::string> name{}; ///< only where instrument_name has no `*` and `?`
    std::optional<std::string> description{};
    nanotel::aggregation aggregation{};
    /// Labels are kept only where their key is among these. Exemplars hold those that are taken away, as
    /// their filtered attributes (OpenTelemetry Metrics Data Model, "Exemplars").
    std::optional<std::vector<std::string>> keep_keys{};
    std::vector<std::string> exclude_keys{};
    /// Series, with the one that takes what is beyond; at least 2. options::cardinality_limit.
    std::optional<std::size_t> cardinality_limit{};
    /// Exemplars kept for a point of an aggregation without explicit buckets, 0 to 100; those of explicit
    /// buckets keep one a bucket. 1, and 20 for exponential histograms.
    std::optional<std::uint32_t> exemplars{};
};

namespace detail {

constexpr char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

inline bool selects(const view& v, const std::string& name, instrument_kind kind, const std::string& unit,
                    const known_scope& scope) noexcept {
    const auto in_any_case = [](char a, char b) { return to_lower(a) == to_lower(b); };
    return matches_pattern(v.instrument_name, name, in_any_case) &&
           v.instrument_kind.value_or(kind) == kind && (!v.instrument_unit || *v.instrument_unit == unit) &&
           (!v.scope_name || *v.scope_name == scope.name) &&
           (!v.scope_version || *v.scope_version == scope.version) &&
           (!v.scope_schema_url || *v.scope_schema_url == scope.schema_url);
}

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
