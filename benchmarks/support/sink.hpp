// SPDX-License-Identifier: MIT
// An HTTP server that reads requests, says 200 and does nothing else, in a process of its own.
#pragma once

#include <string>

namespace bench {
void start_sink(); // before there are threads; throws std::system_error
void stop_sink() noexcept;
std::string sink_endpoint();
} // namespace bench
