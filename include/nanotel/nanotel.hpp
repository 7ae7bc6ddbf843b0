// SPDX-License-Identifier: MIT
// The instrumentation: include it in every file that is instrumented. No third-party header, and a fraction
// of a second to compile.
#pragma once

#include <nanotel/core/prepare_thread.hpp>
#include <nanotel/core/typed_key.hpp>
#include <nanotel/trace/trace.hpp>

#include <nanotel/metrics/metrics.hpp>

#include <nanotel/propagation/propagators.hpp>
