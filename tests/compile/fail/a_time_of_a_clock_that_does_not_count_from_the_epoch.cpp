// EXPECT: steady_clock|no matching|could not convert|no known conversion
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

#include <chrono>

int main() {
#ifdef SHOULD_FAIL
    using std::chrono::steady_clock;
    const nanotel::timestamp begin = steady_clock::now();
#else
    const nanotel::timestamp begin = std::chrono::system_clock::now();
#endif
    NANOTEL_SPAN(span, "span");
    span.set_start_time(begin);
}
