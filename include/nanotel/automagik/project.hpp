// SPDX-License-Identifier: MIT
// What a project records with, for as long as the process lives: its scope, its sites and logger, and the
// instruments of names that are known only at run time.
#pragma once

#include <nanotel/automagik/fields.hpp>
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/log/logger.hpp>
#include <nanotel/metrics/metrics.hpp>
#include <nanotel/metrics/run_time_labels.hpp>
#include <nanotel/trace/span.hpp>

#include <atomic>
#include <memory> // make_unique
#include <mutex>
#include <string>

namespace automagik::inline NANOTEL_ABI {

/// What track_metric makes of numbers of one name.
enum class metric_type : std::uint8_t {
    counter,   ///< they are added up
    gauge,     ///< the last one counts
    histogram, ///< they are counted in buckets
};

namespace detail {

template <class Instrument>
struct open_instrument : Instrument {
    using Instrument::Instrument;
    nanotel::detail::instrument_state& state() noexcept { return this->state_; }
};

// Of all three the one that its type names is used; the others cost a few words.
struct named_metric {
    const std::string name;
    const metric_type type;
    named_metric* next = nullptr; // before it is made known
    open_instrument<nanotel::counter<double>> counter;
    open_instrument<nanotel::gauge<double>> gauge;
    open_instrument<nanotel::histogram<double>> histogram;

    named_metric(std::string called, metric_type kind, const nanotel::instrumentation_scope* scope)
        : name(std::move(called)), type(kind), counter(label(), {{}, {}, scope}),
          gauge(label(), {{}, {}, scope}), histogram(label(), {{}, {}, scope, {}}) {}

private:
    nanotel::instrument_name label() const noexcept {
        return nanotel::instrument_name::at_run_time(nanotel::text(name.data(), name.size()));
    }
};

// Never freed: instruments and what the threads know of them lead here.
class project {
public:
    static constexpr std::size_t most_metrics = 1000;

    // The same for the same names.
    static project& of(const std::string& name, const std::string& version) {
        static std::mutex& mutex = *new std::mutex;
        static project*& all = *new project*(nullptr);
        const std::lock_guard lock(mutex);
        for (project* one = all; one; one = one->next_)
            if (one->name_ == name && one->version_ == version) return *one;
        return *(all = new project(name, version, all));
    }
    project(const project&) = delete;
    project& operator=(const project&) = delete;

    const std::string& name() const noexcept { return name_; }

    // Once telemetry runs, on any thread: from here on events cost no registration.
    void register_sites() noexcept {
        for (nanotel::detail::call_site& site : sites_)
            if (site.id.load_relaxed() == 0) nanotel::detail::register_site(site, nullptr, 0);
    }
    // What an event begins with: the name that samplers see, and the number of a site with the project's
    // scope.
    nanotel::detail::call_site site_of(nanotel::text event, nanotel::span_kind kind) const noexcept {
        const std::uint32_t known = sites_[static_cast<unsigned>(kind) - 1].id.load_relaxed();
        return {event, &scope_, nullptr, 0, kind, {known}};
    }

    // Null where there are too many; that is reported once. Tens of nanoseconds where it is known, without a
    // lock.
    named_metric* metric(nanotel::text name, metric_type type) noexcept {
        const std::uint64_t hash =
            nanotel::detail::hash_text(static_cast<std::uint64_t>(type), name.data, name.size);
        std::atomic<named_metric*>& head = metrics_[hash % buckets];
        // Acquire pairs with the release by which it was made known: what it leads to is whole.
        if (named_metric* const known = find(head.load(std::memory_order_acquire), name, type)) return known;
        return add(head, name, type);
    }

    const nanotel::logger& logger() const noexcept { return logger_; }
    // The number of its scope; 0 where it could not be registered.
    std::uint32_t log_scope() const noexcept {
        std::uint32_t number = log_scope_.load(std::memory_order_relaxed);
        if (number == 0)
            log_scope_.store(number = nanotel::detail::register_log_scope(scope_), std::memory_order_relaxed);
        return number;
    }

private:
    static constexpr std::size_t buckets = 1024;

    project(const std::string& name, const std::string& version, project* before)
        : name_(name), version_(version), scope_name_(name + ".telemetry"),
          scope_(text_of(scope_name_), text_of(version_)), logger_(text_of(scope_name_), text_of(version_)),
          next_(before) {}

