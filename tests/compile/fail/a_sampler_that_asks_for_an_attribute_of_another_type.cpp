// EXPECT: an attribute is asked for as bool, std::int64_t, double or std::string_view
// SPDX-License-Identifier: MIT
#include <nanotel/trace/sampling.hpp>

int main() {
    const nanotel::known_attributes none;
#ifdef SHOULD_FAIL
    return none.find<int>("http.response.status_code").has_value();
#else
    return none.find<std::int64_t>("http.response.status_code").has_value();
#endif
}
