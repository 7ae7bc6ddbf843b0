// EXPECT: an instrumentation scope has a name, a version, a schema URL, then attributes
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

#ifdef SHOULD_FAIL
NANOTEL_INSTRUMENTATION_SCOPE("name", "1.0", "https://example.org", "more");
#else
NANOTEL_INSTRUMENTATION_SCOPE("name", "1.0", "https://example.org", "more"_attr = 1);
#endif

int main() { NANOTEL_SPAN(span, "span"); }
