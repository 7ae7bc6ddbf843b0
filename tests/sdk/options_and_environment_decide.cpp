// SPDX-License-Identifier: MIT
#include "scripted_exporter.hpp"

#include <filesystem>
#include <stdexcept>

using namespace nanotel_test;

namespace {

using variables = std::vector<std::pair<std::string, std::string>>;

nanotel::finished_span one_span(nanotel::options options) {
    auto memory = std::make_shared<nanotel::memory_exporter>();
    options.exporter = memory;
    auto telemetry = nanotel::start(std::move(options));
    record_spans(1);
    REQUIRE(telemetry.flush(long_enough));
    return memory->spans().at(0);
}

nanotel::options without_name(const variables& environment) {
    nanotel::options o;
    o.environment = environment_of(environment);
    return o;
}

template <class Change>
std::string refusal(Change&& change) {
    nanotel::options o;
    o.exporter = std::make_shared<scripted_exporter>();
    o.environment = no_environment();
    change(o);
    try {
        static_cast<void>(nanotel::start(std::move(o)));
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "accepted";
}

// The spans of each body, as the exporter was told.
class sizes_of_bodies final : public nanotel::exporter {
public:
    nanotel::export_result send(const nanotel::payload& body,
                                std::chrono::steady_clock::time_point) override {
        const std::lock_guard lock(mutex_);
        items_.push_back(body.items);
        bytes_.push_back(body.body.size());
        bodies_.push_back(std::string(body.body));
        return {};
    }
    std::string_view name() const noexcept override { return "sizes"; }
    std::string description() const override { return "sizes"; }

    std::vector<std::uint64_t> items() const {
        const std::lock_guard lock(mutex_);
        return items_;
    }
    std::vector<std::size_t> bytes() const {
        const std::lock_guard lock(mutex_);
        return bytes_;
    }
    std::vector<std::string> bodies() const {
        const std::lock_guard lock(mutex_);
        return bodies_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::uint64_t> items_;
    std::vector<std::size_t> bytes_;
    std::vector<std::string> bodies_;
};

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
    return count;
}

namespace of_first_library {
NANOTEL_INSTRUMENTATION_SCOPE("first");
void work() { NANOTEL_SCOPED_SPAN("one"); }
} // namespace of_first_library
namespace of_second_library {
NANOTEL_INSTRUMENTATION_SCOPE("second", "2.0");
void work() { NANOTEL_SCOPED_SPAN("two"); }
} // namespace of_second_library

} // namespace

TEST_CASE("the name of the service: the option, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, the process") {
    variables all{{"OTEL_RESOURCE_ATTRIBUTES", "service.name=from-attributes,team=a%20b"},
                  {"OTEL_SERVICE_NAME", "from-name"}};
    auto options = without_name(all);
    options.service_name = "from-option";
    CHECK(one_span(options).resource["service.name"] == "from-option");
    CHECK(one_span(without_name(all)).resource["service.name"] == "from-name");
    all.pop_back();
    CHECK(one_span(without_name(all)).resource["service.name"] == "from-attributes");
    CHECK(one_span(without_name(all)).resource["team"] == "a b");
    const auto unnamed = one_span(without_name({}));
    // The whole name of the program, which the kernel keeps 15 letters of for itself.
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").filename();
    REQUIRE(program.size() > 15);
    CHECK(unnamed.resource["service.name"] == "unknown_service:" + program);
    CHECK(unnamed.resource["process.executable.name"] == program);
}

TEST_CASE("attributes of the resource: the option wins over the variable, the sdk names itself") {
    auto options = without_name({{"OTEL_RESOURCE_ATTRIBUTES", "a=1,b=2"}});
    options.resource_attributes = {{"b", std::int64_t{3}}, {"c", true}, {"d", 0.5}};
    options.service_version = "1.2.3";
    const auto resource = one_span(options).resource;
    CHECK(resource["a"] == "1");
    CHECK(resource["b"] == 3);
    CHECK(resource["c"] == true);
    CHECK(resource["d"] == 0.5);
    CHECK(resource["service.version"] == "1.2.3");
    CHECK(resource["telemetry.sdk.name"] == "nanotel");
    CHECK(resource["telemetry.sdk.language"] == "cpp");
    CHECK(resource["telemetry.sdk.version"] == NANOTEL_VERSION);
}

TEST_CASE("OTEL_SDK_DISABLED starts nothing") {
    const counts_since counts;
    auto exporter = std::make_shared<scripted_exporter>();
    auto options = quiet_options(exporter);
    options.environment = environment_of({{"OTEL_SDK_DISABLED", "TRUE"}});
    auto telemetry = nanotel::start(std::move(options));
    record_spans(3);
    CHECK(telemetry.flush(long_enough));
    CHECK(counts().recorded == 0);
    CHECK(exporter->calls() == 0);
    // It is not running, so that another start does.
    auto other = nanotel::start(quiet_options(exporter));
    record_spans(3);
    CHECK(other.flush(long_enough).delivered == 3);
}

TEST_CASE("TELEMETRY_ENABLED=false starts nothing, and the code may start it all the same") {
    auto exporter = std::make_shared<scripted_exporter>();
    auto options = quiet_options(exporter);
    options.environment = environment_of({{"TELEMETRY_ENABLED", "False"}});
    auto nothing = nanotel::start(options);
    record_spans(3);
    CHECK(nothing.flush(long_enough).delivered == 0);
    options.enabled = true;
    auto telemetry = nanotel::start(options);
    record_spans(3);
    CHECK(telemetry.flush(long_enough).delivered == 3);
}

TEST_CASE("where all exporters are none, what is recorded is let go") {
    const counts_since counts;
    nanotel::options options;
    options.environment = environment_of({{"OTEL_TRACES_EXPORTER", "none"},
                                          {"OTEL_METRICS_EXPORTER", "none"},
                                          {"OTEL_LOGS_EXPORTER", "none"}});
    auto telemetry = nanotel::start(std::move(options));
    record_spans(3);
    const auto flushed = telemetry.flush(long_enough);
    CHECK(flushed.complete);
    CHECK(flushed.dropped == 0); // nobody wanted them
    CHECK(counts().recorded == 3);
    CHECK(counts().dropped_by.filtered == 3);
    CHECK(counts().queued == 0);
    CHECK(telemetry.shutdown(long_enough).complete);
}

TEST_CASE("the instance is the same from start to start of a process") {
    const auto first = one_span(without_name({}));
    const auto second = one_span(without_name({}));
    CHECK(first.resource.contains("service.instance.id"));
    CHECK(first.resource["service.instance.id"] == second.resource["service.instance.id"]);
    CHECK(one_span(without_name({{"OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=mine"}}))
              .resource["service.instance.id"] == "mine");
}

TEST_CASE("OTEL_LOG_LEVEL holds from start on, and what was held back is told at shutdown") {
    using nanotel::diagnostic_level;
    std::vector<std::string> heard;
    const auto listen = [&] {
        nanotel::set_diagnostic_handler(
            [](diagnostic_level, std::string_view text, void* to) {
                static_cast<std::vector<std::string>*>(to)->emplace_back(text);
            },
            &heard);
    };
    for (const char* level : {"error", "warn"}) {
        heard.clear();
        listen();
        nanotel::options options = without_name({{"OTEL_LOG_LEVEL", level}});
        options.exporter = std::make_shared<nanotel::memory_exporter>();
        nanotel::telemetry telemetry = nanotel::start(std::move(options));
        for (int i = 0; i < 3; ++i)
            nanotel::detail::diagnose(diagnostic_level::warning, "test", "said by the test");
        CHECK(heard.size() == (level[0] == 'w' ? 1 : 0));
        static_cast<void>(telemetry.shutdown(long_enough));
        if (level[0] == 'w') CHECK(heard.back() == "2 more like it held back: said by the test");
    }
    nanotel::set_diagnostic_handler(nullptr);
}

TEST_CASE("options that cannot be are refused with the value and what is allowed") {
    using namespace std::chrono_literals;
    CHECK(refusal([](auto&) {}) == "accepted");
    CHECK(refusal([](auto& o) { o.ring_bytes = 100'000; }) ==
          "nanotel::start: options::ring_bytes is 100000; it must be a power of two from 16384 to "
          "1073741824");
    CHECK(refusal([](auto& o) { o.ring_bytes = 8192; }).find("ring_bytes is 8192") != std::string::npos);
    CHECK(refusal([](auto& o) { o.max_ring_bytes = 16 << 10; }).find("is below options::ring_bytes") !=
          std::string::npos);
    CHECK(refusal([](auto& o) { o.max_all_rings_bytes = 1 << 20; }).find("max_all_rings_bytes is 1048576") !=
          std::string::npos);
    CHECK(refusal([](auto& o) {
              o.max_export_batch_bytes = 20 << 20;
          }).find("the Collector refuses more than 20 MiB") != std::string::npos);
    CHECK(refusal([](auto& o) { o.schedule_delay = -1ms; }).find("schedule_delay is -1 ms") !=
          std::string::npos);
    CHECK(refusal([](auto& o) { o.shutdown_timeout = 2h; }).find("shutdown_timeout is 7200000 ms") !=
          std::string::npos);
    // A refusal leaves nothing behind.
    auto telemetry = nanotel::start(quiet_options(std::make_shared<scripted_exporter>()));
    record_spans(1);
    CHECK(telemetry.flush(long_enough).delivered == 1);
}

TEST_CASE("the variables of the batch processor are read, and options win over them") {
    const auto made = [](nanotel::options o, const variables& environment) {
        o.environment = environment_of(environment);
        return nanotel::detail::make_collector_options(o);
    };
    const auto batch_items = [](nanotel::options o, const variables& environment) {
        o.environment = environment_of(environment);
        return nanotel::detail::make_stream_options(o).batch_items;
    };
    const variables environment{{"OTEL_BSP_SCHEDULE_DELAY", "1234"},
                                {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "77"},
                                {"OTEL_BSP_MAX_QUEUE_SIZE", "88"},
                                {"OTEL_BSP_EXPORT_TIMEOUT", "4321"}};
    CHECK(made({}, {}).schedule_delay == 5s);
    CHECK(batch_items({}, {}) == 0);
    CHECK(made({}, environment).schedule_delay == 1234ms);
    CHECK(batch_items({}, environment) == 77);
    nanotel::options given;
    given.schedule_delay = 10ms;
    given.max_export_batch_size = 5;
    given.max_queue_size = 6;
    given.export_timeout = 7ms;
    CHECK(made(given, environment).schedule_delay == 10ms);
    CHECK(batch_items(given, environment) == 5);
    given.max_queue_size = 3; // no body that the queue could not take
    CHECK(batch_items(given, environment) == 3);
    given.environment = environment_of(environment);
    CHECK(nanotel::detail::make_queue_options(given).items == 3);
    CHECK(nanotel::detail::make_sender_options(given).export_timeout == 7ms);
    nanotel::options plain;
    plain.environment = environment_of(environment);
    CHECK(nanotel::detail::make_queue_options(plain).items == 88);
    CHECK(nanotel::detail::make_sender_options(plain).export_timeout == 4321ms);
    plain.export_timeout = 0ms; // no limit
    CHECK(nanotel::detail::make_sender_options(plain).export_timeout > 24h);
}

TEST_CASE("a body holds no more spans than it may") {
    auto exporter = std::make_shared<sizes_of_bodies>();
    auto options = quiet_options(exporter);
    options.max_export_batch_size = 100;
    auto telemetry = nanotel::start(std::move(options));
    record_spans(1050);
    CHECK(telemetry.flush(long_enough).delivered == 1050);
    const auto items = exporter->items();
    REQUIRE(items.size() == 11);
    for (std::size_t i = 0; i < 10; ++i) CHECK(items[i] == 100);
    CHECK(items[10] == 50);
}

TEST_CASE("a body is closed when it has its bytes") {
    using namespace nanotel::literals;
    auto exporter = std::make_shared<sizes_of_bodies>();
    auto options = quiet_options(exporter);
    options.max_export_batch_bytes = 64 << 10;
    auto telemetry = nanotel::start(std::move(options));
    const std::string text(1000, 'x');
    for (int i = 0; i < 300; ++i) {
        NANOTEL_SCOPED_SPAN("large", "text"_attr = text);
    }
    CHECK(telemetry.flush(long_enough).delivered == 300);
    const auto bytes = exporter->bytes();
    REQUIRE(bytes.size() >= 5);
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
        CHECK(bytes[i] >= 64 << 10);
        CHECK(bytes[i] < (64 << 10) + 2000);
    }
}

TEST_CASE("a body names each scope once, however their spans are mixed") {
    auto exporter = std::make_shared<sizes_of_bodies>();
    auto telemetry = nanotel::start(quiet_options(exporter));
    for (int i = 0; i < 20; ++i) {
        of_first_library::work();
        of_second_library::work();
    }
    CHECK(telemetry.flush(long_enough).delivered == 40);
    const auto bodies = exporter->bodies();
    REQUIRE(bodies.size() == 1);
    CHECK(count_of(bodies[0], R"("scope":{)") == 2);
    CHECK(count_of(bodies[0], R"("name":"first")") == 1);
    CHECK(count_of(bodies[0], R"("name":"second")") == 1);
    CHECK(count_of(bodies[0], R"("name":"one")") == 20);
    CHECK(count_of(bodies[0], R"("name":"two")") == 20);
    CHECK(count_of(bodies[0], R"("resource":{)") == 1);
}
