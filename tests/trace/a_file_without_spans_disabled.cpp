// SPDX-License-Identifier: MIT
// Compiled with NANOTEL_DISABLED: see files_without_spans_link_with_those_that_have_them.cpp.
#include "with_and_without.hpp"

#ifndef NANOTEL_DISABLED
#error "a file whose name ends in _disabled.cpp is to be compiled with NANOTEL_DISABLED"
#endif

namespace nanotel_test {

with_and_without::results work_without_spans() {
    with_and_without::results made;
    made.evaluated = with_and_without::work(made);
    return made;
}

} // namespace nanotel_test
