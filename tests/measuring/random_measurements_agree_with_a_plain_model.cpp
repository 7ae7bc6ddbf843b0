// SPDX-License-Identifier: MIT
#include "exponential_model.hpp"
#include "support/sanitizers.hpp"

#include <cmath>
#include <condition_variable>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <thread>

using namespace nanotel_test;

namespace {

using kind = nanotel::instrument_kind;
using labels = std::map<std::string, std::string>; // values with their type, as text

// ---- the instruments

enum class color { red, green, blue };

constinit nanotel::counter<> int_counter{"random.int_counter", {.unit = "{x}", .description = "d"}};
constinit nanotel::counter<double> double_counter{"random.double_counter"};
constinit nanotel::up_down_counter<> int_up_down{"random.int_up_down"};
constinit nanotel::up_down_counter<double> double_up_down{"random.double_up_down"};
constinit nanotel::histogram<> plain_histogram{"random.histogram"};
constinit nanotel::histogram<std::int64_t> bounded_histogram{"random.bounded",
                                                             {.bounds = {-10, 0, 10, 1000}}};
constinit nanotel::exponential_histogram<> exponential{"random.exponential"};
constinit nanotel::gauge<> double_gauge{"random.double_gauge"};
constinit nanotel::gauge<std::int64_t> int_gauge{"random.int_gauge"};
constinit nanotel::counter<std::uint64_t, nanotel::label<"color", color>, nanotel::label<"ok", bool>>
    dense_counter{"random.dense_counter"};
constinit nanotel::histogram<double, nanotel::label<"n", nanotel::int_range<0, 4>>> dense_histogram{
    "random.dense_histogram", {.bounds = {0, 100}}};
constinit nanotel::observable_counter<> observed_counter{"random.observed_counter"};
constinit nanotel::observable_up_down_counter<double> observed_up_down{"random.observed_up_down"};
constinit nanotel::observable_gauge<> observed_gauge{"random.observed_gauge"};

struct instrument {
    const char* name;
    nanotel::instrument_kind what;
    bool integer;
    bool dense = false;
    bool exponential = false;
    std::vector<double> bounds{};
    bool has_bounds = false;
};
const std::vector<double> default_bounds{0,   5,   10,   25,   50,   75,   100,  250,
                                         500, 750, 1000, 2500, 5000, 7500, 10000};
const std::vector<instrument> instruments{
    {"random.int_counter", kind::counter, true},
    {"random.double_counter", kind::counter, false},
    {"random.int_up_down", kind::up_down_counter, true},
    {"random.double_up_down", kind::up_down_counter, false},
    {"random.histogram", kind::histogram, false, false, false, default_bounds},
    {"random.bounded", kind::histogram, true, false, false, {-10, 0, 10, 1000}, true},
    {"random.exponential", kind::histogram, false, false, true},
    {"random.double_gauge", kind::gauge, false},
    {"random.int_gauge", kind::gauge, true},
    {"random.dense_counter", kind::counter, true, true},
    {"random.dense_histogram", kind::histogram, false, true, false, {0, 100}, true},
    {"random.observed_counter", kind::observable_counter, true},
    {"random.observed_up_down", kind::observable_up_down_counter, false},
    {"random.observed_gauge", kind::observable_gauge, false},
};
constexpr std::size_t first_observed = 11;

// ---- measurements

struct measurement {
    std::size_t instrument;
    unsigned variant; // how it gives its labels
    int a;
    std::string b;
    bool c;
    double amount; // a multiple of an eighth, so that sums are exact; whole for integers
};

std::string text_of(const nanotel::any_value& value) {
    std::ostringstream text;
    text << value.get().index() << ':' << value;
    return text.str();
}

labels labels_of(const measurement& m) {
    const nanotel::any_value a(m.a), b(m.b), c(m.c);
    if (instruments[m.instrument].name == std::string("random.dense_counter")) {
        const char* const names[] = {"red", "green", "blue"};
        return {{"color", text_of(nanotel::any_value(names[static_cast<unsigned>(m.a) % 3]))},
                {"ok", text_of(c)}};
    }
    if (instruments[m.instrument].dense)
        return {{"n", m.a > 4 ? text_of(nanotel::any_value("_OTHER")) : text_of(a)}};
    switch (m.variant) {
    case 0:
        return {};
    case 1:
    case 2: // a twice: the last counts
        return {{"a", text_of(a)}};
    case 3:
    case 4:
        return {{"a", text_of(a)}, {"b", text_of(b)}};
    default:
        return {{"a", text_of(a)}, {"b", text_of(b)}, {"c", text_of(c)}};
    }
}

constexpr unsigned variants = 8;

template <class Use>
void with_labels(const measurement& m, Use&& use) {
    switch (m.variant) {
    case 0:
        return use();
    case 1:
        return use("a"_attr = m.a);
    case 2:
        return use("a"_attr = m.a + 1, "a"_attr = m.a);
    case 3:
        return use("a"_attr = m.a, "b"_attr = m.b);
    case 4:
        return use("b"_attr = m.b, "a"_attr = m.a);
    case 5:
        return use("a"_attr = m.a, "b"_attr = m.b, "c"_attr = m.c);
    case 6:
        return use("c"_attr = m.c, "b"_attr = "overwritten", "a"_attr = m.a, "b"_attr = m.b);
    default:
        return use("c"_attr = m.c, "b"_attr = m.b.c_str(), "a"_attr = static_cast<short>(m.a));
    }
}

void perform(const measurement& m) {
    const auto whole = std::isfinite(m.amount) ? static_cast<std::int64_t>(m.amount) : 0; // doubles only
    switch (m.instrument) {
    case 0:
        return with_labels(m, [&](auto... l) { int_counter.add(whole, l...); });
    case 1:
        return with_labels(m, [&](auto... l) { double_counter.add(m.amount, l...); });
    case 2:
        return with_labels(m, [&](auto... l) { int_up_down.add(whole, l...); });
    case 3:
        return with_labels(m, [&](auto... l) { double_up_down.add(m.amount, l...); });
    case 4:
        return with_labels(m, [&](auto... l) { plain_histogram.record(m.amount, l...); });
    case 5:
        return with_labels(m, [&](auto... l) { bounded_histogram.record(whole, l...); });
    case 6:
        return with_labels(m, [&](auto... l) { exponential.record(m.amount, l...); });
    case 7:
        return with_labels(m, [&](auto... l) { double_gauge.set(m.amount, l...); });
    case 8:
        return with_labels(m, [&](auto... l) { int_gauge.set(whole, l...); });
    case 9:
        return dense_counter.add(whole, static_cast<color>(m.a % 3), m.c);
    default:
        return dense_histogram.record(m.amount, m.a);
    }
}

// The same through a handle, which is made once and used by all threads and in all telemetries.
std::function<void(const measurement&)> bind(const measurement& m) {
    std::function<void(const measurement&)> bound;
    const auto whole = [](const measurement& n) { return static_cast<std::int64_t>(n.amount); };
    switch (m.instrument) {
    case 0:
        with_labels(m, [&](auto... l) {
            bound = [h = int_counter.bind(l...), whole](const measurement& n) { h.add(whole(n)); };
        });
        break;
    case 1:
        with_labels(m, [&](auto... l) {
            bound = [h = double_counter.bind(l...)](const measurement& n) { h.add(n.amount); };
        });
        break;
    case 3:
        with_labels(m, [&](auto... l) {
            bound = [h = double_up_down.bind(l...)](const measurement& n) { h.add(n.amount); };
        });
        break;
    case 4:
        with_labels(m, [&](auto... l) {
            bound = [h = plain_histogram.bind(l...)](const measurement& n) { h.record(n.amount); };
        });
        break;
    case 6:
        with_labels(m, [&](auto... l) {
            bound = [h = exponential.bind(l...)](const measurement& n) { h.record(n.amount); };
        });
        break;
    case 7:
        with_labels(m, [&](auto... l) {
            bound = [h = double_gauge.bind(l...)](const measurement& n) { h.set(n.amount); };
        });
        break;
    case 9:
        bound = [h = dense_counter.bind(static_cast<color>(m.a % 3), m.c), whole](const measurement& n) {
            h.add(whole(n));
        };
        break;
    case 10:
        bound = [h = dense_histogram.bind(m.a)](const measurement& n) { h.record(n.amount); };
        break;
    default:
        bound = &perform;
    }
    return bound;
}

// ---- the model: every value of every series, one lock, one map

// A metric that is made of an instrument.
struct stream {
    std::size_t instrument;
    std::string name;
    std::optional<std::string> kept{}; // the only key that a view keeps
    bool without_b = false;            // a view takes the label b away
    std::size_t limit = 2000;
    std::vector<double> bounds{}; // where a view makes a histogram of a counter

