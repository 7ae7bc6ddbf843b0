// SPDX-License-Identifier: MIT
// Compiled with NANOTEL_DISABLED and linked with the others.
#include "measured_with_and_without.hpp"

#ifndef NANOTEL_DISABLED
#error "this file is to be compiled with NANOTEL_DISABLED"
#endif

namespace nanotel_test {

measured_with_and_without::results measure_disabled() { return measured_with_and_without::measure(); }

} // namespace nanotel_test
