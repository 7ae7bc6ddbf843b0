// SPDX-License-Identifier: MIT
// The modules that share the state of the process, and what is told to all of them. For the sdk.
#pragma once

#include <nanotel/core/diagnostics.hpp>
#include <nanotel/core/platform.hpp>

#include <new>

#if NANOTEL_DETAIL_MODULE_NOTES
#include <dlfcn.h>
#pragma weak dlopen // a program without shared objects need not have it
#endif

namespace nanotel::inline NANOTEL_ABI::detail {

inline pointer_of_module* make_pointer(thread_state& thread) noexcept {
    for (pointer_of_module& free : thread.few_pointers)
        if (!free.pointer) return &free;
    return new (std::nothrow) pointer_of_module;
}
inline void unmake_pointer(thread_state& thread, pointer_of_module* pointer) noexcept {
    for (pointer_of_module& one : thread.few_pointers)
        if (&one == pointer) {
            one.pointer = nullptr;
            return;
        }
    delete pointer;
}

// Belongs to the process, and lives as long. All members are thread-safe.
//
// Every module has its own copy of what the light tier looks at: `runtime`, `recording_enabled`, the pointer
// to the thread's state. The copies are written here, under one lock; who reads them takes none. A module is
// told when it is loaded, by its own constructor, or when the state of the process is made, by whoever makes
// it; all that are there at once, before the first of them may record, since the loader may let one call the
// functions of another. When it is unloaded, nothing here leads to it any more: neither its links, nor its
// pointers in threads that are alive, nor its callbacks. What records and measurements say of it was copied.
class module_registry : public module_home {
public:
    module_registry() noexcept {
        reports = &process_diagnostics;
        reports_layout = diagnostics_layout;
        module_home::join_all = [](module_home& self) noexcept {
            static_cast<module_registry&>(self).join_loaded();
        };
        module_home::leave = [](module_home& self, module_links& module) noexcept {
            static_cast<module_registry&>(self).part_with(module);
        };
    }
    module_registry(const module_registry&) = delete;
    module_registry& operator=(const module_registry&) = delete;

    // Makes this the home of all modules, unless there is one already, which is returned. A module whose
    // notes were taken away is told too, if it is the caller's.
    module_home& claim(module_links& mine) noexcept {
        module_home* winner = this;
#if NANOTEL_DETAIL_MODULE_NOTES
        bool first = true;
        // The first in the order of loading decides between two that come at once: with glibc under the
        // loader's lock; elsewhere nothing is ever unloaded, so that the first stays the first.
        auto tell = [&](const found_module& found) noexcept {
            if (first) {
                module_home* there = nullptr;
                if (!found.links.home.compare_exchange(there, this) && there != this) {
                    winner = there;
                    return false;
                }
                first = false;
            }
            join(found.links);
            found.links.stays = found.links.stays || found.is_program;
            return true;
        };
        each_module(mine.layout, tell);
#endif
        if (winner == this) join(mine);
        return *winner;
    }

    // -- what all modules are told

    // Once, before anything may record.
    void publish(const runtime_table& table) noexcept {
        const signals_blocked quiet;
        const held lock(lock_);
        table_ = &table;
        for (module_links* m = first_; m; m = m->next) m->runtime->store_release(&table);
    }
    // The number of the start, or 0: see recording_enabled.
    void enable(std::uint32_t start) noexcept {
        const signals_blocked quiet;
        const held lock(lock_);
        enabled_ = start;
        for (module_links* m = first_; m; m = m->next) tell_start(*m);
    }
    // The number of the settings of logs: see log_settings.
    void keep_logs(std::uint32_t settings) noexcept {
        const signals_blocked quiet;
        const held lock(lock_);
        log_settings_ = settings;
        for (module_links* m = first_; m; m = m->next) tell_start(*m);
    }

    // -- the pointers of threads

    // The calling thread's. False where memory is short, or the module is gone.
    bool attach(thread_state& thread, module_links& module, thread_state*& pointer) noexcept {
        const signals_blocked quiet;
        const held lock(lock_);
        if (!module.joined) return false;
        for (const pointer_of_module* p = thread.pointers; p; p = p->next)
            if (p->pointer == &pointer) {
                pointer = &thread;
                return true;
            }
        pointer_of_module* const made = make_pointer(thread);
        if (!made) return false;
        *made = {thread.pointers, &pointer, &module};
        thread.pointers = made;
        pointer = &thread;
        return true;
    }

    // In a forked child the thread that forked has another state.
    void hand_over(thread_state& before, thread_state& now) noexcept {
        const signals_blocked quiet;
        const held lock(lock_);
        while (pointer_of_module* const p = before.pointers) {
            before.pointers = p->next;
            if (pointer_of_module* const made = make_pointer(now)) {
                *made = {now.pointers, p->pointer, p->module};
                now.pointers = made;
                *p->pointer = &now;
            } else {
                *p->pointer = p->module->idle;
            }
            unmake_pointer(before, p);
        }
    }

    // The calling thread ends: the state may soon be another's.
    void detach(thread_state& thread) noexcept {
        const signals_blocked quiet;
        const held lock(lock_);
        while (pointer_of_module* const p = thread.pointers) {
            *p->pointer = p->module->idle;
            thread.pointers = p->next;
            unmake_pointer(thread, p);
        }
    }

