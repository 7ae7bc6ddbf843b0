// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <nanotel/exporters/memory.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using nanotel_test::send;

namespace {

std::string span(const std::string& name) {
    return R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",)"
           R"("spanId":"eee19b7ec3c1b174","name":")" +
           name + R"(","attributes":[{"key":"cart.items","value":{"intValue":"3"}}]}]}]}]})";
}

} // namespace

TEST_CASE("the memory exporter hands back spans in the order of arrival, and bodies by signal") {
    auto memory = std::make_shared<nanotel::memory_exporter>();
    CHECK(memory->spans().empty());
    CHECK(send(*memory, span("first")).outcome == nanotel::export_outcome::delivered);
    CHECK(send(*memory, "{\"resourceMetrics\":[]}", 4, nanotel::signal::metrics).outcome ==
          nanotel::export_outcome::delivered);
    CHECK(send(*memory, span("second")).outcome == nanotel::export_outcome::delivered);
    const auto spans = memory->spans();
    REQUIRE(spans.size() == 2);
    CHECK(spans[0].name == "first");
    CHECK(spans[1].name == "second");
    CHECK(spans[1].attributes["cart.items"] == 3);
    CHECK(memory->bodies().size() == 2);
    CHECK(memory->bodies(nanotel::signal::metrics) == std::vector<std::string>{"{\"resourceMetrics\":[]}"});
    CHECK(memory->bodies(nanotel::signal::logs).empty());
    CHECK(memory->name() == "memory");
    memory->clear();
    CHECK(memory->spans().empty());
    CHECK(memory->bodies(nanotel::signal::metrics).empty());
}

TEST_CASE("a body that is not OTLP is an exception that says where") {
    nanotel::memory_exporter memory;
    CHECK(send(memory, R"({"resourceSpans":7})").outcome == nanotel::export_outcome::delivered);
    CHECK_THROWS_WITH_AS((void)memory.spans(),
                         "memory_exporter: a body is not OTLP: resourceSpans: should be an array and is 7",
                         std::runtime_error);
}

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("wait_for returns when the items of a signal are there, and false when they do not come") {
    nanotel::memory_exporter memory;
    CHECK_FALSE(memory.wait_for(1, 0ms));
    CHECK(memory.wait_for(0, 0ms));
    std::thread other([&] {
        for (int i = 0; i < 3; ++i) (void)send(memory, span("x"), 2);
        (void)send(memory, "{}", 9, nanotel::signal::logs);
    });
    CHECK(memory.wait_for(6, nanotel_test::patience));
    CHECK(memory.wait_for(9, nanotel_test::patience, nanotel::signal::logs));
    other.join();
    CHECK_FALSE(memory.wait_for(7, 0ms));
    CHECK(memory.spans().size() == 3);
}

TEST_SUITE_END();
