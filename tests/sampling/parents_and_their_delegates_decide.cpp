// SPDX-License-Identifier: MIT
#include "sampled.hpp"

using namespace nanotel::literals;
using nanotel::parent_delegates;
using nanotel::sampler;
using nanotel_test::remote;
using nanotel_test::sampled;

namespace {

using names = std::vector<std::string>;

int evaluated = 0;
int evaluate() { return ++evaluated; }

// One span for each sort of parent, named after it.
void record_below_every_parent() {
    evaluated = 0;
    {
        NANOTEL_SPAN(span, "root", "n"_attr = evaluate());
    }
    {
        NANOTEL_SPAN_FROM(span, remote(true), "remote sampled", "n"_attr = evaluate());
    }
    {
        NANOTEL_SPAN_FROM(span, remote(false), "remote not sampled", "n"_attr = evaluate());
    }
    nanotel::context local = remote(true);
    local.remote = false;
    {
        NANOTEL_SPAN_FROM(span, local, "local sampled", "n"_attr = evaluate());
    }
    local.flags = 2;
    {
        NANOTEL_SPAN_FROM(span, local, "local not sampled", "n"_attr = evaluate());
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
}

names kept_by(sampler by) {
    sampled recorded(std::move(by));
    record_below_every_parent();
    const auto kept = recorded.names();
    // What is dropped has cost no attribute, and is no span that was recorded.
    CHECK(evaluated == static_cast<int>(kept.size()));
    CHECK(recorded.recorded() == kept.size());
    CHECK(recorded.dropped() == 0);
    return kept;
}

} // namespace

TEST_CASE("what is not said follows the parent") {
    CHECK(kept_by({}) == names{"local sampled", "remote sampled", "root"});
    CHECK(kept_by(sampler::always_on()) == names{"local sampled", "remote sampled", "root"});
    CHECK(kept_by(sampler::always_off()) == names{"local sampled", "remote sampled"});
    CHECK(kept_by(sampler::trace_id_ratio(0)) == names{"local sampled", "remote sampled"});
    CHECK(kept_by(sampler::parent_based(sampler::always_off())) == names{"local sampled", "remote sampled"});
}

TEST_CASE("an independent sampler does not look at a parent in another process") {
    CHECK(kept_by(sampler::independent(sampler::always_on())) ==
          names{"local sampled", "remote not sampled", "remote sampled", "root"});
    CHECK(kept_by(sampler::independent(sampler::always_off())) == names{"local sampled"});
}

TEST_CASE("each of the four delegates decides about its own sort of parent") {
    const auto on = sampler::always_on();
    const auto off = sampler::always_off();
    CHECK(kept_by(sampler::parent_based(off, {.remote_parent_sampled = off})) == names{"local sampled"});
    CHECK(kept_by(sampler::parent_based(off, {.remote_parent_not_sampled = on})) ==
          names{"local sampled", "remote not sampled", "remote sampled"});
    CHECK(kept_by(sampler::parent_based(off, {.local_parent_sampled = off})) == names{"remote sampled"});
    CHECK(kept_by(sampler::parent_based(on, {.local_parent_not_sampled = on})) ==
          names{"local not sampled", "local sampled", "remote sampled", "root"});
    CHECK(kept_by(sampler::parent_based(on, {.remote_parent_sampled = off,
                                             .remote_parent_not_sampled = on,
                                             .local_parent_sampled = off,
                                             .local_parent_not_sampled = on})) ==
          names{"local not sampled", "remote not sampled", "root"});
}

TEST_CASE("a ratio as a delegate decides by the randomness of the trace") {
    const auto by =
        sampler::parent_based(sampler::always_on(), {.remote_parent_sampled = sampler::trace_id_ratio(0.5)});
    sampled recorded(by);
    {
        NANOTEL_SPAN_FROM(span, remote(true, 0x7fffffffffffff), "below");
    }
    {
        NANOTEL_SPAN_FROM(span, remote(true, 0x80000000000000), "at the threshold");
    }
    CHECK(recorded.names() == names{"at the threshold"});
}

TEST_CASE("what begins within follows what a delegate said, whatever kind of span it is") {
    sampled recorded(
        sampler::parent_based(sampler::always_off(), {.remote_parent_sampled = sampler::always_off(),
                                                      .remote_parent_not_sampled = sampler::always_on()}));
    for (const bool flag : {true, false}) {
        const nanotel::context from = remote(flag);
        NANOTEL_SPAN_FROM(span, from, "server");
        CHECK(span.is_recording() == !flag);
        CHECK(span.context().trace_id == from.trace_id);
        CHECK(span.context().is_sampled() == !flag);
        CHECK_FALSE(span.context().remote);
        CHECK((span.context().flags & 2) != 0);
        NANOTEL_SPAN(child, "child");
        CHECK(child.is_recording() == !flag);
        NANOTEL_DETACHED_SPAN(detached, "detached");
        CHECK(detached.is_recording() == !flag);
        CHECK(detached.context().is_sampled() == !flag);
        nanotel::in_span("function", [&](nanotel::span& s) { CHECK(s.is_recording() == !flag); });
        const nanotel::context_scope attached(from);
        NANOTEL_SPAN(again, "attached");
        CHECK(again.is_recording() == !flag);
        nanotel::detached_span below("detached below");
        CHECK(below.is_recording() == !flag);
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    const auto server = recorded.span("server");
    CHECK(server.flags == 0x303); // sampled, random, the parent is known to be remote
    CHECK(server.parent_span_id == std::string(remote(false).span_id.to_hex().c_str()));
    CHECK(recorded.span("child").flags == 0x103);
    CHECK(recorded.span("child").parent_span_id == server.span_id);
    CHECK(recorded.names().size() == 6);
}

TEST_CASE("where local parents are asked about, a child may differ from its parent and leaves it as it was") {
    sampled recorded(
        sampler::parent_based(sampler::always_off(), {.local_parent_sampled = sampler::always_off(),
                                                      .local_parent_not_sampled = sampler::always_on()}));
    NANOTEL_SPAN(first, "first");
    const nanotel::context of_first = first.context();
    CHECK_FALSE(of_first.is_sampled());
    {
        NANOTEL_SPAN(second, "second", "a"_attr = 1);
        CHECK(second.is_recording());
        CHECK(second.context().trace_id == of_first.trace_id);
        {
            NANOTEL_SPAN(third, "third");
            CHECK_FALSE(third.is_recording());
            CHECK(third.context().is_valid());
            CHECK_FALSE(third.context().is_sampled());
            CHECK(third.context().span_id != second.context().span_id);
            NANOTEL_SCOPED_SPAN("fourth");
            NANOTEL_DETACHED_SPAN(detached, "fifth");
            CHECK_FALSE(detached.is_recording());
            CHECK(detached.context().is_valid());
        }
        CHECK(nanotel::current_context() == second.context());
    }
    CHECK(nanotel::current_context() == of_first);
    first.end();
    {
        NANOTEL_SPAN(root, "another root"); // nobody has asked for its trace when a detached span begins
        NANOTEL_DETACHED_SPAN(detached, "detached");
        CHECK(detached.is_recording());
        CHECK(detached.context().trace_id == root.context().trace_id);
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    CHECK(recorded.names() == names{"detached", "fourth", "second"});
    CHECK(recorded.span("second").parent_span_id == std::string(of_first.span_id.to_hex().c_str()));
    CHECK(recorded.span("second").attributes["a"] == 1);
}
