// SPDX-License-Identifier: MIT
// Ids as what is exported names them.
#pragma once

#include <nanotel/core/ids.hpp>

#include <string>

namespace nanotel_test {

inline std::string hex(const nanotel::trace_id& id) { return id.to_hex().c_str(); }
inline std::string hex(const nanotel::span_id& id) { return id.to_hex().c_str(); }

} // namespace nanotel_test
