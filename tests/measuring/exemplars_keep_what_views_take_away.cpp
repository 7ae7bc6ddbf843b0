// SPDX-License-Identifier: MIT
#include "measuring.hpp"

#include <thread>

using namespace nanotel_test;

namespace {

enum class color { red, green, blue };

constinit nanotel::counter<> requests{"filtered.requests"};
constinit nanotel::counter<double> amounts{"filtered.amounts"};
constinit nanotel::histogram<> durations{"filtered.durations", {.bounds = {10, 20, 30}}};
constinit nanotel::exponential_histogram<> sizes{"filtered.sizes"};
constinit nanotel::gauge<> level{"filtered.level"};
constinit nanotel::counter<std::uint64_t, nanotel::label<"color", color>,
                           nanotel::label<"n", nanotel::int_range<0, 4>>>
    dense{"filtered.dense"};
constinit nanotel::histogram<double, nanotel::label<"color", color>,
                             nanotel::label<"n", nanotel::int_range<0, 4>>>
    dense_durations{"filtered.dense_durations", {.bounds = {10, 20, 30}}};

measuring_options with(std::vector<nanotel::view> views) {
    measuring_options made;
    made.exemplar_filter = nanotel::exemplar_filter::always_on;
    made.views = std::move(views);
    return made;
}
const std::vector<std::string> only_n{"n"};

const char* const labelled[] = {"filtered.requests", "filtered.amounts", "filtered.durations",
                                "filtered.sizes", "filtered.level"};

// Each way of saying the labels of a measurement.
void measure_by_labels(int value) {
    const auto measure = [&](auto... labels) {
        requests.add(static_cast<unsigned>(value), labels...);
        amounts.add(value, labels...);
        durations.record(value, labels...);
        sizes.record(value, labels...);
        level.set(value, labels...);
    };
    measure("user"_attr = value, "n"_attr = 1, "city"_attr = "Ulm");
}
void measure_bound(int value) {
    const auto measure = [&](auto... labels) {
        requests.bind(labels...).add(static_cast<unsigned>(value));
        amounts.bind(labels...).add(value);
        durations.bind(labels...).record(value);
        sizes.bind(labels...).record(value);
        level.bind(labels...).set(value);
    };
    measure("user"_attr = value, "n"_attr = 1, "city"_attr = "Ulm");
}

} // namespace

// Fails where an exemplar has not the labels of its measurement, has those of its series, or has another's.
TEST_CASE("an exemplar keeps the labels that a view takes from its series") {
    for (const auto& measure : {measure_by_labels, measure_bound})
        for (const bool first : {true, false}) { // a thread's first measurement takes a longer way
            measuring telemetry(with({{.instrument_name = "filtered.*", .keep_keys = only_n}}));
            if (!first) {
                measure(6);
                telemetry.collected();
            }
            measure(7);
            const auto metrics = telemetry.collected();
            for (const char* const name : labelled) {
                INFO(name);
                const auto& p = point(find(metrics, name), {{"n", 1}});
                const nanotel::finished_exemplar* seven = nullptr;
                for (const auto& e : p.exemplars) {
                    const double value = number(e.value);
                    if (value == 7) seven = &e;
                    CHECK(e.filtered_attributes ==
                          nanotel::attribute_list{{"city", "Ulm"}, {"user", static_cast<int>(value)}});
                }
                CHECK(seven != nullptr);
            }
        }
}

// Fails where a combination is not told by its values, or is another's that comes to the same series.
TEST_CASE("an exemplar keeps what a view takes of labels with finite domains") {
    measuring telemetry(with({{.instrument_name = "filtered.dense*", .keep_keys = only_n}}));
    const auto blue = dense.bind(color::blue, 3);
    const auto blue_durations = dense_durations.bind(color::blue, 3);
    for (int round = 0; round < 3; ++round) {
        dense.add(1, color::green, 2);
        dense_durations.record(5, color::green, 2);
        dense_durations.record(25, color::red, 2);
        blue.add(1);
        blue_durations.record(25);
        const auto metrics = telemetry.collected();
        const auto filtered = [&](const char* name, int n, double value) -> nanotel::attribute_list {
            for (const auto& e : point(find(metrics, name), {{"n", n}}).exemplars)
                if (number(e.value) == value) return e.filtered_attributes;
            return {{"no", "exemplar"}};
        };
        CHECK(filtered("filtered.dense", 2, 1) == nanotel::attribute_list{{"color", "green"}});
        CHECK(filtered("filtered.dense", 3, 1) == nanotel::attribute_list{{"color", "blue"}});
        CHECK(filtered("filtered.dense_durations", 2, 5) == nanotel::attribute_list{{"color", "green"}});
        CHECK(filtered("filtered.dense_durations", 2, 25) == nanotel::attribute_list{{"color", "red"}});
        CHECK(filtered("filtered.dense_durations", 3, 25) == nanotel::attribute_list{{"color", "blue"}});
    }
}

