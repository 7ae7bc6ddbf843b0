// EXPECT: format_string|invalid format specifier|on_error
// FLAGS: -DNANOTEL_LOG_MIN_SEVERITY=13
// SPDX-License-Identifier: MIT
#include <nanotel/log.hpp>

void say(int number) {
#ifdef SHOULD_FAIL
    NANOTEL_LOG_INFO("{:.2f}", number);
#else
    NANOTEL_LOG_INFO("{:.2f}", static_cast<double>(number));
#endif
}
