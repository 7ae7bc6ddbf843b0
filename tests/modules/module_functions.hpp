// SPDX-License-Identifier: MIT
#pragma once

/// What a module of these tests can be told to do. The same for modules of every compiler, and of none.
struct module_functions {
    void (*work)(void (*inner)());   ///< a span, in which it calls
    void (*measure)(unsigned times); ///< and a span each time
    void (*fail)();                  ///< a span with an exception
    void* (*open)();                 ///< a span that is left open
    void (*close)(void* opened);     ///< of whichever module
    void (*observe)(bool on);
    void* (*observe_for)(); ///< the guard is the caller's
    void (*forget)(void* guard);
    void (*observe_once)();      ///< a callback that removes itself
    void (*keep_thread_local)(); ///< records when the thread ends
    void (*reject)();            ///< a measurement that is none, of which a diagnostic tells
};

/// As a shared object exports it.
using instrumented_function = const module_functions* (*)();
