// SPDX-License-Identifier: MIT
// OTEL_PROPAGATORS where something is started: what is unknown is named once, the rest carries.
#include "recording.hpp"

#include <nanotel/core/diagnostics.hpp>

#include <map>

using namespace nanotel_test;

namespace {

std::string heard;
int times = 0;
void hear(nanotel::diagnostic_level, std::string_view text, void*) {
    heard += text;
    ++times;
}

std::string injected() {
    std::map<std::string, std::string> carrier;
    nanotel::inject(carrier);
    std::string names;
    for (const auto& [name, value] : carrier) names += name + " ";
    return names;
}

} // namespace

TEST_CASE("the environment of a start decides, and an unknown propagator is named once") {
    nanotel::set_diagnostic_handler(&hear);
    {
        recording to({.environment = {{"OTEL_PROPAGATORS", "b3, jaeger ,baggage,xray"}}});
        CHECK(times == 1);
        CHECK(heard == "OTEL_PROPAGATORS=\"jaeger,xray\" is ignored. Allowed: one or more of: tracecontext, "
                       "baggage, b3, b3multi, none. Used instead: b3,baggage");
        NANOTEL_SCOPED_SPAN("span");
        const nanotel::baggage_scope scope(nanotel::baggage().set("k", "v"));
        CHECK(injected() == "b3 baggage ");
    }
    {
        recording to({.environment = {{"OTEL_PROPAGATORS", "none"}}});
        NANOTEL_SCOPED_SPAN("span");
        CHECK(injected() == "");
    }
    {
        recording to;
        NANOTEL_SPAN(span, "span");
        CHECK(injected() == "traceparent ");
        std::map<std::string, std::string> carrier;
        nanotel::inject(carrier);
        CHECK(carrier["traceparent"] ==
              "00-" + hex(span.context().trace_id) + "-" + hex(span.context().span_id) + "-03");
    }
    {
        recording to({.environment = {{"OTEL_SDK_DISABLED", "true"}, {"OTEL_PROPAGATORS", "b3"}}});
        const nanotel::context_scope attached(
            nanotel::context{nanotel::trace_id{{1, 2}}, nanotel::span_id{3}, 1, true});
        CHECK(injected() == "b3 ");
    }
    CHECK(times == 1);
    {
        recording to({.environment = {{"OTEL_PROPAGATORS", "tracecontex"}}});
        CHECK(times == 2);
        CHECK(heard.ends_with(". Used instead: tracecontext,baggage"));
        NANOTEL_SCOPED_SPAN("span");
        const nanotel::baggage_scope scope(nanotel::baggage().set("k", "v"));
        CHECK(injected() == "baggage traceparent ");
    }
    nanotel::set_diagnostic_handler(nullptr);
}