    bool is_histogram() const { return instruments[instrument].what == kind::histogram || !bounds.empty(); }
};

const labels overflow_labels{{"otel.metric.overflow", text_of(nanotel::any_value(true))}};

struct model {
    struct series {
        std::uint64_t created = 0;
        std::uint64_t since = 0; // of one that was let go: the last collection before it came back
        std::uint64_t shown = 0;
        std::vector<double> values;    // without those that are not finite
        std::vector<std::size_t> told; // by reader: how many of the values
    };
    struct observed_series {
        std::vector<double> told; // by reader
    };
    using series_key = std::pair<std::size_t, labels>; // the stream, and the labels as it sees them

    std::mutex mutex;
    std::vector<reader_of_test> readers;
    std::vector<stream> streams;
    std::uint64_t forget_after = 0; // 0: never
    std::uint64_t begun = now();
    std::uint64_t not_finite = 0; // histograms were given that
    std::map<series_key, series> all;
    std::map<series_key, observed_series> observed;
    std::map<std::size_t, std::set<labels>> places; // by stream: within its limit
    std::map<series_key, bool> forgotten;           // was there once
    std::map<std::size_t, std::vector<std::uint64_t>>
        last_collected; // by stream of an instrument that is known, by reader

    // The series of these labels, in the order in which they come.
    series_key place(std::size_t number, labels l) {
        const stream& of = streams[number];
        if (of.without_b) l.erase("b");
        if (of.kept) std::erase_if(l, [&](const auto& label) { return label.first != *of.kept; });
        std::set<labels>& taken = places[number];
        if (!taken.contains(l)) {
            const std::size_t free_for_overflow = taken.contains(overflow_labels) ? 0 : 1;
            if (taken.size() + free_for_overflow >= of.limit) l = overflow_labels;
            taken.insert(l);
        }
        return {number, l};
    }
    void know(std::size_t number) { last_collected[number].resize(readers.size()); }

