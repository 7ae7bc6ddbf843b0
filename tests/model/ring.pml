// SPDX-License-Identifier: MIT
// The protocol between a thread that records and the collector thread, for tests/model/run to search exhaustively.
//
// What stands for what:
//   writer      ring_writer, thread_registry::make_room and grow, the end of a thread (core/ring.hpp, thread_registry.hpp)
//   collector   ring_reader::drain, collector::sweep, drain and sleep, thread_registry::recycle (pipeline/collector.hpp)
//   requester   collector::request_flush and stop
//   memory      store buffers: what a thread has stored reaches the others later, in its order, as on x86-64. An operation
//               that is sequentially consistent, or exchanges, waits until the buffer of its thread is empty; membarrier(2)
//               until that of the other is. Weaker processors keep the same orders by the releases and acquires of the
//               code; each of those that is needed for it is left out by one of the mutants, in the order it would allow.
//
// Nobody's sleep has a timeout: who would be woken by it alone shows as a deadlock or by an assertion. With TIMEOUT that of
// the collector thread may end at any time, for a search where nobody else would wake it.
//
// Size of the search: CAPACITY places of the first segment, SEGMENTS that may be made, RECORDS of each of LIVES threads
// that use one state after another, sizes up to LARGEST places, FLUSHES that are asked for at any time. BLOCK: a record
// that finds no room waits. Positions are bounded by these, orders are not.
//
// That no ring fills unheard is asserted where no record is larger than an eighth of its ring. One that is larger, in a ring
// that may not grow, can find it full with the collector thread asleep, and is then the one that wakes it.
//
// Mutants, one at a time, by -DMUTANT_…; each must be refuted.

#ifndef CAPACITY
#define CAPACITY 4
#endif
#ifndef SEGMENTS
#define SEGMENTS 1
#endif
#ifndef RECORDS
#define RECORDS 6
#endif
#ifndef LIVES
#define LIVES 1
#endif
#ifndef LARGEST
#define LARGEST 2
#endif
#ifndef FLUSHES
#define FLUSHES 0
#endif
#ifndef DEPTH
#define DEPTH 3
#endif

#define SLACK (LARGEST - 1)
#define NO_SEGMENT 255
#define NOT_TOLD 255

// Every second segment is a larger one: a thread grows once, and its successor begins with a small one again.
#define capacity_of(s) (CAPACITY << large[s])
#define place(s, position) ((s) * (2 * CAPACITY + SLACK) + ((position) & (capacity_of(s) - 1)))

// -- memory that both sides see

byte data[SEGMENTS * (2 * CAPACITY + SLACK)]; // a record fills its places with its number and size
byte written[SEGMENTS];
byte consumed[SEGMENTS];
byte next[SEGMENTS] = NO_SEGMENT;
bit large[SEGMENTS];
bit freed[SEGMENTS];
byte made = 1; // segments so far

bit ended;
bit waiting;
byte space;
bit sleeping;
byte requests;

// -- under a lock each: the registry's, and that of flushes

bit state_is_free = 1;
byte reader_segment = 0;
byte flush_requested, flush_done;
bit stopping;

// -- the kernel: who sleeps on a futex

bit collector_asleep, writer_asleep;

// -- for the assertions

byte published;     // records that the writer has stored, and
byte visible;       // that have reached memory
byte taken;         // records that the collector thread has read
bit writer_is_done;

// -- store buffers

mtype = { RECORD, WRITTEN, NEXT, ENDED, CONSUMED, SPACE };
chan of_writer = [DEPTH] of { mtype, byte, byte };
#ifdef BLOCK
// Only what waits for room depends on when the stores of the collector thread arrive: elsewhere they arrive at once,
// which is as if it had read on a little later.
chan of_collector = [2] of { mtype, byte, byte };
#define store_consumed(position) of_collector ! CONSUMED, segment, position
#define collector_fence() empty(of_collector)
#else
#define store_consumed(position) consumed[segment] = position
#define collector_fence() true
#endif

#define advanced(position, size) ((((position) ^ ((position) + size)) & capacity_of(segment)) -> \
    ((position) + size) & ~(capacity_of(segment) - 1) : (position) + size)

active proctype memory() {
    mtype what;
    byte where, value;
end_memory:
    do
    :: atomic { of_writer ? what, where, value ->
        if
        :: what == RECORD -> // its first place and its last
            data[where] = value;
            data[where + (value & 1) * (LARGEST - 1)] = value
        :: what == WRITTEN -> assert(!freed[where]); written[where] = value; visible++
        :: what == NEXT -> assert(!freed[where]); next[where] = value
        :: what == ENDED -> ended = 1
        fi;
        what = 0; where = 0; value = 0 }
#ifdef BLOCK
    :: atomic { of_collector ? what, where, value ->
        if
        :: what == CONSUMED -> consumed[where] = value
        :: what == SPACE -> space = value
        fi;
        what = 0; where = 0; value = 0 }
#endif
    od
}

