// SPDX-License-Identifier: MIT
// The sdk, compiled once for all programs of tests: see NANOTEL_SDK_ELSEWHERE.
#define NANOTEL_SDK_HERE
#include <nanotel/sdk.hpp>
