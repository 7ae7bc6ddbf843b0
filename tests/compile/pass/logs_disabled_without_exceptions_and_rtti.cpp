// FLAGS: -fno-exceptions -fno-rtti -DNANOTEL_DISABLED
// SPDX-License-Identifier: MIT
// The same without telemetry.
#include "logs_without_exceptions_and_rtti.cpp"
