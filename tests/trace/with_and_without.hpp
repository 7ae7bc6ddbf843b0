// SPDX-License-Identifier: MIT
// The same work, for a file with spans and one without. Internal linkage: a program whose inline functions
// hold spans in one file and none in another breaks the rule of one definition, whatever the library does.
#pragma once

#include <nanotel/nanotel.hpp>

namespace nanotel_test {

namespace with_and_without {

struct results {
    int result = 0;
    int evaluated = 0;
    bool was_recording = false;
    bool had_context = false;
};

namespace {

[[maybe_unused]] int work(results& made) {
    using namespace nanotel::literals;
    int evaluated = 0;
    const auto evaluate = [&] { return ++evaluated; };
    NANOTEL_SPAN(span, "work", "n"_attr = evaluate());
    NANOTEL_SET(span, "m"_attr = evaluate());
    NANOTEL_EVENT(span, "event", "k"_attr = evaluate());
    NANOTEL_DETACHED_SPAN(detached, "detached", "d"_attr = evaluate());
    made.was_recording = span.is_recording();
    made.had_context = nanotel::current_context().is_valid();
    made.result = nanotel::in_span("function", [](nanotel::span& inner) {
        inner.set("x"_attr = 1);
        return 42;
    });
    return evaluated;
}

} // namespace
} // namespace with_and_without

with_and_without::results work_with_spans();
with_and_without::results work_without_spans();

} // namespace nanotel_test
