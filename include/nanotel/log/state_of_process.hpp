// SPDX-License-Identifier: MIT
// State behind a lock that a forked child has anew. For the bridges, which stand in no list of the
// pipeline's.
#pragma once

#include <nanotel/core/atomic.hpp>

#include <unistd.h> // getpid

namespace nanotel::inline NANOTEL_ABI::detail {

// In a child a thread that is not there may have held the lock, or may have been changing what it guards. So
// the parent's is neither waited for nor destroyed: the child begins with another, and the parent's is
// leaked.
template <class T>
class state_of_process {
public:
    state_of_process() : now_{new numbered} {}
    ~state_of_process() {
        if (numbered* const last = now_.load_acquire(); last->process == ::getpid()) delete last;
    }
    state_of_process(const state_of_process&) = delete;
    state_of_process& operator=(const state_of_process&) = delete;

    // That of this process. In a child the first call allocates.
    T& get() {
        // Pairs with the exchange of the thread that was first in a child.
        numbered* found = now_.load_acquire();
        if (found->process == ::getpid()) return found->state;
        numbered* const made = new numbered;
        if (now_.compare_exchange(found, made)) return made->state;
        delete made;
        return found->state;
    }
    // The same, or null where a child has not asked for it.
    T* get_if() noexcept {
        numbered* const found = now_.load_acquire();
        return found->process == ::getpid() ? &found->state : nullptr;
    }

private:
    struct numbered {
        const pid_t process = ::getpid();
        T state;
    };

    atomic<numbered*> now_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
