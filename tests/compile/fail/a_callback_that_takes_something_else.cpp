// EXPECT: a callback takes a const nanotel::observer<Number>&
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

constinit nanotel::observable_gauge<> level{"level"};

int main() {
#ifdef SHOULD_FAIL
    const auto guard = level.observe([](int) {});
#else
    const auto guard = level.observe([](const auto& observer) { observer.observe(1); });
#endif
}