    void measure(const measurement& m) {
        const std::lock_guard lock(mutex);
        for (std::size_t number = 0; number < streams.size(); ++number) {
            if (streams[number].instrument != m.instrument) continue;
            know(number);
            const series_key key = place(number, labels_of(m));
            const auto [at, is_new] = all.try_emplace(key);
            series& s = at->second;
            if (is_new) {
                s.created = now();
                s.told.resize(readers.size());
                if (forgotten.contains(key))
                    for (const std::uint64_t last : last_collected[number]) s.since = std::max(s.since, last);
            }
            if (std::isfinite(m.amount)) s.values.push_back(m.amount);
        }
        not_finite += !std::isfinite(m.amount) && is_read(m.instrument);
    }
    bool is_read(std::size_t instrument) const {
        return std::any_of(streams.begin(), streams.end(),
                           [&](const stream& s) { return s.instrument == instrument; });
    }

    bool is_delta(std::size_t reader, nanotel::instrument_kind what) const {
        const auto preference = readers[reader].temporality.value_or(cumulative);
        if (preference == cumulative) return false;
        return what == kind::counter || what == kind::histogram || what == kind::gauge ||
               (what == kind::observable_counter && preference == delta);
    }

    // Of a sum, zeros are as nothing.
    bool has_something_for(std::size_t reader, std::size_t number, const series& s) const {
        const bool zeros_count =
            streams[number].is_histogram() || instruments[streams[number].instrument].what == kind::gauge;
        return std::any_of(s.values.begin() + static_cast<std::ptrdiff_t>(s.told[reader]), s.values.end(),
                           [&](double v) { return zeros_count || v != 0; });
    }