// wake_signal::wake
inline wake(told) {
    told = sleeping;
    if
    :: !told
    :: told ->
        atomic { empty(of_writer) -> told = sleeping; sleeping = 0 };
        if
        :: told -> collector_asleep = 0
        :: !told
        fi
    fi
}

active proctype writer() {
    byte segment, position, limit, told_at, seen, ahead, size, look, life, count;
    bit woke, room;
    byte n; // records of this life
    do
    :: life == LIVES -> break
    :: life < LIVES ->
        // thread_registry::attach
        atomic { state_is_free -> state_is_free = 0;
            segment = reader_segment; position = written[segment]; limit = 0; told_at = NOT_TOLD; n = 0 };
        do
        :: n == RECORDS -> break
        :: atomic { n < RECORDS ->
            n++;
            if
            :: size = 1
            :: LARGEST > 1 -> size = LARGEST
            fi;
            room = 1;
            if
            :: position + size <= limit -> goto hot // the hot path
            :: else
            fi };
            // thread_registry::make_room
again:
            atomic {
                assert(!freed[segment]);
                seen = consumed[segment];
#ifdef MUTANT_RECORD_NOT_COUNTED
                ahead = position - seen;
#else
                ahead = position + size - seen;
#endif
                // A thread that runs out of room has woken the collector thread before, or found it awake.
                assert(ahead <= capacity_of(segment) || CAPACITY < 8 * LARGEST || !collector_asleep || !sleeping);
                if
                :: ahead > capacity_of(segment) -> goto no_room
                :: else
                fi;
                look = capacity_of(segment) / 2;
                if
                :: ahead <= look -> goto found
                :: ahead > look && told_at == seen -> look = capacity_of(segment); goto found
                :: else
                fi };
            wake(woke);
            atomic {
#ifdef MUTANT_ASK_ONCE
                told_at = seen;
#else
                told_at = (woke -> seen : NOT_TOLD);
#endif
                look = (told_at == seen -> capacity_of(segment) : ahead + capacity_of(segment) / 8);
found:
                look = (look < capacity_of(segment) -> look : capacity_of(segment));
                limit = (position & ~(capacity_of(segment) - 1)) + capacity_of(segment);
                limit = (seen + look < limit -> seen + look : limit);
                look = 0; woke = 0; seen = 0; ahead = 0; goto hot };
no_room:
            wake(woke);
            woke = 0;
            if
            :: atomic { made < SEGMENTS && !large[segment] -> look = made; made++; large[look] = 1 }; // grow
#ifdef MUTANT_NEXT_BEFORE_WRITTEN
                next[segment] = look; // without the release it may overtake what was stored before it
#else
                of_writer ! NEXT, segment, look;
#endif
                atomic { segment = look; position = 0; limit = 0; told_at = NOT_TOLD; look = 0; goto again }
            :: true -> // the rings of all are at their limit
#ifdef BLOCK
                atomic { empty(of_writer) -> waiting = 1 };
#ifndef MUTANT_COUNT_AFTER_LOOK
                count = space;
#endif
                if
                :: consumed[segment] == seen ->
#ifdef MUTANT_COUNT_AFTER_LOOK
                    count = space;
#endif
                    wake(woke);
                    atomic { woke = 0; if :: space == count -> writer_asleep = 1 :: else fi };
                    !writer_asleep
                :: consumed[segment] != seen
                fi;
                atomic { waiting = 0; count = 0; goto again }
#else
                atomic { room = 0; look = 0; seen = 0; ahead = 0; goto dropped }
#endif
            fi;
hot:
            atomic {
                published++;
#ifdef MUTANT_PUBLISHED_BEFORE_COPIED
                of_writer ! WRITTEN, segment, advanced(position, size);
                of_writer ! RECORD, place(segment, position), 2 * published + size - 1;
                position = advanced(position, size)
#else
                of_writer ! RECORD, place(segment, position), 2 * published + size - 1;
                position = advanced(position, size);
                of_writer ! WRITTEN, segment, position
#endif
                };
dropped:
            atomic { size = 0 }
        od;
        atomic {
            life++;
#ifdef MUTANT_ENDS_BEFORE_PUBLISHED
            ended = 1;
#else
            of_writer ! ENDED, 0, 0;
#endif
            segment = 0; position = 0; limit = 0; told_at = 0; size = 0; n = 0 }
    od;
    atomic { empty(of_writer) -> writer_is_done = 1 }
}

