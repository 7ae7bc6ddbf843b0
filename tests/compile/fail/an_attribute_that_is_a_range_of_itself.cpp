// EXPECT: an attribute value is a bool, an integer, a floating-point number
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

#include <filesystem>

int main() {
    const std::filesystem::path path("/tmp");
#ifdef SHOULD_FAIL
    NANOTEL_SPAN(span, "span", "path"_attr = path);
#else
    NANOTEL_SPAN(span, "span", "path"_attr = path.native());
#endif
}
