// SPDX-License-Identifier: MIT
// Logs, whole; or, with NANOTEL_DISABLED, their shape alone.
#pragma once

#include <nanotel/log/check.hpp>
#include <nanotel/log/log_options.hpp>

#ifdef NANOTEL_DISABLED
#include <nanotel/log/disabled_logger.hpp>
#else
#include <nanotel/log/limit.hpp>
#include <nanotel/log/logger.hpp>
#endif

#include <nanotel/log/macros.hpp>
