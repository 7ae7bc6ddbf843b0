// EXPECT: nanotel: behind the body of a log record stand attributes
// SPDX-License-Identifier: MIT
#include <nanotel/log.hpp>

using namespace nanotel::literals;

void say(int number) {
#ifdef SHOULD_FAIL
    nanotel::log(nanotel::severity::info, "the number is {}", number);
#else
    nanotel::log(nanotel::severity::info, "the number is", "number"_attr = number);
#endif
}
