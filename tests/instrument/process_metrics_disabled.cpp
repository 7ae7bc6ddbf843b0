// SPDX-License-Identifier: MIT
#include <nanotel/instrument/process.hpp>

#include <doctest/doctest.h>

#include <type_traits>
#include <utility>

#ifndef NANOTEL_DISABLED
#error "this file is compiled with NANOTEL_DISABLED"
#endif
// Nothing of it is there, not even what it would include.
#ifdef NANOTEL_DETAIL_LINUX
#error "nanotel/core/platform.hpp has come along"
#endif

TEST_CASE("with NANOTEL_DISABLED the process is not observed, and the line still compiles") {
    auto process = nanotel::observe_process();
    auto moved = std::move(process);
    process = std::move(moved);
    process.remove();
    CHECK(std::is_empty_v<nanotel::process_observation>);
}
