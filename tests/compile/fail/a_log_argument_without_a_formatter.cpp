// EXPECT: nanotel: an argument of a log statement is a bool, a number, a character, a string
// SPDX-License-Identifier: MIT
#include <nanotel/log.hpp>

struct point {
    int x, y;
};

void say(const point& p) {
#ifdef SHOULD_FAIL
    NANOTEL_LOG_INFO("at {}", p);
#else
    NANOTEL_LOG_INFO("at {}/{}", p.x, p.y);
#endif
}
