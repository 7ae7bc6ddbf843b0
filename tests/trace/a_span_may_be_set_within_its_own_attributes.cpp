#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace nanotel::literals;

namespace attribute_conversions {
struct inner {
    int value;
};
struct outer {
    int value;
};
long to_attribute_value(const inner& from) { return from.value; }
inner to_attribute_value(const outer& from) { return {from.value}; }
} // namespace attribute_conversions

namespace {

int set_late(nanotel::span& span, std::size_t bytes) {
    span.set("late"_attr = std::string(bytes, 'x'));
    return 7;
}

int end_and_move(nanotel::detached_span& span) {
    nanotel::detached_span elsewhere(std::move(span));
    return 7;
}

} // namespace

TEST_CASE("a span that is set, moved or ended while its attributes are evaluated is whole") {
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start({.exporter = memory});
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{5000}}) {
        NANOTEL_SPAN(span, "set within", "rows"_attr = set_late(span, bytes), "text"_attr = "literal");
        span.set("after"_attr = true);
    }
    {
        NANOTEL_DETACHED_SPAN(span, "moved within", "rows"_attr = end_and_move(span));
    }
    REQUIRE(telemetry.shutdown(std::chrono::seconds(10)));
    const auto spans = memory->spans();
    REQUIRE(spans.size() == 3);
    for (const std::size_t i : {0, 1}) {
        CHECK(spans[i].name == "set within");
        CHECK(spans[i].attributes["rows"] == 7);
        CHECK(spans[i].attributes["text"] == "literal");
        CHECK(spans[i].attributes["after"] == true);
        CHECK(spans[i].attributes["late"] == std::string(i == 0 ? 1 : 5000, 'x'));
    }
    CHECK(spans[2].attributes.empty());
}

TEST_CASE("a conversion to a type that converts itself ends at the value") {
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start({.exporter = memory});
    {
        NANOTEL_SCOPED_SPAN("converted", "id"_attr = attribute_conversions::outer{42});
    }
    REQUIRE(telemetry.shutdown(std::chrono::seconds(10)));
    CHECK(memory->spans().at(0).attributes["id"] == 42);
}

TEST_CASE("a span that ends where its own context was attached again leaves nothing current") {
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start({.exporter = memory});
    {
        nanotel::span root("root");
        {
            nanotel::context_scope again(root.context());
            root.end();
        }
        CHECK_FALSE(nanotel::current_context().is_valid());
    }
    REQUIRE(telemetry.shutdown(std::chrono::seconds(10)));
}
