// SPDX-License-Identifier: MIT
#include "recording.hpp"
#include "support/environment_of.hpp"

#include <nanotel/pipeline/log_configuration.hpp>

using namespace std::chrono_literals;
using nanotel_test::recording;
using nanotel_test::recording_options;

namespace {

nanotel::options with(std::vector<std::pair<std::string, std::string>> variables) {
    nanotel::options given;
    given.environment = nanotel_test::environment_of(std::move(variables));
    return given;
}

} // namespace

TEST_CASE("the variables of the batch processor of logs are heeded, and options win") {
    using namespace nanotel::detail;
    const nanotel::options nothing = with({});
    CHECK(log_schedule_delay(nothing) == 1s);
    CHECK(make_log_batch(nothing).timeout == 30s);
    CHECK(make_log_batch(nothing).items == 0);
    CHECK(make_log_batch(nothing).bytes == std::size_t{4} << 20);
    CHECK(log_queue_items(nothing) == 0);
    CHECK(make_log_limits(nothing).attribute_count == 128);

    nanotel::options given = with({{"OTEL_BLRP_SCHEDULE_DELAY", "250"},
                                   {"OTEL_BLRP_EXPORT_TIMEOUT", "7000"},
                                   {"OTEL_BLRP_MAX_QUEUE_SIZE", "100"},
                                   {"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "512"},
                                   {"OTEL_BSP_SCHEDULE_DELAY", "1"},
                                   {"OTEL_BSP_MAX_QUEUE_SIZE", "1"}});
    CHECK(log_schedule_delay(given) == 250ms);
    CHECK(make_log_batch(given).timeout == 7s);
    CHECK(log_queue_items(given) == 100);
    CHECK(make_log_batch(given).items == 100); // not more than the queue takes
    given.logs.schedule_delay = 20ms;
    given.logs.export_timeout = 0ms;
    given.logs.max_queue_size = 0;
    given.logs.max_export_batch_size = 64;
    CHECK(log_schedule_delay(given) == 20ms);
    CHECK(make_log_batch(given).timeout > 24h); // no limit
    CHECK(log_queue_items(given) == 0);
    CHECK(make_log_batch(given).items == 64);
}

TEST_CASE("records are sent after their own delay, whatever that of spans is") {
    recording_options options;
    options.environment = {{"OTEL_BLRP_SCHEDULE_DELAY", "10"}};
    recording recorded(options); // spans wait for an hour
    NANOTEL_LOG_INFO("comes soon");
    REQUIRE(recorded.wait_for(1));
    NANOTEL_LOG_INFO("so does this");
    CHECK(recorded.wait_for(2));
}

TEST_CASE("a body has as many records as the variable says") {
    recording_options options;
    options.environment = {{"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "10"}};
    recording recorded(options);
    for (int i = 0; i < 95; ++i) NANOTEL_LOG_INFO("{}", i);
    CHECK(recorded.bodies().size() == 10);
    CHECK(recorded.logs().size() == 95);
}
