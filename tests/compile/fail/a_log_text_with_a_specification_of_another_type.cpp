// EXPECT: format_string|invalid format specifier|on_error
// SPDX-License-Identifier: MIT
#include <nanotel/log.hpp>

void say(const char* text) {
#ifdef SHOULD_FAIL
    NANOTEL_LOG_INFO("{:p}", text); // would be the address of what may be gone
#else
    NANOTEL_LOG_INFO("{:s}", text);
#endif
}
