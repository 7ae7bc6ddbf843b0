// EXPECT: no matching (member )?function for call to .*add
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

constinit nanotel::counter<> requests{"requests"};

int main() {
#ifdef SHOULD_FAIL
    requests.add(1, true);
#else
    requests.add(1, "cached"_attr = true);
#endif
}