// ring_reader::drain, then what collector::drain does for a thread that waits
inline drain() {
    do
    ::
#ifdef MUTANT_NEXT_AFTER_WRITTEN
        end = written[segment];
        following = next[segment];
#else
        following = next[segment];
        end = written[segment];
#endif
        do
        :: at == end -> break
        :: at != end ->
#ifdef MUTANT_FREED_BEFORE_READ
            store_consumed(at + 1);
#endif
            atomic {
                assert(!freed[segment]);
                record = data[place(segment, at)];
                size = ((record & 1) -> LARGEST : 1);
                assert(record / 2 == taken + 1);                      // the next one, and
                assert(data[place(segment, at) + size - 1] == record); // whole
                taken++;
                at = advanced(at, size);
                record = 0; size = 0 };
            if
            :: at != end -> store_consumed(at) // now and then
            :: true
            fi
        od;
        store_consumed(at);
        if
        :: following == NO_SEGMENT -> break
        :: following != NO_SEGMENT ->
            atomic { collector_fence() -> // the lock of retire
                freed[segment] = 1; segment = following; following = 0; at = 0; end = 0 }
        fi
    od;
    atomic { end = 0; following = 0 };
#ifdef BLOCK
    atomic { counted++; of_collector ! SPACE, 0, counted };
#ifndef MUTANT_SPACE_NOT_SEQUENTIAL
    collector_fence();
#endif
    if
    :: waiting -> writer_asleep = 0
    :: !waiting
    fi
#endif
}

active proctype collector() {
    byte segment, at, end, following, record, size, requests_seen, flush, counted;
    bit last, is_over, quiet;
    do
    ::
#ifdef MUTANT_REQUESTS_SEEN_LATE
        atomic { flush = flush_requested; last = stopping };
        requests_seen = requests;
#else
        requests_seen = requests;
        atomic { flush = flush_requested; last = stopping };
#endif
        // sweep
#ifndef MUTANT_END_SEEN_AFTER_DRAIN
        is_over = ended;
#endif
        if
        :: next[segment] == NO_SEGMENT && written[segment] == at
        :: else -> drain()
        fi;
#ifdef MUTANT_END_SEEN_AFTER_DRAIN
        is_over = ended;
#endif
        if
        :: is_over -> // recycle
            atomic { collector_fence() ->
                assert(written[segment] == at && next[segment] == NO_SEGMENT); // nothing is thrown away
                ended = 0; is_over = 0;
                if
                :: large[segment] && made < SEGMENTS ->
                    freed[segment] = 1; segment = made; made++; at = 0
                :: else
                fi;
                reader_segment = segment;
                state_is_free = 1 }
        :: !is_over
        fi;
        atomic { flush_done = flush; flush = 0 };
        if
        :: last -> break
        :: !last
        fi;
        // sleep
#ifdef MUTANT_LOOKS_BEFORE_FLAG
        atomic { quiet = (requests == requests_seen && next[segment] == NO_SEGMENT &&
            written[segment] - at <= capacity_of(segment) / 2) };
        atomic { collector_fence() -> sleeping = 1 };
#else
        atomic { collector_fence() -> sleeping = 1 };
#ifndef MUTANT_NO_BARRIER
        empty(of_writer);
#endif
        quiet = (requests == requests_seen);
        if :: quiet -> quiet = (next[segment] == NO_SEGMENT) :: !quiet fi;
        if :: quiet -> quiet = (written[segment] - at <= capacity_of(segment) / 2) :: !quiet fi;
#endif
        if
        :: quiet ->
            atomic { if :: sleeping -> collector_asleep = 1 :: else fi };
#ifdef TIMEOUT
            collector_asleep = 0
#else
            !collector_asleep
#endif
        :: !quiet
        fi;
        atomic { quiet = 0; requests_seen = 0; sleeping = 0 }
    od;
    assert(taken == published)
}

// wake_signal::request; the fences of its sequentially consistent operations have nothing to wait for
inline request() {
    requests++;
    sleeping = 0;
    collector_asleep = 0
}

active proctype requester() {
    byte mine, before, n;
    do
    :: n < FLUSHES ->
        atomic { n++; before = visible; flush_requested++; mine = flush_requested };
        request();
        atomic { flush_done >= mine -> assert(taken >= before); mine = 0; before = 0 } // all that was there
    :: n == FLUSHES -> break
    od;
    atomic { writer_is_done -> stopping = 1 };
    request()
}
