// SPDX-License-Identifier: MIT
// The forms without a macro, which vanish where the compiler optimises.
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

int opaque(int);

int macro(int x) {
    NANOTEL_SCOPED_SPAN("macro", "x"_attr = x);
    return opaque(x);
}

#ifdef __OPTIMIZE__
int use(int x, const nanotel::context& parent) {
    nanotel::span span({.name = "function", .kind = nanotel::span_kind::client, .parent = &parent},
                       "x"_attr = x);
    nanotel::detached_span detached("detached", "x"_attr = x);
    const nanotel::context_scope scope(detached.context());
    span.set("y"_attr = x, "z"_attr = "literal");
    span.set("run time", x);
    span.add_event("event", "x"_attr = x);
    span.add_event("event", nanotel::timestamp(1));
    span.add_link(parent, "x"_attr = x);
    span.set_status(nanotel::status_code::error, "why");
    span.update_name("other");
    span.set_start_time(nanotel::timestamp(1));
    if (span.is_recording()) opaque(100);
    if (nanotel::current_context().is_valid()) opaque(101);
    const nanotel::baggage_scope baggage(nanotel::current_baggage());
    nanotel::inject([](const char*, const char*) { opaque(102); });
    nanotel::inject([](const char*, const char*) { opaque(103); }, parent);
    if (nanotel::extract([](const char*) { return "x"; }).is_valid()) opaque(104);
    nanotel::detached_span moved(static_cast<nanotel::detached_span&&>(detached));
    moved.end(nanotel::timestamp(2));
    const int result = nanotel::in_span("in span", "x"_attr = x, [&](nanotel::span& inner) {
        inner.set("k"_attr = 1);
        return opaque(x) * 3;
    });
    span.end();
    return result;
}
#else
int use(int x) { return x; }
#endif
