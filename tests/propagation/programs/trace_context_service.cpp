// SPDX-License-Identifier: MIT
#include "../../../examples/trace_context_service/main.cpp"
