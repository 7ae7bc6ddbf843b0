// EXPECT: inject writes texts that are gone when it returns
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

#include <map>
#include <string>
#include <string_view>

int main() {
#ifdef SHOULD_FAIL
    std::map<std::string_view, std::string_view> carrier;
#else
    std::map<std::string, std::string> carrier;
#endif
    nanotel::inject(carrier);
}
