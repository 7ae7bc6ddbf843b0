// SPDX-License-Identifier: MIT
// The instrumentation: include it in every file that is instrumented. No third-party header, a few tenths of
// a second.
#pragma once

#include <nanotel/core/context.hpp>
#include <nanotel/trace/trace.hpp>
