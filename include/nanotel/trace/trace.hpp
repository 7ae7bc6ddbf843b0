// SPDX-License-Identifier: MIT
// Spans, whole.
#pragma once

#ifdef NANOTEL_DISABLED
#include <nanotel/trace/disabled_span.hpp>
#else
#include <nanotel/trace/detached_span.hpp>
#include <nanotel/trace/in_span.hpp>
#include <nanotel/trace/schema.hpp>
#endif

#include <nanotel/trace/macros.hpp>
