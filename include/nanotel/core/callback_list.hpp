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
    bool removed;          // is not called any more; under the lock
    bool by_itself;        // while it ran: who runs it frees it; under the lock
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

inline void take_out(callback_list& list, const callback_state& callback) noexcept {
    for (callback_state** at = &list.first; *at; at = &(*at)->next)
        if (*at == &callback) {
            *at = callback.next;
            return;
        }
}

// The list that it is in, locked; null when its module has been unloaded.
inline callback_list* lock_list_of(const callback_state& callback) noexcept {
    for (;;) {
        callback_list* const list = callback.list.load_acquire();
        if (!list) return nullptr;
        list->lock();
        if (callback.list.load_acquire() == list) return list;
        list->unlock();
    }
}

// Under the lock of the list, which it gives up. As long as the code of the callback is destroying it,
// another is in its place, so that its module, should it be about to be unloaded, waits.
inline void destroy_callback(callback_list& list, callback_state& callback) noexcept {
    callback_state instead{};
    instead.next = callback.next;
    instead.running = 1;
    instead.runner = this_thread_number();
    instead.removed = true;
    instead.module = callback.module;
    instead.list.store_relaxed(&list);
    for (callback_state** at = &list.first; *at; at = &(*at)->next)
        if (*at == &callback) {
            *at = &instead;
            break;
        }
    list.unlock();
    callback.destroy(callback);
    if (callback_list* const now = lock_list_of(instead)) {
        take_out(*now, instead);
        now->unlock();
    }
}

// When it returns, the callback does not run and never will, and is freed: unless it is the callback itself
// that removes it, which is freed when it returns.
inline void remove_callback(callback_state& callback) noexcept {
    while (callback_list* const list = lock_list_of(callback)) {
        callback.removed = true;
        if (callback.running == 0) return destroy_callback(*list, callback);
        const bool by_itself = callback.runner == this_thread_number();
        callback.by_itself = by_itself;
        list->unlock();
        if (by_itself) return;
        sched_yield();
    }
    // What would destroy it is not there any more.
    if (callback.is_plain_memory) ::operator delete(&callback);
}

// Says that a call has come back.
inline void end_call(callback_list& list, callback_state& callback) noexcept {
    list.lock();
    callback.running = 0;
    if (callback.by_itself && callback.list.load_relaxed()) return destroy_callback(list, callback);
    list.unlock();
}

// The code of the module's callbacks goes, whose guards, elsewhere, were left alive. Where another thread is
// in one, `wait` is called again and again, until it says that enough was waited: at exit, one that never
// returns is left where it is.
template <class Wait>
void forget_callbacks(callback_list& list, const module_links& module, Wait&& wait) noexcept {
    bool waits = true;
    list.lock();
    for (callback_state* c = list.first; c;) {
        if (c->module != &module) {
            c = c->next;
            continue;
        }
        c->removed = true;
        if (waits && c->running != 0 && c->runner != this_thread_number()) {
            list.unlock();
            waits = wait();
            list.lock(); // it may be gone
        } else {
            take_out(list, *c);
            c->is_plain_memory = c->is_plain_memory && c->running == 0; // or it is still used
            c->list.store_release(nullptr);
        }
        c = list.first;
    }
    list.unlock();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