    // After a reader's collection: what nobody has anything of for long.
    void forget() {
        if (forget_after == 0) return;
        std::erase_if(all, [&](const auto& one) {
            const auto& [number, l] = one.first;
            const series& s = one.second;
            if (!may_forget(number) || now() - std::max(s.shown, s.created) <= forget_after) return false;
            for (std::size_t r = 0; r < readers.size(); ++r)
                if (has_something_for(r, number, s)) return false;
            places[number].erase(l);
            forgotten[one.first] = true;
            return true;
        });
    }
    bool may_forget(std::size_t number) const {
        const instrument& i = instruments[streams[number].instrument];
        for (std::size_t r = 0; r < readers.size(); ++r)
            if (!is_delta(r, i.what)) return false;
        return true;
    }
};

using observations = std::map<std::pair<std::size_t, labels>, std::pair<measurement, double>>;

void check_point(const stream& of, const nanotel::finished_metric& m, const nanotel::finished_point& p,
                 const std::vector<double>& values) {
    const instrument& i = instruments[of.instrument];
    if (i.what == kind::gauge) {
        CHECK(m.kind == nanotel::finished_metric_kind::gauge);
        CHECK(number(p.value) == values.back());
        CHECK((p.value.get_if<std::int64_t>() != nullptr) == i.integer);
        return;
    }
    double sum = 0;
    for (const double v : values) sum += v;
    if (!of.is_histogram()) {
        CHECK(m.kind == nanotel::finished_metric_kind::sum);
        CHECK(m.monotonic == (i.what == kind::counter));
        CHECK(number(p.value) == sum);
        CHECK((p.value.get_if<std::int64_t>() != nullptr) == i.integer);
        return;
    }
    if (values.empty()) { // it was given what is not finite
        CHECK(p.count == 0);
        CHECK(p.sum == 0.0);
        CHECK_FALSE(p.min.has_value());
        CHECK_FALSE(p.max.has_value());
        return;
    }
    if (m.kind == nanotel::finished_metric_kind::exponential_histogram) return check_exponential(values, p);
    const std::vector<double>& bounds = of.bounds.empty() ? i.bounds : of.bounds;
    CHECK(p.explicit_bounds == bounds);
    std::vector<std::uint64_t> buckets(bounds.size() + 1);
    for (const double v : values) {
        std::size_t b = 0;
        while (b < bounds.size() && v > bounds[b]) ++b;
        ++buckets[b];
    }
    CHECK(p.bucket_counts == buckets);
    CHECK(p.count == values.size());
    CHECK(p.sum == sum);
    CHECK(p.min == *std::min_element(values.begin(), values.end()));
    CHECK(p.max == *std::max_element(values.begin(), values.end()));
}

// Compares what a reader was told with the model, and tells the model.
void check_collection(model& expected, const observations& reported, std::size_t reader,
                      const std::vector<nanotel::finished_metric>& metrics) {
    std::map<std::pair<std::size_t, labels>,
             std::pair<const nanotel::finished_metric*, const nanotel::finished_point*>>
        told;
    for (const auto& m : metrics) {
        std::size_t number = 0;
        while (number < expected.streams.size() && expected.streams[number].name != m.name) ++number;
        INFO(m.name);
        REQUIRE(number < expected.streams.size());
        for (const auto& p : m.points) {
            labels l;
            for (const auto& [key, value] : p.attributes) l[key] = text_of(value);
            REQUIRE(l.size() == p.attributes.size());
            INFO(m);
            REQUIRE(told.try_emplace({number, l}, &m, &p).second); // no series twice
        }
    }
    const auto take = [&](const std::pair<std::size_t, labels>& key) {
        const auto found = told.find(key);
        std::string series = expected.streams[key.first].name;
        for (const auto& [k, v] : key.second) series += ' ' + k + '=' + v;
        INFO(series << " of reader " << reader);
        REQUIRE(found != told.end());
        const auto result = found->second;
        told.erase(found);
        return result;
    };
    const auto check_times = [&](const instrument& i, const nanotel::finished_metric& m,
                                 const nanotel::finished_point& p, std::uint64_t created, std::uint64_t last,
                                 std::uint64_t since = 0) {
        CHECK(p.time_unix_nano == now());
        if (i.what == kind::gauge || i.what == kind::observable_gauge) {
            CHECK(p.start_time_unix_nano == 0);
            CHECK_FALSE(m.temporality.has_value());
        } else if (expected.is_delta(reader, i.what)) {
            CHECK(m.temporality == nanotel::temporality::delta);
            // Of one that came back: after the collection before, and not after it was measured last.
            if (since == 0)
                CHECK(p.start_time_unix_nano == std::max(created, last));
            else
                CHECK(p.start_time_unix_nano >= std::max(since, last));
        } else {
            CHECK(m.temporality == nanotel::temporality::cumulative);
            CHECK(p.start_time_unix_nano == created);
        }
    };
    for (auto& [key, s] : expected.all) {
        const stream& of = expected.streams[key.first];
        const instrument& i = instruments[of.instrument];
        const bool is_delta = expected.is_delta(reader, i.what);
        const bool has_something = expected.has_something_for(reader, key.first, s);
        const std::size_t first = is_delta ? s.told[reader] : 0;
        s.told[reader] = s.values.size();
        const std::vector<double> values(s.values.begin() + static_cast<std::ptrdiff_t>(first),
                                         s.values.end());
        if (is_delta && !has_something) continue;
        if (values.empty() && !of.is_histogram()) continue;
        const auto taken = take(key);
        const auto* const m = taken.first;
        const auto* const p = taken.second;
        INFO(*m);
        s.shown = now();
        const bool wants_exponential =
            i.exponential || (i.what == kind::histogram && expected.readers[reader].histograms ==
                                                               nanotel::histogram_aggregation::exponential);
        if (of.is_histogram())
            CHECK((m->kind == nanotel::finished_metric_kind::exponential_histogram) == wants_exponential);
        check_point(of, *m, *p, values);
        check_times(i, *m, *p, s.created, expected.last_collected[key.first][reader], s.since);
    }
    std::map<std::pair<std::size_t, labels>, double> sums;
    for (std::size_t number = 0; number < expected.streams.size(); ++number)
        for (const auto& [key, value] : reported) {
            if (expected.streams[number].instrument != key.first) continue;
            expected.know(number);
            const auto seen = expected.place(number, key.second);
            if (instruments[key.first].what == kind::observable_gauge)
                sums[seen] = value.second;
            else
                sums[seen] += value.second;
        }
    for (const auto& [key, sum] : sums) {
        const instrument& i = instruments[expected.streams[key.first].instrument];
        const auto taken = take(key);
        const auto* const m = taken.first;
        const auto* const p = taken.second;
        INFO(*m);
        auto& before = expected.observed[key].told;
        before.resize(expected.readers.size());
        const bool subtracts = expected.is_delta(reader, i.what);
        CHECK(number(p->value) == sum - (subtracts ? before[reader] : 0));
        before[reader] = sum;
        check_times(i, *m, *p, expected.begun, expected.last_collected[key.first][reader]);
    }
    expected.forget();
    for (auto& [number, last] : expected.last_collected) last[reader] = now();
    for (const auto& one : told) {
        INFO("not expected: " << expected.streams[one.first.first].name << " of reader " << reader);
        CHECK(false);
    }
}

// ---- threads that live on from step to step

class worker {
public:
    worker() : thread_([this] { run(); }) {}
    ~worker() {
        give(nullptr);
        thread_.join();
    }
    // The work lives until wait() returns.
    void begin(const std::function<void()>& work) { give(&work); }
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return idle_; });
    }

