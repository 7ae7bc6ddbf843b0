// EXPECT: asks_for_more_arguments_than_it_has
// SPDX-License-Identifier: MIT
#include <nanotel/log.hpp>

using namespace nanotel::literals;

void say(int number) {
#ifdef SHOULD_FAIL
    NANOTEL_LOG_INFO("{} of {}", number, "an attribute is no argument"_attr = 1);
#else
    NANOTEL_LOG_INFO("{} of {}", number, 2, "an attribute is no argument"_attr = 1);
#endif
}
