// EXPECT: an element of an array is a bool, a number, a string
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

#include <vector>

struct order {
    int number;
};

int main() {
#ifdef SHOULD_FAIL
    const std::vector<order> values{{1}};
#else
    const std::vector<int> values{1};
#endif
    NANOTEL_SPAN(span, "span", "orders"_attr = values);
}