private:
    void give(const std::function<void()>* work) {
        const std::lock_guard lock(mutex_);
        work_ = work;
        idle_ = false;
        changed_.notify_all();
    }
    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [&] { return !idle_; });
            if (!work_) return;
            (*work_)();
            idle_ = true;
            changed_.notify_all();
        }
    }
    std::mutex mutex_;
    std::condition_variable changed_;
    const std::function<void()>* work_ = nullptr;
    bool idle_ = true;
    std::thread thread_;
};

struct handle {
    measurement of;
    std::function<void(const measurement&)> measure;
};

class sequence {
public:
    sequence(std::uint64_t seed, std::vector<handle>& handles, std::vector<std::unique_ptr<worker>>& workers)
        : random_(seed), handles_(handles), workers_(workers) {}

    void run(int steps) {
        pass_time();
        measuring_options options;
        options.readers.clear();
        for (std::uint64_t n = 1 + pick(4); n > 0; --n) {
            reader_of_test& r = options.readers.emplace_back();
            r.temporality = std::vector{cumulative, delta, low_memory}[pick(3)];
            r.histograms = pick(2) == 0 ? nanotel::histogram_aggregation::explicit_buckets
                                        : nanotel::histogram_aggregation::exponential;
            if (pick(3) == 0) r.max_export_batch_size = 1 + pick(20);
        }
        if (pick(2) == 0) options.exemplar_filter = nanotel::exemplar_filter::always_on;
        expected_.readers = options.readers;
        choose_streams(options);
        measuring telemetry(options);
        expected_.begun = now();
        const auto a = observed_counter.observe([&](const auto& o) { report(11, o); });
        const auto b = observed_up_down.observe([&](const auto& o) { report(12, o); });
        const auto c = observed_gauge.observe([&](const auto& o) { report(13, o); });
        for (int step = 0; step < steps; ++step) {
            INFO("step " << step);
            if (pick(3) != 0) pass_time(1 + pick(5'000'000'000));
            take_step();
            if (pick(3) != 0) continue;
            if (pick(2) == 0) pass_time(1 + pick(5'000'000'000));
            telemetry.flush();
            for (std::size_t r = 0; r < options.readers.size(); ++r)
                check_collection(expected_, reported_, r, telemetry.received(r));
            CHECK(telemetry.stats().measurements.not_finite == expected_.not_finite);
        }
    }

private:
    std::uint64_t pick(std::uint64_t below) { return random_() % below; }

    // What views make of the instruments, and within which limit; or what is let go when it is idle.
    void choose_streams(measuring_options& options) {
        std::vector<stream>& streams = expected_.streams;
        for (std::size_t i = 0; i < instruments.size(); ++i) streams.push_back({i, instruments[i].name});
        const bool without_b = pick(3) == 0;
        if (without_b) {
            options.views.push_back({.instrument_name = "random.*", .exclude_keys = {"b"}});
            for (stream& s : streams) s.without_b = true;
        }
        if (pick(3) == 0) {
            is_limited_ = true;
            options.cardinality_limit = 2 + pick(8);
            for (stream& s : streams) s.limit = options.cardinality_limit;
        } else if (pick(2) == 0) {
            options.forget_idle_series_after = std::chrono::seconds(4);
            expected_.forget_after = 4'000'000'000;
            for (reader_of_test& r : expected_.readers) r.temporality = delta;
            options.readers = expected_.readers;
        }
        if (pick(2) == 0) { // a second metric of an instrument
            const std::size_t of = pick(first_observed);
            stream second{of, "random.second", "a"};
            // Not where idle series are let go, too: what a thread has measured into the series of what is
            // beyond a limit stays there when a place gets free, and the model does not know which threads
            // have.
            if (expected_.forget_after == 0) {
                second.limit = 2 + pick(6);
                is_limited_ = true;
            }
            nanotel::view v{.instrument_name = instruments[of].name,
                            .name = second.name,
                            .keep_keys = std::vector<std::string>{"a"},
                            .cardinality_limit = second.limit};
            if (instruments[of].what == kind::counter && pick(2) == 0) {
                second.bounds = {1, 100};
                v.aggregation = nanotel::aggregation::explicit_buckets(second.bounds);
            }
            if (!without_b) options.views.push_back({.instrument_name = instruments[of].name});
            options.views.push_back(v);
            streams.push_back(second);
        }
        if (!without_b && pick(2) == 0) {
            const std::size_t of = pick(instruments.size());
            if (std::count_if(streams.begin(), streams.end(),
                              [&](const stream& s) { return s.instrument == of; }) == 1) {
                options.views.push_back(
                    {.instrument_name = instruments[of].name, .aggregation = nanotel::aggregation::drop()});
                std::erase_if(streams, [&](const stream& s) { return s.instrument == of; });
            }
        }
    }

    measurement any_measurement(std::size_t instrument) {
        measurement m;
        m.instrument = instrument;
        m.variant = static_cast<unsigned>(pick(variants));
        m.a = static_cast<int>(pick(6));
        m.b = std::string(pick(30), static_cast<char>('p' + pick(2)));
        m.c = pick(2) == 0;
        const instrument_limits limits = limits_of(instrument);
        const double eighths = static_cast<double>(pick(limits.span));
        m.amount = (limits.signed_amounts ? eighths - static_cast<double>(limits.span) / 2 : eighths) / 8;
        if (pick(10) == 0) m.amount = 0;
        if (instruments[instrument].integer)
            m.amount = std::floor(m.amount);
        else if (instruments[instrument].what == kind::histogram && pick(20) == 0)
            m.amount = pick(2) == 0 ? std::nan("") : pick(2) == 0 ? HUGE_VAL : -HUGE_VAL;
        return m;
    }
    struct instrument_limits {
        bool signed_amounts;
        std::uint64_t span;
    };
    instrument_limits limits_of(std::size_t instrument) {
        const auto what = instruments[instrument].what;
        const std::uint64_t spans[] = {16, 1000, 1'000'000};
        return {what != kind::counter && what != kind::observable_counter, spans[pick(3)]};
    }

    void take_step() {
        if (pick(4) == 0) change_observed();
        const std::uint64_t threads = 1 + pick(workers_.size() + 1);
        // At once, unless it is the order that decides what becomes of them: that is what comes last to a
        // gauge, and what comes first within a limit.
        const bool at_once = !is_limited_ && pick(2) == 0;
        std::vector<std::vector<std::function<void()>>> todo(threads);
        for (std::uint64_t t = 0; t < threads; ++t) {
            const auto is_possible = [&](std::size_t instrument) {
                return !at_once || t == 0 || instruments[instrument].what != kind::gauge;
            };
            for (std::uint64_t n = pick(30); n > 0; --n) {
                if (pick(4) == 0 && !handles_.empty()) {
                    const handle& h = handles_[pick(handles_.size())];
                    if (!is_possible(h.of.instrument)) continue;
                    measurement m = any_measurement(h.of.instrument);
                    m.variant = h.of.variant;
                    m.a = h.of.a;
                    m.b = h.of.b;
                    m.c = h.of.c;
                    expected_.measure(m);
                    todo[t].push_back([&h, m] { h.measure(m); });
                } else {
                    const measurement m = any_measurement(pick(first_observed));
                    if (!is_possible(m.instrument)) continue;
                    expected_.measure(m);
                    todo[t].push_back([m] { perform(m); });
                    if (handles_.size() < 60 && pick(20) == 0) handles_.push_back({m, bind(m)});
                }
            }
        }
        std::vector<std::function<void()>> works;
        for (const auto& list : todo)
            works.push_back([&list] {
                for (const auto& each : list) each();
            });
        std::vector<std::thread> passing;
        const auto wait = [&] {
            for (const auto& w : workers_) w->wait();
            for (std::thread& t : passing) t.join();
            passing.clear();
        };
        for (std::uint64_t t = 0; t < threads; ++t) {
            if (t < workers_.size())
                workers_[t]->begin(works[t]);
            else
                passing.emplace_back(works[t]);
            if (!at_once) wait();
        }
        wait();
    }

    void change_observed() {
        const std::lock_guard lock(reporting_);
        for (std::size_t i = first_observed; i < instruments.size(); ++i)
            for (std::uint64_t n = pick(3); n > 0; --n) {
                measurement m = any_measurement(i);
                m.amount = std::fabs(m.amount);
                const std::pair<std::size_t, labels> key{i, labels_of(m)};
                auto [at, fresh] = reported_.try_emplace(key, m, 0);
                if (instruments[i].what == kind::observable_counter)
                    at->second.second += m.amount; // which only grows
                else
                    at->second.second = m.amount;
            }
    }

    template <class Observer>
    void report(std::size_t number, const Observer& o) {
        const std::lock_guard lock(reporting_);
        for (const auto& one : reported_)
            if (one.first.first == number)
                with_labels(one.second.first, [&](auto... l) { o.observe(one.second.second, l...); });
    }

    std::mt19937_64 random_;
    model expected_;
    bool is_limited_ = false;
    std::mutex reporting_;
    observations reported_;
    std::vector<handle>& handles_;
    std::vector<std::unique_ptr<worker>>& workers_;
};

constexpr std::uint64_t sequences = nanotel_test::sanitized ? 12 : 40;

} // namespace

TEST_SUITE_BEGIN("concurrent");

// Fails where any value, count, bucket, extreme, time, label, kind or temporality differs from the model's,
// where a series is told that is not to be, or where one is missing.
TEST_CASE("random measurements of all instruments come to every reader as a plain model says") {
    std::vector<handle> handles; // they outlive the telemetries
    handles.reserve(100);
    std::vector<std::unique_ptr<worker>> workers;
    for (int i = 0; i < 2; ++i) workers.push_back(std::make_unique<worker>());
    for (std::uint64_t seed = 1; seed <= sequences; ++seed) {
        INFO("seed " << seed);
        sequence(seed, handles, workers).run(40);
    }
}

TEST_SUITE_END();
