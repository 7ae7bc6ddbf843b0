// SPDX-License-Identifier: MIT
// The instrumentation with logs: include it in files that log. Beside the standard library it includes fmt.
#pragma once

#include <nanotel/nanotel.hpp>

#include <nanotel/log/log.hpp>
