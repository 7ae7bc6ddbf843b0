// EXPECT: nanotel: the interval of a log statement is a std::chrono::duration
// SPDX-License-Identifier: MIT
#include <nanotel/log.hpp>

#include <chrono>

void say() {
#ifdef SHOULD_FAIL
    NANOTEL_LOG_INFO_EVERY(5, "once in a while");
#else
    NANOTEL_LOG_INFO_EVERY(std::chrono::seconds(5), "once in a while");
#endif
}
