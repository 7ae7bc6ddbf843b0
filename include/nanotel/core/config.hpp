// SPDX-License-Identifier: MIT
// The knobs of the library, each with its default, and the names that every header shares.
#pragma once

#define NANOTEL_VERSION_MAJOR 0
#define NANOTEL_VERSION_MINOR 1
#define NANOTEL_VERSION_PATCH 0
#define NANOTEL_VERSION "0.1.0"

// Defined by the user, for a file or for the whole program: the instrumentation macros vanish and the
// function forms do nothing. Files with and without it link together, since each has a namespace of its own.
#ifdef NANOTEL_DISABLED
#define NANOTEL_ABI v0_disabled
#else
#define NANOTEL_ABI v0
#endif

// Bytes of attributes, events, links and texts that a span holds in itself; what does not fit moves to a
// pooled block of its thread. A larger value makes spans larger on the stack. A multiple of 8.
#ifndef NANOTEL_SPAN_INLINE_BYTES
#define NANOTEL_SPAN_INLINE_BYTES 256
#endif

// How the one thread-local pointer of the library is reached. initial-exec makes it one load in shared
// objects too, and takes 8 bytes of the loader's reserve for each object loaded by dlopen. Define it empty
// where the loader has no reserve (musl with dlopen).
#ifndef NANOTEL_TLS_MODEL
#if defined(__PIC__) && !defined(__PIE__)
#define NANOTEL_TLS_MODEL __attribute__((tls_model("initial-exec")))
#else
#define NANOTEL_TLS_MODEL // an executable's own variables are nearer still
#endif
#endif

// 1: take the processor's cycle counter for the clock even where CPUID and the kernel do not both vouch for
// it, as in virtual machines whose clock source is kvm-clock. Wrong where the counter stops or differs
// between processors.
#ifndef NANOTEL_TRUST_CYCLE_COUNTER
#define NANOTEL_TRUST_CYCLE_COUNTER 0
#endif

// The least severity that log statements of a file, or of the program, are compiled with, as its number in
// OTLP: 5 for debug, 9 for info, 13 for warn, 17 for error, 21 for fatal. Statements below it are gone, and
// their arguments are compiled and never evaluated. Files with different values link together.
#ifndef NANOTEL_LOG_MIN_SEVERITY
#define NANOTEL_LOG_MIN_SEVERITY 1
#endif
