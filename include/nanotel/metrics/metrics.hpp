// SPDX-License-Identifier: MIT
// Metrics, whole; or, with NANOTEL_DISABLED, their shape alone.
#pragma once

#ifdef NANOTEL_DISABLED
#include <nanotel/metrics/disabled_instruments.hpp>
#else
#include <nanotel/metrics/counter.hpp>
#include <nanotel/metrics/gauge.hpp>
#include <nanotel/metrics/histogram.hpp>
#include <nanotel/metrics/observable.hpp>
#endif

#include <nanotel/metrics/macros.hpp>
