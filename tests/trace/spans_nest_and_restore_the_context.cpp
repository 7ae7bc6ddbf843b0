// SPDX-License-Identifier: MIT
#include "recording.hpp"

using namespace nanotel::literals;
using nanotel_test::hex;
using nanotel_test::recording;

TEST_CASE("a span below another is its child and restores the context") {
    recording recorded;
    CHECK_FALSE(nanotel::current_context().is_valid());
    nanotel::context outer_context, inner_context;
    {
        NANOTEL_SPAN(outer, "outer");
        outer_context = outer.context();
        CHECK(nanotel::current_context() == outer_context);
        {
            NANOTEL_SPAN(inner, "inner");
            inner_context = inner.context();
            CHECK(nanotel::current_context() == inner_context);
            CHECK(inner_context.trace_id == outer_context.trace_id);
            CHECK(inner_context.span_id != outer_context.span_id);
        }
        CHECK(nanotel::current_context() == outer_context);
        {
            NANOTEL_SCOPED_SPAN("sibling");
        }
        CHECK(nanotel::current_context() == outer_context);
    }
    CHECK_FALSE(nanotel::current_context().is_valid());

    const auto outer = recorded.span("outer");
    const auto inner = recorded.span("inner");
    CHECK(outer.trace_id == hex(outer_context.trace_id));
    CHECK(outer.span_id == hex(outer_context.span_id));
    CHECK(outer.parent_span_id == "");
    CHECK(outer.flags == 0x103); // sampled, random, and not from elsewhere
    CHECK(inner.trace_id == outer.trace_id);
    CHECK(inner.span_id == hex(inner_context.span_id));
    CHECK(inner.parent_span_id == outer.span_id);
    CHECK(inner.flags == 0x103);
    CHECK(recorded.span("sibling").parent_span_id == outer.span_id);
    CHECK(inner.start_time_unix_nano >= outer.start_time_unix_nano);
    CHECK(inner.end_time_unix_nano >= inner.start_time_unix_nano);
    CHECK(inner.end_time_unix_nano <= outer.end_time_unix_nano);
}

TEST_CASE("two roots are two traces") {
    recording recorded;
    {
        NANOTEL_SCOPED_SPAN("first");
    }
    {
        NANOTEL_SCOPED_SPAN("second");
    }
    CHECK(recorded.span("first").trace_id != recorded.span("second").trace_id);
}

