// SPDX-License-Identifier: MIT
// The whole: the instrumentation, and what sends it. Include it in one file, the one with main().
#pragma once

#include <nanotel/log.hpp>
#include <nanotel/nanotel.hpp>

#include <nanotel/exporters/console.hpp>
#include <nanotel/exporters/file.hpp>
#include <nanotel/exporters/http.hpp>
#include <nanotel/exporters/memory.hpp>
#include <nanotel/exporters/otlp_stdout.hpp>

#ifdef NANOTEL_DISABLED
#include <nanotel/pipeline/disabled_telemetry.hpp>
#else
#include <nanotel/pipeline/telemetry.hpp>
#endif
