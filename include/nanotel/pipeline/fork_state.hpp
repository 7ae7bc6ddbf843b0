// SPDX-License-Identifier: MIT
// What the process keeps for its forked children. See pipeline/fork.hpp.
#pragma once

#include <nanotel/core/platform.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

struct restart_plan;
class spool;

struct fork_state {
    std::mutex mutex; // guards what follows, held to exchange or list a pointer and no longer
    // How a child goes on: there from the end of a start to the begin of its shutdown.
    std::shared_ptr<restart_plan> plan;
    // In a child, the plan that it was forked with, and so all that its parent had built. Never given up: the
    // threads that it belongs to are not there, so that nothing of it can be destroyed.
    std::shared_ptr<restart_plan> kept;
    // What may hold locks of files: each from before its first to after its last, and so longer than there is
    // a plan.
    std::vector<spool*> disks;
    sigset_t signals{}; // of the thread that forks, between the handlers

    // 1 in a forked child that is to go on and has not recorded yet. Release when it went on or cannot:
    // whoever reads 0 sees what was built.
    atomic<std::uint32_t> pending;
    // Goes on; false where it cannot. Set before the first fork that can be pending.
    bool (*restart)() noexcept = nullptr;
    bool restarted = false; // what runs was started by that: under the mutex of the process
};

} // namespace nanotel::inline NANOTEL_ABI::detail
