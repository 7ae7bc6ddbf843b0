// EXPECT: no matching (member )?function for call to .*add
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

enum class outcome { ok, failed };
constinit nanotel::counter<long, nanotel::label<"outcome", outcome>> requests{"requests"};

int main() {
#ifdef SHOULD_FAIL
    requests.add(1);
#else
    requests.add(1, outcome::ok);
#endif
}
