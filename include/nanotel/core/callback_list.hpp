// SPDX-License-Identifier: MIT
// The callbacks that are asked when a reader collects, of one module or of all.
#pragma once

#include <nanotel/core/atomic.hpp>

#include <cerrno>
#include <cstdint>

namespace nanotel::inline NANOTEL_ABI::detail {

struct instrument_state; // metrics/instrument.hpp
struct observation_sink; // metrics/observable.hpp
struct module_links;     // core/module.hpp
struct callback_list;

// A callback in the list of all. Made when it is registered, freed by its guard.
struct callback_state {
    callback_state* next;
    void (*call)(callback_state&, observation_sink&); // may throw
    void (*destroy)(callback_state&) noexcept;
    instrument_state* instrument;
    std::uint32_t running; // a thread is in `call`; under the lock of the list
    std::uint64_t runner;  // which one
    bool removed;          // by itself, while it ran: who runs it frees it; under the lock
    module_links* module;  // which has its code
    bool is_plain_memory;  // of operator new without an alignment
    // Where it is, which changes under the lock of where it was. Null when its module has been unloaded.
    atomic<callback_list*> list;
};

struct callback_list {
    callback_state* first = nullptr;
    // The exchange that takes it acquires what the store that gave it up released: the list, and what its
    // lock guards in the callbacks. The load only waits, so it is relaxed; the exchange after it decides.
    atomic<std::uint32_t> locked{};

    // Held for a few instructions, never while a callback runs.
    void lock() noexcept {
        while (locked.exchange(1) != 0)
            while (locked.load_relaxed() != 0) {
            }
    }
    bool try_lock() noexcept { return locked.exchange(1) == 0; }
    void unlock() noexcept { locked.store_release(0); }
};

extern "C" int sched_yield() noexcept;

// Which thread this is, for whoever runs callbacks: the same in every module.
inline std::uint64_t this_thread_number() noexcept { return reinterpret_cast<std::uintptr_t>(&errno); }

// Under the lock of the list, which it has again in the end: waits until no other thread is in the callback,
// looking as often as it is told. False where one is, or this one.
inline bool wait_until_idle(callback_list& list, const callback_state& callback,
                            std::uint64_t looks) noexcept {
    while (callback.running != 0) {
        if (callback.runner == this_thread_number() || looks-- == 0) return false;
        list.unlock();
        sched_yield();
        list.lock();
    }
    return true;
}

// When it returns, the callback does not run and never will, and is freed: unless it is the callback itself
// that removes it, which is freed when it returns.
inline void remove_callback(callback_state& callback) noexcept {
    callback_list* list;
    for (;;) {
        list = callback.list.load_acquire();
        if (!list) { // what would destroy it is not there any more
            if (callback.is_plain_memory) ::operator delete(&callback);
            return;
        }
        list->lock();
        if (callback.list.load_acquire() == list) break;
        list->unlock();
    }
    for (callback_state** at = &list->first; *at; at = &(*at)->next)
        if (*at == &callback) {
            *at = callback.next;
            break;
        }
    const bool idle = wait_until_idle(*list, callback, ~std::uint64_t{0});
    if (!idle) callback.removed = true;
    list->unlock();
    if (idle) callback.destroy(callback);
}

// The code of the module's callbacks goes, whose guards, elsewhere, were left alive.
inline void forget_callbacks(callback_list& list, const module_links& module) noexcept {
    list.lock();
    for (callback_state** at = &list.first; callback_state* const callback = *at;) {
        if (callback->module != &module) {
            at = &callback->next;
            continue;
        }
        *at = callback->next;
        wait_until_idle(list, *callback, 1'000'000); // at exit, one that never returns is left where it is
        callback->list.store_release(nullptr);
        at = &list.first; // it was another's meanwhile
    }
    list.unlock();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