    // -- for whoever keeps addresses within modules

    // How many were unloaded: what is loaded later may lie where they were.
    std::uint32_t unloaded() const noexcept { return unloaded_.load_acquire(); }

    // Set before the first claim.
    void (*before_join)() noexcept = nullptr;                                        // may be null
    void (*each_thread)(void (*use)(thread_state&, void*), void* context) = nullptr; // may be null

private:
    // Held by a process, so that a child made while another thread had it can take it over: what the lock
    // guards is whole between any two stores. The exchange that takes it acquires what the store that gave it
    // up released.
    class held {
    public:
        explicit held(atomic<std::int32_t>& lock) noexcept : lock_(lock) {
            const std::int32_t self = ::getpid();
            for (;;) {
                std::int32_t owner = lock_.load_relaxed();
                if (owner != self && lock_.compare_exchange(owner, self)) return;
                sched_yield();
            }
        }
        ~held() { lock_.store_release(0); }
        held(const held&) = delete;
        held& operator=(const held&) = delete;

    private:
        atomic<std::int32_t>& lock_;
    };

    void join_loaded() noexcept {
        const signals_blocked quiet;
#if NANOTEL_DETAIL_MODULE_NOTES
        auto tell = [&](const found_module& found) noexcept {
            join(found.links);
            return true;
        };
        each_module(this_module.layout, tell);
#endif
        if (before_join) before_join();
        const held lock(lock_);
        for (module_links* m = first_; m; m = m->next) tell_start(*m);
    }

    void tell_start(module_links& module) const noexcept {
        module.recording_enabled->store_relaxed(enabled_);
        module.log_settings->store_relaxed(enabled_ != 0 ? log_settings_ : log_settings_none);
    }

    // All but that it may record.
    void join(module_links& module) noexcept {
        const signals_blocked quiet;
        {
            const held lock(lock_);
            if (module.joined) return;
            module.joined = true;
            module.next = first_;
            first_ = &module;
            if (table_) module.runtime->store_release(table_);
            module.home.store_release(this);
        }
        module.callbacks.lock();
        while (callback_state* const callback = module.callbacks.first) {
            module.callbacks.first = callback->next;
            callbacks.lock();
            callback->next = callbacks.first;
            callbacks.first = callback;
            callback->list.store_release(&callbacks);
            callbacks.unlock();
        }
        module.callbacks.unlock();
        diagnostics* const told = module.reports.load_acquire();
        if (told && told != reports && module.reports_layout.load_relaxed() == reports_layout)
            reports->adopt(*told);
    }

    void part_with(module_links& module) noexcept {
        if (module.stays) return; // it is the end of the process
        const std::uint64_t give_up = clock_nanoseconds(CLOCK_MONOTONIC) + callback_patience_ns;
        forget_callbacks(callbacks, module, [give_up] {
            const timespec moment{0, 100'000};
            ::nanosleep(&moment, nullptr);
            return clock_nanoseconds(CLOCK_MONOTONIC) < give_up;
        });
        unloaded_.fetch_add_seq_cst(1);
        const signals_blocked quiet;
        const held lock(lock_);
        module.joined = false;
        for (module_links** at = &first_; *at; at = &(*at)->next)
            if (*at == &module) {
                *at = module.next;
                break;
            }
        if (each_thread)
            each_thread(
                [](thread_state& thread, void* gone) {
                    for (pointer_of_module** at = &thread.pointers; pointer_of_module* const p = *at;) {
                        if (p->module != gone) {
                            at = &p->next;
                            continue;
                        }
                        *at = p->next;
                        unmake_pointer(thread, p);
                    }
                },
                &module);
    }

    // How long a module that is unloaded waits for its callbacks to return.
    static constexpr std::uint64_t callback_patience_ns = 10'000'000'000;

    atomic<std::int32_t> lock_;
    module_links* first_ = nullptr;
    const runtime_table* table_ = nullptr;
    std::uint32_t enabled_ = 0;
    std::uint32_t log_settings_ = log_settings_none;
    atomic<std::uint32_t> unloaded_;
};

// Keeps the module loaded for as long as the process lives: threads are going to run its code.
inline void keep_loaded(module_links& module) noexcept {
    if (module.stays) return;
#if NANOTEL_DETAIL_MODULE_NOTES
    char file[4096];
    file[0] = '\0';
    bool is_program = false;
    auto look = [&](const found_module& found) noexcept {
        if (&found.links != &module) return true;
        is_program = found.is_program;
        if (const std::size_t size = __builtin_strlen(found.file); size < sizeof file)
            __builtin_memcpy(file, found.file, size + 1);
        return false;
    };
    each_module(module.layout, look);
    // Never closed.
    if (!is_program && file[0] != '\0' && &::dlopen)
        static_cast<void>(::dlopen(file, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE));
#endif
    module.stays = true;
}

inline void hand_over_pointers(thread_state& before, thread_state& now) noexcept {
    if (module_home* const home = this_module.home.load_acquire())
        static_cast<module_registry&>(*home).hand_over(before, now);
}

// The calling thread ends.
inline void detach_from_modules(thread_state& thread) noexcept {
    current_thread = &idle_thread;
    if (module_home* const home = this_module.home.load_acquire())
        static_cast<module_registry&>(*home).detach(thread);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
