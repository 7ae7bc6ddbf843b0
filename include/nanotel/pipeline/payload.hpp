// SPDX-License-Identifier: MIT
// A request body while it waits to be sent, and how much of them may wait.
#pragma once

#include <nanotel/exporters/exporter.hpp>
#include <nanotel/otlp/byte_buffer.hpp>

#include <chrono>
#include <memory>
#include <string_view>

namespace nanotel::inline NANOTEL_ABI::detail {

// Destinations that take the same data hold the same bytes.
using shared_body = std::shared_ptr<const byte_buffer>;

struct queued_payload {
    shared_body body;
    std::uint64_t items = 0;
    signal kind = signal::traces;
    std::chrono::milliseconds timeout{0}; // of one attempt; 0: as the sender's options say
    std::uint64_t number = 0;             // no other of this queue has it

    std::size_t size() const noexcept { return body->size(); }
    std::string_view text() const noexcept { return {body->data(), body->size()}; }
};

struct queue_options {
    std::size_t bytes = std::size_t{64} << 20;
    std::uint64_t items = 0; // spans in memory; 0: no limit
    std::uint64_t logs = 0;  // log records
    // How long a full queue holds up push, and so at last the threads that record, before it drops.
    std::chrono::nanoseconds patience{0};
    // The same, while payloads are being moved to disk.
    std::chrono::nanoseconds spill_patience{1'000'000'000};
    std::chrono::nanoseconds disk_pause{5'000'000'000}; // after the disk has refused one
};

} // namespace nanotel::inline NANOTEL_ABI::detail
