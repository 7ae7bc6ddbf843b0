// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <set>
#include <thread>

using namespace nanotel::literals;
using nanotel_test::hex;
using nanotel_test::recording;
using nanotel_test::recording_options;

namespace {

int evaluated = 0;
int evaluate() { return ++evaluated; }

recording_options sampled_by(nanotel::sampler sampler) {
    recording_options options;
    options.sampler = sampler;
    return options;
}

const nanotel::context remote_sampled{nanotel::trace_id{{1, 2}}, nanotel::span_id{3}, 1, true};
const nanotel::context remote_unsampled{nanotel::trace_id{{1, 2}}, nanotel::span_id{3}, 0, true};

void use_everything() {
    NANOTEL_SPAN(span, "span", "a"_attr = evaluate());
    NANOTEL_SPAN(child, "child", "a"_attr = evaluate());
    NANOTEL_SET(span, "b"_attr = evaluate());
    NANOTEL_EVENT(child, "event", "c"_attr = evaluate());
    NANOTEL_DETACHED_SPAN(detached, "detached", "d"_attr = evaluate());
    NANOTEL_SCOPED_SPAN("scoped", "e"_attr = evaluate());
    NANOTEL_TRACE_FUNCTION("f"_attr = evaluate());
    CHECK_FALSE(span.is_recording());
    CHECK_FALSE(child.is_recording());
    CHECK_FALSE(detached.is_recording());
    span.set("g"_attr = 1);
    span.set("run time", 1);
    span.add_event("event");
    span.add_link(remote_sampled);
    span.set_status(nanotel::status_code::error);
    span.update_name("name");
    span.set_start_time(nanotel::timestamp(1));
    span.record_exception(std::runtime_error("x"));
    CHECK(nanotel::in_span("function", "h"_attr = 1, [](nanotel::span& s) { return s.is_recording(); }) ==
          false);
}

} // namespace