TEST_CASE("an explicit parent is a parent and what was current comes back") {
    recording recorded;
    nanotel::context elsewhere;
    {
        NANOTEL_SPAN(span, "elsewhere");
        elsewhere = span.context();
    }
    {
        NANOTEL_SPAN(here, "here");
        {
            NANOTEL_SPAN_FROM(child, elsewhere, "by macro", "n"_attr = 1);
            CHECK(child.context().trace_id == elsewhere.trace_id);
            NANOTEL_SCOPED_SPAN("grandchild");
        }
        CHECK(nanotel::current_context() == here.context());
        {
            nanotel::span child({.name = "by function", .parent = &elsewhere});
            CHECK(nanotel::current_context() == child.context());
        }
        CHECK(nanotel::current_context() == here.context());
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    const auto by_macro = recorded.span("by macro");
    CHECK(by_macro.trace_id == hex(elsewhere.trace_id));
    CHECK(by_macro.parent_span_id == hex(elsewhere.span_id));
    CHECK(by_macro.flags == 0x103);
    CHECK(by_macro.attributes["n"] == 1);
    CHECK(recorded.span("by function").parent_span_id == hex(elsewhere.span_id));
    CHECK(recorded.span("grandchild").parent_span_id == by_macro.span_id);
    CHECK(recorded.span("grandchild").trace_id == hex(elsewhere.trace_id));
}

TEST_CASE("a new root begins a trace whatever is current") {
    recording recorded;
    {
        NANOTEL_SPAN(here, "here");
        {
            NANOTEL_SPAN_FROM(root, nanotel::new_root, "by macro");
            NANOTEL_SCOPED_SPAN("below");
        }
        {
            const nanotel::span root({.name = "by function", .parent = &nanotel::new_root});
        }
        CHECK(nanotel::current_context() == here.context());
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    const auto here = recorded.span("here");
    const auto root = recorded.span("by macro");
    CHECK(root.trace_id != here.trace_id);
    CHECK(root.parent_span_id == "");
    CHECK(recorded.span("below").trace_id == root.trace_id);
    CHECK(recorded.span("below").parent_span_id == root.span_id);
    CHECK(recorded.span("by function").parent_span_id == "");
    CHECK(recorded.span("by function").trace_id != here.trace_id);
}

TEST_CASE("a remote parent is marked as such for its children alone") {
    recording recorded;
    const nanotel::context remote{nanotel::trace_id::from_hex("0af7651916cd43dd8448eb211c80319c"),
                                  nanotel::span_id::from_hex("b7ad6b7169203331"), 1, true};
    {
        NANOTEL_SPAN_FROM(span, remote, "by macro");
        CHECK_FALSE(span.context().remote);
        NANOTEL_SCOPED_SPAN("below");
    }
    {
        const nanotel::context_scope attached(remote);
        CHECK(nanotel::current_context() == remote);
        {
            NANOTEL_SCOPED_SPAN("by scope");
        }
        CHECK(nanotel::current_context() == remote);
        {
            const nanotel::span span("by function");
        }
        const nanotel::detached_span detached("detached");
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    for (const std::string name : {"by macro", "by scope", "by function", "detached"}) {
        CAPTURE(name);
        const auto span = recorded.span(name);
        CHECK(span.trace_id == "0af7651916cd43dd8448eb211c80319c");
        CHECK(span.parent_span_id == "b7ad6b7169203331");
        CHECK(span.flags == 0x301);
    }
    CHECK(recorded.span("below").flags == 0x101);
    CHECK(recorded.span("below").parent_span_id == recorded.span("by macro").span_id);
}

TEST_CASE("a scope of no context makes the next span a root") {
    recording recorded;
    {
        NANOTEL_SPAN(outer, "outer");
        {
            const nanotel::context_scope none(nanotel::new_root);
            CHECK_FALSE(nanotel::current_context().is_valid());
            {
                NANOTEL_SCOPED_SPAN("alone");
            }
            CHECK_FALSE(nanotel::current_context().is_valid());
        }
        CHECK(nanotel::current_context() == outer.context());
    }
    CHECK(recorded.span("alone").parent_span_id == "");
    CHECK(recorded.span("alone").trace_id != recorded.span("outer").trace_id);
}

TEST_CASE("every kind arrives in every form") {
    recording recorded;
    {
        NANOTEL_SCOPED_SPAN("plain");
    }
    {
        NANOTEL_SCOPED_SPAN(nanotel::internal("internal"));
    }
    {
        NANOTEL_SCOPED_SPAN(nanotel::server("server"));
    }
    {
        NANOTEL_SCOPED_SPAN(nanotel::client("client"));
    }
    {
        NANOTEL_SCOPED_SPAN(nanotel::producer("producer"));
    }
    {
        NANOTEL_DETACHED_SPAN(span, nanotel::consumer("consumer"));
    }
    {
        const nanotel::span span({.name = "function", .kind = nanotel::span_kind::producer});
    }
    {
        const nanotel::detached_span span({.name = "detached", .kind = nanotel::span_kind::server});
    }
    CHECK(recorded.span("plain").kind == nanotel::span_kind::internal);
    CHECK(recorded.span("internal").kind == nanotel::span_kind::internal);
    CHECK(recorded.span("server").kind == nanotel::span_kind::server);
    CHECK(recorded.span("client").kind == nanotel::span_kind::client);
    CHECK(recorded.span("producer").kind == nanotel::span_kind::producer);
    CHECK(recorded.span("consumer").kind == nanotel::span_kind::consumer);
    CHECK(recorded.span("function").kind == nanotel::span_kind::producer);
    CHECK(recorded.span("detached").kind == nanotel::span_kind::server);
}

TEST_CASE("a span that has ended takes nothing more and ends once") {
    recording recorded;
    {
        NANOTEL_SPAN(outer, "outer");
        NANOTEL_SPAN(span, "twice", "kept"_attr = 1);
        const nanotel::context mine = span.context();
        span.end();
        CHECK_FALSE(span.is_recording());
        CHECK(span.context() == mine);
        CHECK(nanotel::current_context() == outer.context());
        span.set("late"_attr = 1);
        span.set("late at run time", 1);
        span.add_event("late");
        span.add_link(outer.context());
        span.set_status(nanotel::status_code::error, "late");
        span.update_name("late");
        span.set_start_time(nanotel::timestamp(1));
        span.record_exception(std::runtime_error("late"));
        span.end(nanotel::timestamp(1));
        span.end();
        CHECK(nanotel::current_context() == outer.context());
    }
    CHECK(recorded.spans().size() == 2);
    const auto span = recorded.span("twice");
    CHECK(span.attributes == nanotel::attribute_list{{"kept", 1}});
    CHECK(span.events.empty());
    CHECK(span.links.empty());
    CHECK(span.status.code == nanotel::status_code::unset);
    CHECK(span.start_time_unix_nano > 1);
}
