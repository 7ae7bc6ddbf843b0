// SPDX-License-Identifier: MIT
// What the machine asks for a span at the least: two clock reads, one id, 64 bytes into a ring of 1 MiB.
#pragma once

namespace bench {
double floor_sample();     // ns an operation, over a batch
double reference_sample(); // the same over a quarter of it, for the brackets
} // namespace bench
