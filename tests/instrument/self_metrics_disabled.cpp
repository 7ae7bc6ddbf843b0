// SPDX-License-Identifier: MIT
#include <nanotel/instrument/self.hpp>

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

TEST_CASE("with NANOTEL_DISABLED the telemetry does not observe itself, and the line still compiles") {
    auto self = nanotel::observe_telemetry();
    auto moved = std::move(self);
    self = std::move(moved);
    self.remove();
    CHECK(std::is_empty_v<nanotel::telemetry_observation>);
}
