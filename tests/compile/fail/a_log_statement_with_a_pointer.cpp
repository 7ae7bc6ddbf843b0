// EXPECT: nanotel: a log statement does not follow a pointer
// SPDX-License-Identifier: MIT
#include <nanotel/log.hpp>

void say(const int* number) {
#ifdef SHOULD_FAIL
    NANOTEL_LOG_INFO("the number is {}", number);
#else
    NANOTEL_LOG_INFO("the number is {} at {}", *number, static_cast<const void*>(number));
#endif
}
