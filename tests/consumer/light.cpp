// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

int main() { NANOTEL_SPAN(span, "consumer", "answer"_attr = 42); }
