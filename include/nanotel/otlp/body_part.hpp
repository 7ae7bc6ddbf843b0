// SPDX-License-Identifier: MIT
// A part of a body that was too large for its destination.
#pragma once

#include <cstdint>

#include <nanotel/core/config.hpp>
#include <nanotel/otlp/byte_buffer.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Itself a whole body.
struct body_part {
    byte_buffer body;
    std::uint64_t items = 0; ///< spans, data points or log records
};

} // namespace nanotel::inline NANOTEL_ABI::detail
