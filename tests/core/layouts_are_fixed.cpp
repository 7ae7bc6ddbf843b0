// SPDX-License-Identifier: MIT
// What other processes read: an eBPF profiler the context, a reader of a dead process's rings the records.
#include <nanotel/core/record.hpp>
#include <nanotel/core/thread_state.hpp>

#include <cstddef>
#include <cstring>

#include <doctest/doctest.h>

using namespace nanotel::detail;

// OTEP 4947, thread-local context record: trace-id[16], span-id[8], valid, trace flags, attrs-data-size u16.
static_assert(offsetof(thread_context, trace_id) == 0);
static_assert(offsetof(thread_context, span_id) == 16);
static_assert(offsetof(thread_context, word) == 24);
// The thread-local pointer leads to the context as it is.
static_assert(offsetof(thread_state, context) == 0);
static_assert(std::is_trivially_destructible_v<thread_state>);

static_assert(offsetof(record_header, size) == 0);
static_assert(offsetof(record_header, kind) == 4);
static_assert(offsetof(record_header, flags) == 6);
static_assert(offsetof(record_header, site) == 8);
static_assert(offsetof(record_header, sections) == 12);
static_assert(offsetof(record_header, start_ticks) == 16);
static_assert(offsetof(record_header, end_ticks) == 24);
static_assert(offsetof(record_header, span_id) == 32);
static_assert(offsetof(record_header, parent_id) == 40);
static_assert(offsetof(record_header, trace_id) == 48);
// A log record begins as a span does, so that a reader knows its size and its kind.
static_assert(offsetof(log_header, size) == offsetof(record_header, size));
static_assert(offsetof(log_header, kind) == offsetof(record_header, kind));
static_assert(offsetof(log_header, flags) == offsetof(record_header, flags));
static_assert(offsetof(log_header, site) == offsetof(record_header, site));
static_assert(offsetof(log_header, sections) == offsetof(record_header, sections));
static_assert(offsetof(log_header, trace_id) == 16);
static_assert(offsetof(log_header, span_id) == 32);
static_assert(offsetof(log_header, ticks) == 40);
static_assert(sizeof(section_header) == 8);
static_assert(sizeof(event_body) == 16);
static_assert(sizeof(link_body) == 32);

// The consumer's words are not on the producer's cache lines.
static_assert(offsetof(ring_segment, consumed) - offsetof(ring_segment, written) >= 64);
static_assert(offsetof(thread_state, reader) % 64 == 0);

TEST_CASE("valid and the trace flags stand where a profiler looks") {
    thread_context context{{1, 2}, 3, context_word::valid | context_word::sampled | context_word::random};
    unsigned char bytes[sizeof context];
    std::memcpy(bytes, &context, sizeof context);
    CHECK(bytes[24] == 1);    // valid
    CHECK(bytes[25] == 0x03); // sampled, random
    CHECK(bytes[26] == 0);    // attrs-data-size
    CHECK(bytes[27] == 0);
    // What only we know lies behind the layout.
    context.word |= context_word::remote;
    std::memcpy(bytes, &context, sizeof context);
    CHECK(bytes[24] == 1);
    CHECK(bytes[25] == 0x03);
    CHECK(bytes[26] == 0);
    CHECK(bytes[27] == 0);
    // A root that was not sampled and has no name yet is not valid to a profiler.
    context.word = context_word::unnamed;
    std::memcpy(bytes, &context, sizeof context);
    CHECK(bytes[24] != 1);
}
