#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace nanotel::literals;

namespace {

int three_or_throw(bool throws) {
    if (throws) throw std::runtime_error("no value");
    return 3;
}

void scoped(bool throws) {
    NANOTEL_SPAN(span, "scoped", "first"_attr = "literal", "second"_attr = three_or_throw(throws),
                 "third"_attr = std::string(100, 'x'));
}
void below(bool throws) {
    NANOTEL_SPAN_FROM(span, nanotel::new_root, "below", "first"_attr = 1,
                      "second"_attr = three_or_throw(throws));
}
void detached(bool throws) {
    NANOTEL_DETACHED_SPAN(span, "detached", "first"_attr = 1, "second"_attr = three_or_throw(throws));
}

} // namespace

TEST_CASE("a span whose attribute throws while it is evaluated ends with an error and without attributes") {
    struct form {
        std::string name;
        void (*record)(bool throws);
    };
    for (const form& one : {form{"scoped", &scoped}, form{"below", &below}, form{"detached", &detached}}) {
        for (const bool in_scope : {false, true}) {
            CAPTURE(one.name);
            CAPTURE(in_scope);
            const auto memory = std::make_shared<nanotel::memory_exporter>();
            auto telemetry = nanotel::start({.exporter = memory});
            {
                nanotel::context_scope none{nanotel::new_root};
                nanotel::span outer("outer");
                if (!in_scope) outer.end();
                one.record(false);
                CHECK_THROWS_AS(one.record(true), std::runtime_error);
                CHECK(nanotel::current_context() == (in_scope ? outer.context() : nanotel::new_root));
            }
            REQUIRE(telemetry.shutdown(std::chrono::seconds(10)));
            std::vector<nanotel::finished_span> spans;
            for (auto& span : memory->spans())
                if (span.name != "outer") spans.push_back(span);
            REQUIRE(spans.size() == 2);
            CHECK(spans[0].name == one.name);
            CHECK(spans[0].attributes["second"] == 3);
            CHECK(spans[1].name == one.name);
            CHECK(spans[1].attributes.empty());
            // Where the scope is left by an exception, a scoped span sees it.
            if (one.name != "detached") CHECK(spans[1].status.code == nanotel::status_code::error);
        }
    }
}
