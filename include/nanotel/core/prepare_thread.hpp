// SPDX-License-Identifier: MIT
// A thread that must not wait prepares before it begins.
#pragma once

#include <nanotel/core/config.hpp>
#ifndef NANOTEL_DISABLED
#include <nanotel/core/interruption.hpp>
#include <nanotel/core/runtime.hpp>
#endif

namespace nanotel::inline NANOTEL_ABI {

#ifdef NANOTEL_DISABLED
inline bool prepare_thread(const char* = nullptr) noexcept { return false; }
#else
/// Registers the calling thread and brings its ring into memory, so that its first span costs what its
/// thousandth does; else the first takes some 20 us. With a name, of which the system keeps 15 characters,
/// the thread is called so. False, and nothing done, without `start` or where memory is short. Worth calling
/// in threads with deadlines, and before signal handlers of the thread record. A site or an instrument that
/// is used for the first time still asks for memory, once.
inline bool prepare_thread(const char* name = nullptr) noexcept {
    detail::thread_state* const thread = detail::this_thread();
    if (!thread || detail::is_interrupted(*thread)) return false;
    const detail::change_of_thread preparing(*thread);
    detail::runtime.load_acquire()->prepare_thread(*thread, name);
    return true;
}
#endif

} // namespace nanotel::inline NANOTEL_ABI
