// SPDX-License-Identifier: MIT
#include <nanotel/sdk.hpp>

using namespace nanotel::literals;

int main() {
    auto telemetry = nanotel::start({.service_name = "consumer"});
    NANOTEL_SPAN(span, "consumer", "answer"_attr = 42);
}
