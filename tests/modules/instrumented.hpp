// SPDX-License-Identifier: MIT
// Instrumented code that every module of these tests compiles for itself: MODULE is its name.
#pragma once

#include "module_functions.hpp"

#include <nanotel/nanotel.hpp>

#include <memory>
#include <stdexcept>

// Of the labels that are known at run time, and of those of an enum.
#ifndef KEY
#define KEY "colour"
#endif
#ifndef DOMAIN_KEY
#define DOMAIN_KEY "outcome"
#endif

namespace { // what a module has it has alone

using namespace nanotel::literals;

NANOTEL_INSTRUMENTATION_SCOPE(MODULE, "1.0");

enum class outcome { good, bad };

// The same of all modules.
constinit nanotel::counter<> calls{"calls"};
constinit nanotel::counter<std::uint64_t, nanotel::label<DOMAIN_KEY, outcome>> outcomes{"outcomes"};
constinit nanotel::counter<> labelled{"labelled"};
constinit nanotel::histogram<> duration{"duration", {.bounds = {1, 2, 3}}};
// Of this one.
constinit nanotel::gauge<> level{"level." MODULE, {.scope = NANOTEL_SCOPE}};
constinit nanotel::observable_gauge<> observed{"observed." MODULE, {.scope = NANOTEL_SCOPE}};
constinit nanotel::observable_gauge<> observed_once{"observed_once." MODULE, {.scope = NANOTEL_SCOPE}};

struct error_of_module : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void work(void (*inner)()) {
    NANOTEL_SPAN(span, MODULE " works", "module"_attr = MODULE);
    span.add_event("begun in " MODULE, "event key"_attr = "of " MODULE);
    if (inner) inner();
}

void measure(unsigned times) {
    static const nanotel::bound_counter<> bound = calls.bind("by"_attr = MODULE);
    for (unsigned i = 0; i < times; ++i) {
        NANOTEL_SCOPED_SPAN(MODULE " measures");
        calls.add(1);
        bound.add(1);
        outcomes.add(1, i % 2 == 0 ? outcome::good : outcome::bad);
        labelled.add(1, nanotel::key<KEY>{} = "red");
        duration.record(2.5);
        level.set(7);
    }
}

void fail() {
    NANOTEL_SPAN(span, MODULE " fails");
    try {
        throw error_of_module("wrong in " MODULE);
    } catch (const error_of_module& e) {
        span.record_exception(e);
    }
}

void* open() { return new nanotel::span(MODULE " hands over"); }
void close(void* opened) { delete static_cast<nanotel::span*>(opened); }

void observe(bool on) {
    static nanotel::callback_guard guard;
    if (on)
        guard = observed.observe([](const auto& o) { o.observe(5); });
    else
        guard.remove();
}
void* observe_for() {
    return new nanotel::callback_guard(observed.observe([](const auto& o) { o.observe(6); }));
}
void forget(void* guard) { delete static_cast<nanotel::callback_guard*>(guard); }
void observe_once() {
    static nanotel::callback_guard guard;
    guard = observed_once.observe([](const auto& o) {
        o.observe(1);
        guard.remove();
    });
}

struct late {
    bool kept = false;
    ~late() {
        if (kept) NANOTEL_SCOPED_SPAN(MODULE " ends a thread");
    }
};
thread_local late at_end_of_thread;
void keep_thread_local() { at_end_of_thread.kept = true; }

void reject() {
    volatile int amount = -1;
    calls.add(amount);
}

const module_functions functions_of_module{
    work, measure, fail, open, close, observe, observe_for, forget, observe_once, keep_thread_local, reject};

} // namespace
