// EXPECT: nanotel_labels\(\) has a value twice
// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

enum class code { ok = 200, fine = 200, not_found = 404 };

#ifdef SHOULD_FAIL
constexpr auto nanotel_labels(code) {
    return nanotel::label_names<code>({{code::ok, "ok"}, {code::fine, "fine"}});
}
#else
constexpr auto nanotel_labels(code) {
    return nanotel::label_names<code>({{code::ok, "ok"}, {code::not_found, "fine"}});
}
#endif

std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"k", code>>;
