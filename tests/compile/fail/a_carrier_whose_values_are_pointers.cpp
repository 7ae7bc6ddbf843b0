// EXPECT: inject writes texts that are gone when it returns
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

#include <string>
#include <utility>
#include <vector>

int main() {
#ifdef SHOULD_FAIL
    std::vector<std::pair<std::string, const char*>> carrier;
#else
    std::vector<std::pair<std::string, std::string>> carrier;
#endif
    nanotel::inject(carrier);
}
