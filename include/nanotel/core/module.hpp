// SPDX-License-Identifier: MIT
// The modules of a process: the program and each shared object that has instrumented code. Each has variables
// of its own, and finds the others by a note.
#pragma once

#include <nanotel/core/callback_list.hpp>

#include <cstddef>
#include <cstdint>

#if defined(__linux__) && defined(__ELF__) && defined(__LP64__) && !defined(NANOTEL_PORTABLE)
// A variable of which every module has its own, whatever the linker and the loader are told: what one of them
// is told of is then never shared with another by accident, nor is any kept from being unloaded.
#define NANOTEL_DETAIL_OF_MODULE [[gnu::visibility("hidden")]]
#define NANOTEL_DETAIL_MODULE_NOTES 1
// As the program headers of each are given by the loader. Declared here, since <link.h> is no header of the
// light tier.
struct dl_phdr_info;
#else
// One variable for all that the loader lets share it.
#define NANOTEL_DETAIL_OF_MODULE
#define NANOTEL_DETAIL_MODULE_NOTES 0
#endif

namespace nanotel::inline NANOTEL_ABI::detail {

struct runtime_table; // core/runtime.hpp
struct thread_state;  // core/thread_state.hpp
struct process_state; // pipeline/process.hpp
class diagnostics;    // core/diagnostics.hpp

// The state of the process as a module sees it. Made by the first that needs it, and never unmade; the module
// that made it stays loaded.
struct module_home {
    // Tells all modules that are loaded and were not told.
    void (*join_all)(module_home&) noexcept = nullptr;
    // The module is about to be unloaded.
    void (*leave)(module_home&, module_links&) noexcept = nullptr;
    callback_list callbacks{}; // of all modules that have joined
    // For modules of the whole library, where theirs is the same layout.
    std::uint64_t sdk_layout = 0;
    process_state* process = nullptr;
    // In the module that made it; of this layout alone.
    std::uint64_t reports_layout = 0;
    diagnostics* reports = nullptr;
};

// What a module says of itself. It is written to under the lock of the home, but for its own callbacks.
struct module_links {
    // First, and compared before anything else is read: modules that were compiled with another version of
    // this do not see each other.
    std::uint64_t layout;
    const void* note; // nothing but what keeps the linker from leaving it out
    atomic<const runtime_table*>* runtime;
    atomic<std::uint32_t>* recording_enabled;
    atomic<std::uint32_t>* log_settings;
    thread_state* idle;
    // Null before anything was started. Release, with all that it leads to; acquire by whoever follows it.
    atomic<module_home*> home{};
    module_links* next = nullptr;
    bool joined = false;
    bool stays = false;        // is never unloaded
    callback_list callbacks{}; // of before it has joined
    atomic<std::uint64_t> reports_layout{};
    atomic<diagnostics*> reports{}; // where it was told something before it has joined
};

#if NANOTEL_DETAIL_MODULE_NOTES

extern "C" int dl_iterate_phdr(int (*)(::dl_phdr_info*, std::size_t, void*), void*);

// The beginning of dl_phdr_info, and Elf64_Phdr.
struct loaded_object {
    std::uintptr_t base;
    const char* name;
    const struct program_header* headers;
    std::uint16_t header_count;
};
struct program_header {
    std::uint32_t type;
    std::uint32_t flags;
    std::uint64_t offset;
    std::uint64_t address;
    std::uint64_t physical_address;
    std::uint64_t size_in_file;
    std::uint64_t size;
    std::uint64_t alignment;
};

// As an entry of a note segment begins; the name and the description follow.
struct note_header {
    std::uint32_t name_size;
    std::uint32_t description_size;
    std::uint32_t type;
};
inline constexpr std::uint32_t module_note_type = 1;

// The record that the notes of an object lead to, or null.
inline module_links* find_links(const loaded_object& object, std::uint64_t layout) noexcept {
    for (unsigned i = 0; i < object.header_count; ++i) {
        const program_header& segment = object.headers[i];
        if (segment.type != 4) continue; // PT_NOTE
        const std::uint64_t align = segment.alignment == 8 ? 8 : 4;
        const auto* at = reinterpret_cast<const char*>(object.base + segment.address);
        for (std::uint64_t left = segment.size; left > sizeof(note_header);) {
            note_header header;
            __builtin_memcpy(&header, at, sizeof header);
            const std::uint64_t name_end = sizeof header + header.name_size;
            const std::uint64_t begin = (name_end + align - 1) & ~(align - 1);
            const std::uint64_t end = (begin + header.description_size + align - 1) & ~(align - 1);
            if (begin + header.description_size > left) break;
            if (header.type == module_note_type && header.name_size == 8 && header.description_size == 8 &&
                __builtin_memcmp(at + sizeof header, "nanotel", 8) == 0) {
                std::int64_t distance;
                __builtin_memcpy(&distance, at + begin, sizeof distance);
                auto* const links = reinterpret_cast<module_links*>(
                    reinterpret_cast<std::uintptr_t>(at + begin) + static_cast<std::uintptr_t>(distance));
                if (links->layout == layout) return links;
            }
            if (end >= left) break;
            at += end;
            left -= end;
        }
    }
    return nullptr;
}

struct found_module {
    module_links& links;
    const char* file;
    bool is_program;
};

// Calls `use` for each module, in the order in which they were loaded, until it says false. With glibc the
// loader's lock is held meanwhile: nothing is loaded or unloaded.
template <class Use>
void each_module(std::uint64_t layout, Use& use) noexcept {
    struct search {
        std::uint64_t layout;
        Use& use;
        bool first;
    } wanted{layout, use, true};
    dl_iterate_phdr(
        [](::dl_phdr_info* info, std::size_t, void* data) {
            auto& search_for = *static_cast<search*>(data);
            const auto& object = *reinterpret_cast<const loaded_object*>(info);
            const bool is_program = search_for.first;
            search_for.first = false;
            module_links* const links = find_links(object, search_for.layout);
            return links && !search_for.use(found_module{*links, object.name, is_program}) ? 1 : 0;
        },
        &wanted);
}

#endif

// When a module is loaded: something may have been started before. The first module in the order of loading
// knows, for it is the oldest that is left, and whoever starts tells all that are there.
[[gnu::noinline, gnu::cold]] inline module_home*
find_home([[maybe_unused]] const module_links& mine) noexcept {
    module_home* home = mine.home.load_acquire();
#if NANOTEL_DETAIL_MODULE_NOTES
    if (!home) {
        auto ask = [&](const found_module& found) noexcept {
            home = found.links.home.load_acquire();
            return home == nullptr;
        };
        each_module(mine.layout, ask);
    }
#endif
    return home;
}

// When a module is unloaded.
inline void leave_home(module_links& mine) noexcept {
    if (module_home* const home = mine.home.load_acquire())
        home->leave(*home, mine);
    else
        forget_callbacks(mine.callbacks, mine, [] {
            sched_yield();
            return true; // none runs, and what is being destroyed soon is
        });
}

inline void add_callback(module_links& module, callback_state& callback) noexcept {
    callback.module = &module;
    for (;;) {
        module_home* const home = module.home.load_acquire();
        callback_list& list = home ? home->callbacks : module.callbacks;
        list.lock();
        // Otherwise who joins the modules, for which it takes the lock after it has set the home, finds it.
        if (module.home.load_acquire() == home) {
            callback.next = list.first;
            list.first = &callback;
            callback.list.store_release(&list);
            list.unlock();
            return;
        }
        list.unlock();
    }
}

} // namespace nanotel::inline NANOTEL_ABI::detail
