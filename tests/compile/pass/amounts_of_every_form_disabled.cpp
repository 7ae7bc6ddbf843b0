// FLAGS: -Wconversion -DNANOTEL_DISABLED
// SPDX-License-Identifier: MIT
// The same without telemetry.
#include "amounts_of_every_form.cpp"
