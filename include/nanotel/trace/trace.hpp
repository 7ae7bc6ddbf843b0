// SPDX-License-Identifier: MIT
// Spans, whole; or, with NANOTEL_DISABLED, their shape alone.
#pragma once

#ifdef NANOTEL_DISABLED
#include <nanotel/trace/disabled_span.hpp>
#else
#include <nanotel/core/current_context.hpp>
#include <nanotel/trace/detached_span.hpp>
#include <nanotel/trace/in_span.hpp>
#endif

#include <nanotel/trace/macros.hpp>
#include <nanotel/trace/schema.hpp>
