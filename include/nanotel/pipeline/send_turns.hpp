// SPDX-License-Identifier: MIT
// No two sends of one exporter at once, also where a shutdown left one behind and the next start has the
// same.
#pragma once

#include <nanotel/exporters/exporter.hpp>

#include <algorithm> // find
#include <mutex>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

// One in the process. Thread-safe.
class send_turns {
public:
    // False while another thread is in a send of it. Who has entered leaves.
    bool enter(const exporter* which) {
        const std::lock_guard lock(mutex_);
        if (std::find(sending_.begin(), sending_.end(), which) != sending_.end()) return false;
        sending_.push_back(which);
        return true;
    }
    void leave(const exporter* which) noexcept {
        const std::lock_guard lock(mutex_);
        sending_.erase(std::find(sending_.begin(), sending_.end(), which));
    }

private:
    std::mutex mutex_;
    std::vector<const exporter*> sending_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