// Fails where the short way of a handle knows no labels.
TEST_CASE("an exemplar keeps what a view takes of the labels of a handle") {
    measuring telemetry(with({{.instrument_name = "filtered.*", .keep_keys = only_n}}));
    const auto count = requests.bind("n"_attr = 1, "user"_attr = "ann");
    const auto record = durations.bind("n"_attr = 1, "user"_attr = "ann");
    const auto size = sizes.bind("n"_attr = 1, "user"_attr = "ann");
    for (int round = 0; round < 3; ++round) {
        count.add(1);
        record.record(1);
        size.record(1);
        const auto metrics = telemetry.collected();
        for (const char* const name : {"filtered.requests", "filtered.durations", "filtered.sizes"}) {
            INFO(name);
            const auto& p = point(find(metrics, name), {{"n", 1}});
            REQUIRE(p.exemplars.size() == 1);
            CHECK(p.exemplars[0].filtered_attributes == nanotel::attribute_list{{"user", "ann"}});
        }
    }
}

// Fails where each metric of an instrument is not asked for itself, or a label stands in series and exemplar.
TEST_CASE("each metric of an instrument leaves its own labels to its exemplars") {
    measuring telemetry(
        with({{.instrument_name = "filtered.requests", .name = "all"},
              {.instrument_name = "filtered.requests", .name = "n", .keep_keys = only_n},
              {.instrument_name = "filtered.requests", .name = "no_n", .exclude_keys = only_n},
              {.instrument_name = "filtered.requests",
               .name = "buckets",
               .aggregation = nanotel::aggregation::explicit_buckets({1}),
               .keep_keys = std::vector<std::string>{}}}));
    for (int i = 0; i < 2; ++i) {
        requests.add(5, "n"_attr = 1, "user"_attr = "ann");
        const auto metrics = telemetry.collected();
        const auto filtered = [&](const char* name, const nanotel::attribute_list& series) {
            const auto& p = point(find(metrics, name), series);
            REQUIRE(p.exemplars.size() == 1);
            CHECK(number(p.exemplars[0].value) == 5);
            return p.exemplars[0].filtered_attributes;
        };
        CHECK(filtered("all", {{"n", 1}, {"user", "ann"}}).empty());
        CHECK(filtered("n", {{"n", 1}}) == nanotel::attribute_list{{"user", "ann"}});
        CHECK(filtered("no_n", {{"user", "ann"}}) == nanotel::attribute_list{{"n", 1}});
        CHECK(filtered("buckets", {}) == nanotel::attribute_list{{"n", 1}, {"user", "ann"}});
    }
}

// Fails where what is beyond the limit loses its labels altogether.
TEST_CASE("beyond the limit the exemplar alone knows the labels") {
    measuring telemetry(with({{.instrument_name = "filtered.requests", .cardinality_limit = 2}}));
    for (int i = 0; i < 3; ++i)
        for (int user = 0; user < 5; ++user)
            requests.add(static_cast<unsigned>(user + 1), "user"_attr = user);
    const auto m = find(telemetry.collected(), "filtered.requests");
    REQUIRE(m.points.size() == 2);
    CHECK(point(m, {{"user", 0}}).exemplars.at(0).filtered_attributes.empty());
    const auto& beyond = point(m, overflow).exemplars.at(0);
    CHECK(beyond.filtered_attributes ==
          nanotel::attribute_list{{"user", static_cast<int>(number(beyond.value)) - 1}});
}

TEST_SUITE_BEGIN("concurrent");

// Fails where the labels of a slot are another measurement's, freed while they are read, or not freed.
TEST_CASE("the labels of an exemplar are those of its measurement while threads record") {
    measuring telemetry(with({{.instrument_name = "filtered.*", .keep_keys = only_n}}));
#ifdef __SANITIZE_THREAD__
    constexpr int count = 1000;
#else
    constexpr int count = 5000;
#endif
    std::atomic<int> running{2};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < count; ++i) measure_by_labels(i % 40);
            --running;
        });
    std::uint64_t seen = 0;
    const auto look = [&] {
        for (const auto& m : telemetry.collected())
            for (const auto& p : m.points)
                for (const auto& e : p.exemplars) {
                    ++seen;
                    const auto* const user = e.filtered_attributes.find("user");
                    REQUIRE(user != nullptr);
                    REQUIRE(*user == static_cast<int>(number(e.value)));
                }
    };
    while (running.load() != 0) look();
    for (std::thread& t : threads) t.join();
    look();
    CHECK(seen != 0);
}

TEST_SUITE_END();
