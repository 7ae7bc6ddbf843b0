// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <set>

using namespace nanotel::literals;
using nanotel_test::recording;

namespace undeclared {
void work() { NANOTEL_SCOPED_SPAN("undeclared"); }
} // namespace undeclared

namespace shop {
NANOTEL_INSTRUMENTATION_SCOPE("shop", "1.2.0", "https://example.org/schema/1", "team"_attr = "checkout",
                              "beta"_attr = true, "level"_attr = -3, "share"_attr = 0.25);
void work() { NANOTEL_SCOPED_SPAN("shop"); }
void with_late_attributes() {
    NANOTEL_SPAN(span, "shop, the long way");
    span.set("late"_attr = 1);
}
namespace within {
inline void work() { NANOTEL_SCOPED_SPAN("within the shop"); }
template <class T>
void generic(T value) {
    NANOTEL_SCOPED_SPAN("generic", "value"_attr = value);
}
} // namespace within
namespace payment {
NANOTEL_INSTRUMENTATION_SCOPE("payment");
void work() { NANOTEL_SCOPED_SPAN("payment"); }
struct card {
    void charge() const { NANOTEL_SCOPED_SPAN("member"); }
};
} // namespace payment
} // namespace shop

namespace the_same_elsewhere {
NANOTEL_INSTRUMENTATION_SCOPE("payment");
void work() { NANOTEL_SCOPED_SPAN("the same elsewhere"); }
} // namespace the_same_elsewhere

namespace with_version_alone {
NANOTEL_INSTRUMENTATION_SCOPE("versioned", "2", "n"_attr = 1);
void work() { NANOTEL_SCOPED_SPAN("versioned"); }
} // namespace with_version_alone

TEST_CASE("spans carry the scope of the nearest namespace that declares one") {
    recording recorded;
    undeclared::work();
    shop::work();
    shop::payment::work();
    shop::with_late_attributes();
    shop::within::work();
    shop::within::generic(1);
    shop::payment::card().charge();
    the_same_elsewhere::work();
    with_version_alone::work();
    static constexpr nanotel::instrumentation_scope by_hand("by hand", "3", "https://example.org/by-hand",
                                                            "k"_attr = "v");
    {
        const nanotel::span span({.name = "function", .scope = &by_hand});
    }
    {
        const nanotel::detached_span span({.name = "detached", .scope = &by_hand});
    }
    {
        const nanotel::span span("function without");
    }

    for (const std::string name : {"shop", "within the shop", "generic", "shop, the long way"}) {
        CAPTURE(name);
        const auto scope = recorded.span(name).scope;
        CHECK(scope.name == "shop");
        CHECK(scope.version == "1.2.0");
        CHECK(scope.schema_url == "https://example.org/schema/1");
        CHECK(scope.attributes ==
              nanotel::attribute_list{{"team", "checkout"}, {"beta", true}, {"level", -3}, {"share", 0.25}});
    }
    for (const std::string name : {"payment", "member", "the same elsewhere"}) {
        CAPTURE(name);
        const auto scope = recorded.span(name).scope;
        CHECK(scope.name == "payment");
        CHECK(scope.version == "");
        CHECK(scope.schema_url == "");
        CHECK(scope.attributes.empty());
    }
    CHECK(recorded.span("versioned").scope.version == "2");
    CHECK(recorded.span("versioned").scope.schema_url == "");
    CHECK(recorded.span("versioned").scope.attributes["n"] == 1);
    for (const std::string name : {"function", "detached"}) {
        CAPTURE(name);
        const auto scope = recorded.span(name).scope;
        CHECK(scope.name == "by hand");
        CHECK(scope.schema_url == "https://example.org/by-hand");
        CHECK(scope.attributes["k"] == "v");
    }
    CHECK(recorded.span("undeclared").scope.name == "");
    CHECK(recorded.span("function without").scope.name == "");

    // A body names each scope once, however the spans of scopes are mixed.
    REQUIRE(recorded.bodies().size() == 1);
    const std::string body = recorded.bodies()[0];
    const std::string payment = R"("scope":{"name":"payment"})";
    const auto first = body.find(payment);
    REQUIRE(first != body.npos);
    CHECK(body.find(payment, first + 1) == body.npos);
}
