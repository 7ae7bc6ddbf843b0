// SPDX-License-Identifier: MIT
#include "recording.hpp"
#include "with_and_without.hpp"

using namespace nanotel::literals;
using nanotel_test::recording;

namespace nanotel_test {

with_and_without::results work_with_spans() {
    with_and_without::results made;
    made.evaluated = with_and_without::work(made);
    return made;
}

} // namespace nanotel_test

TEST_CASE("a file compiled with NANOTEL_DISABLED links with one compiled without and sends nothing") {
    recording recorded;
    NANOTEL_SPAN(outer, "outer");
    const auto with = nanotel_test::work_with_spans();
    const auto without = nanotel_test::work_without_spans();
    CHECK(with.result == 42);
    CHECK(with.evaluated == 4);
    CHECK(with.was_recording);
    CHECK(with.had_context);
    CHECK(without.result == 42);
    CHECK(without.evaluated == 0); // compiled, and never run
    CHECK_FALSE(without.was_recording);
    CHECK_FALSE(without.had_context);
    outer.end();
    CHECK(recorded.spans().size() == 4);
    CHECK(recorded.span("work").parent_span_id == recorded.span("outer").span_id);
}