TEST_CASE("always_off evaluates and sends nothing, and its contexts are valid when asked") {
    recording recorded(sampled_by(nanotel::sampler::always_off()));
    evaluated = 0;
    use_everything();
    CHECK(evaluated == 0);
    CHECK_FALSE(nanotel::current_context().is_valid());
    {
        NANOTEL_SPAN(root, "root");
        const nanotel::context of_root = root.context();
        CHECK(of_root.is_valid());
        CHECK_FALSE(of_root.is_sampled());
        CHECK(root.context() == of_root);
        CHECK(nanotel::current_context() == of_root);
        {
            NANOTEL_SPAN(child, "child");
            CHECK(child.context().trace_id == of_root.trace_id);
            CHECK_FALSE(child.context().is_sampled());
        }
        {
            NANOTEL_DETACHED_SPAN(detached, "detached");
            CHECK(detached.context().trace_id == of_root.trace_id);
            CHECK_FALSE(detached.context().is_sampled());
        }
        std::thread([of_root] {
            const nanotel::context_scope attached(of_root);
            NANOTEL_SPAN(there, "there", "a"_attr = evaluate());
            CHECK_FALSE(there.is_recording());
            CHECK(nanotel::current_context() == of_root);
        }).join();
        CHECK(nanotel::current_context() == of_root);
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    {
        NANOTEL_SPAN(root, "another");
        NANOTEL_DETACHED_SPAN(detached, "detached first"); // before anybody asked for the trace
        CHECK(detached.context().is_valid());
        CHECK(detached.context().trace_id == root.context().trace_id);
    }
    CHECK(evaluated == 0);
    CHECK(recorded.spans().empty());
}

TEST_CASE("children follow their parent whatever the sampler says of roots") {
    recording recorded(sampled_by(nanotel::sampler::always_off()));
    {
        NANOTEL_SPAN(root, "root");
        {
            NANOTEL_SPAN_FROM(sampled, remote_sampled, "sampled", "a"_attr = 1);
            CHECK(sampled.is_recording());
            CHECK_FALSE(root.context().is_sampled()); // not that of what is current now
            NANOTEL_SCOPED_SPAN("sampled child");
            NANOTEL_SPAN_FROM(again, nanotel::new_root, "a root in between");
            CHECK_FALSE(again.is_recording());
            CHECK_FALSE(again.context().is_sampled());
            NANOTEL_SPAN(below, "below");
            CHECK_FALSE(below.is_recording());
        }
        NANOTEL_SPAN_FROM(unsampled, remote_unsampled, "unsampled");
        CHECK_FALSE(unsampled.is_recording());
        CHECK(unsampled.context().trace_id == remote_unsampled.trace_id);
        CHECK_FALSE(unsampled.context().is_sampled());
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    CHECK(recorded.spans().size() == 2);
    CHECK(recorded.span("sampled").parent_span_id == hex(remote_sampled.span_id));
    CHECK(recorded.span("sampled child").parent_span_id == recorded.span("sampled").span_id);
}

TEST_CASE("a ratio keeps its share of the traces, each whole or not at all") {
    recording recorded(sampled_by(nanotel::sampler::trace_id_ratio(0.25)));
    int kept = 0;
    constexpr int count = 8000;
    for (int i = 0; i < count; ++i) {
        NANOTEL_SPAN(root, "root");
        NANOTEL_SPAN(child, "child");
        REQUIRE(root.is_recording() == child.is_recording());
        REQUIRE(root.context().is_valid());
        REQUIRE(root.context().is_sampled() == root.is_recording());
        REQUIRE(child.context().trace_id == root.context().trace_id);
        // The last 7 bytes decide, as in every other process with this ratio.
        const std::string id = hex(root.context().trace_id);
        REQUIRE(root.is_recording() == (std::stoull(id.substr(18), nullptr, 16) >= 3ull << 54));
        kept += root.is_recording();
    }
    CHECK(kept > count / 4 - 400); // ten standard deviations
    CHECK(kept < count / 4 + 400);
    CHECK(recorded.spans().size() == 2 * static_cast<std::size_t>(kept));
    CHECK_FALSE(nanotel::current_context().is_valid());
}

TEST_CASE("without start nothing is evaluated and nothing is current") {
    evaluated = 0;
    CHECK_FALSE(nanotel::current_context().is_valid());
    use_everything();
    {
        NANOTEL_SPAN_FROM(span, nanotel::new_root, "span", "a"_attr = evaluate());
        CHECK_FALSE(span.is_recording());
        CHECK_FALSE(span.context().is_valid());
        CHECK_FALSE(nanotel::detached_span("detached").context().is_valid());
    }
    CHECK(evaluated == 0);
}

TEST_CASE("without start the context of the caller is passed on") {
    {
        const nanotel::context_scope attached(remote_unsampled);
        CHECK(nanotel::current_context() == remote_unsampled);
        {
            NANOTEL_SPAN_FROM(span, remote_sampled, "span", "a"_attr = evaluate());
            CHECK_FALSE(span.is_recording());
            CHECK(span.context() == remote_sampled);
            NANOTEL_SPAN(inner, "inner");
            CHECK(nanotel::current_context() == remote_sampled);
            CHECK_FALSE(inner.context().is_valid());
            NANOTEL_SPAN_FROM(early, remote_unsampled, "ends early");
            CHECK(nanotel::current_context() == remote_unsampled);
            early.end();
            CHECK(nanotel::current_context() == remote_sampled);
        }
        CHECK(nanotel::current_context() == remote_unsampled);
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
}

TEST_CASE("what began without start or before a shutdown does no harm after a start") {
    auto before = std::make_unique<nanotel::span>("before");
    nanotel::detached_span detached_before("detached before");
    auto first = std::make_unique<recording>();
    before.reset();
    detached_before.end();
    auto open = std::make_unique<nanotel::span>("open at shutdown");
    auto inner = std::make_unique<nanotel::span>("inner at shutdown");
    CHECK(first->spans().empty());
    first.reset();
    CHECK_FALSE(nanotel::current_context().is_valid());
    inner.reset();
    recording second;
    CHECK_FALSE(nanotel::current_context().is_valid());
    {
        NANOTEL_SPAN(span, "after");
        open.reset();
        CHECK(nanotel::current_context() == span.context());
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    CHECK(second.span("after").parent_span_id == "");
}
