// SPDX-License-Identifier: MIT
// All that serves one destination: its queue, its threads, its part of the disk.
#pragma once

#include <nanotel/pipeline/sender.hpp>
#include <nanotel/pipeline/spiller.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Nothing of it waits for another outlet.
struct outlet {
    outlet(std::shared_ptr<exporter> to, std::string called, const queue_options& waiting,
           const sender_options& send, send_turns& turns, std::shared_ptr<spool> disk, std::string folder)
        : name(std::move(called)), spool_folder(std::move(folder)), queue(waiting, std::move(disk)),
          spilling(queue), sending(std::move(to), name, queue, turns, send) {}

    const std::string name;
    const std::string spool_folder; // what tells it from others in this process; empty without a spool
    payload_queue queue;
    spiller spilling;
    sender sending;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