    static nanotel::text text_of(const std::string& string) noexcept {
        return {string.data(), string.size()};
    }

    static named_metric* find(named_metric* first, nanotel::text name, metric_type type) noexcept {
        for (; first; first = first->next)
            if (first->type == type && first->name.size() == name.size &&
                __builtin_memcmp(first->name.data(), name.data, name.size) == 0)
                return first;
        return nullptr;
    }

    [[gnu::noinline, gnu::cold]] named_metric* add(std::atomic<named_metric*>& head, nanotel::text name,
                                                   metric_type type) noexcept {
        try {
            if (count_.load(std::memory_order_relaxed) >= most_metrics) {
                nanotel::detail::diagnose_once(
                    nanotel::diagnostic_level::warning, "automagik:metrics",
                    "track_metric was given more than " + std::to_string(most_metrics) +
                        " names of metrics; new ones are left out. Put what varies into attributes");
                return nullptr;
            }
            auto made = std::make_unique<named_metric>(std::string(name.data, name.size), type, &scope_);
            // Without a lock, which a forked child might find taken. Acquire as in metric; release makes what
            // was made known whole.
            named_metric* first = head.load(std::memory_order_acquire);
            do {
                if (named_metric* const known = find(first, name, type)) return known;
                made->next = first;
            } while (!head.compare_exchange_weak(first, made.get(), std::memory_order_release,
                                                 std::memory_order_acquire));
            count_.fetch_add(1, std::memory_order_relaxed);
            return made.release();
        } catch (...) { // no memory
            return nullptr;
        }
    }

    const std::string name_, version_, scope_name_;
    const nanotel::instrumentation_scope scope_;
    nanotel::detail::call_site sites_[5] = { // in the order of the kinds
        {"automagik event", &scope_, nullptr, 0, nanotel::span_kind::internal, {}},
        {"automagik event", &scope_, nullptr, 0, nanotel::span_kind::server, {}},
        {"automagik event", &scope_, nullptr, 0, nanotel::span_kind::client, {}},
        {"automagik event", &scope_, nullptr, 0, nanotel::span_kind::producer, {}},
        {"automagik event", &scope_, nullptr, 0, nanotel::span_kind::consumer, {}}};
    const nanotel::logger logger_;
    mutable std::atomic<std::uint32_t> log_scope_{0};
    project* const next_;
    std::atomic<std::size_t> count_{0}; // relaxed: a limit, which several threads may miss by one each
    std::atomic<named_metric*> metrics_[buckets] = {};
};

// -- attributes, whether they are typed or known at run time

inline void set_attributes(nanotel::span& to, const fields& given) noexcept {
    for (const field& one : given) one.visit([&](const auto& value) { to.set(one.key(), value); });
}

inline void measure(nanotel::detail::instrument_state& instrument, double value,
                    const fields& labels) noexcept {
    nanotel::detail::with_run_time_labels(
        [&](auto&& add) {
            for (const field& one : labels) one.visit([&](const auto& label) { add(one.key(), label); });
        },
        [&](const nanotel::detail::label_set& set) {
            if (const auto* const sdk = nanotel::detail::metric_sdk())
                sdk->measure_labelled(instrument, set, nanotel::detail::number_bits<double>(value));
        });
}

// As logger::log, once it is known that the record is kept.
inline void log(const project& of, nanotel::text message, nanotel::severity level,
                const fields& beside) noexcept {
    if (!nanotel::detail::may_build_log()) return;
    nanotel::log_options given;
    given.severity = level;
    nanotel::detail::record_builder record;
    record.open(0);
    if (nanotel::detail::add_log_options(record, given, of.log_scope()) &&
        nanotel::detail::add_body(record, message)) {
        for (const field& one : beside)
            one.visit([&](const auto& value) {
                if (!record.add_attribute(one.key(), nanotel::detail::stored_for_run_time_key(value)))
                    record.count_dropped(&nanotel::detail::record_builder::dropped_attributes);
            });
        nanotel::detail::add_dropped_count(record);
        nanotel::detail::write_built_log(record, nullptr);
    } else {
        nanotel::detail::count_large_log();
    }
    record.release();
}

} // namespace detail
} // namespace automagik::inline NANOTEL_ABI
