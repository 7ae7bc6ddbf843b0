// FLAGS: -fno-exceptions -fno-rtti
// SPDX-License-Identifier: MIT
#include <nanotel/log.hpp>

#include <stdexcept>

using namespace nanotel::literals;

int main() {
    NANOTEL_LOG_INFO("{} and {:.1f}", 1, 2.5, "k"_attr = true,
                     nanotel::exception(std::runtime_error("not thrown")));
    NANOTEL_LOG_INFO("{}", 1.5L, nanotel::current_exception());
    nanotel::log(nanotel::severity::warn, "body", "k"_attr = 1);
}
