// SPDX-License-Identifier: MIT
// One call of the callback of an observable instrument, and what it reports.
#pragma once

#include <nanotel/core/diagnostics.hpp>
#include <nanotel/metrics/metric_store.hpp>
#include <nanotel/metrics/observations.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// What the callbacks of one collection report.
struct gathered_observations : observation_sink {
    explicit gathered_observations(metric_store& into) noexcept : observation_sink{&gather}, store(into) {}

    // The instrument is looked up while its callback runs: afterwards it may go.
    static void gather(observation_sink& self, const instrument_state& instrument, const label_set& set,
                       std::uint64_t bits) noexcept {
        auto& mine = static_cast<gathered_observations&>(self);
        try {
            mine.all.push_back({&mine.store.known(const_cast<instrument_state&>(instrument)),
                                {reinterpret_cast<const char*>(set.sections), set.size},
                                set.complete,
                                bits});
        } catch (...) { // no memory: the series misses this collection
        }
    }

    metric_store& store;
    std::vector<observation> all;
};

// All that there are, the oldest first: values of one series are to be given in the order of time. By the
// time that one is called it may be gone: see begin_call. Throws where memory is short.
inline std::vector<callback_state*> list_callbacks() {
    callback_list& list = callbacks_of_process();
    std::vector<callback_state*> all;
    // Room is made without the lock; where more have come meanwhile, once more.
    for (bool complete = false; !complete;) {
        std::size_t count = 0;
        list.lock();
        for (const callback_state* c = list.first; c; c = c->next) ++count;
        list.unlock();
        all.clear();
        all.reserve(count);
        list.lock();
        callback_state* c = list.first;
        for (; c && all.size() < all.capacity(); c = c->next) all.push_back(c);
        list.unlock();
        complete = c == nullptr;
    }
    std::reverse(all.begin(), all.end()); // the newest is the first in the list
    return all;
}

// Whether it is there and nobody is in it, be it a thread of an earlier start: then it is called by this
// thread, and its guard waits for end_call.
inline bool begin_call(callback_state* callback) noexcept {
    callback_list& list = callbacks_of_process();
    list.lock();
    callback_state* c = list.first;
    while (c && c != callback) c = c->next;
    const bool begins = c && c->running == 0 && !c->removed;
    if (begins) {
        c->running = 1;
        c->runner = this_thread_number();
    }
    list.unlock();
    return begins;
}

// For diagnostics; empty where there is no memory for it. While the callback has begun and not run yet:
// after it, its instrument may be gone.
inline std::string name_of(const callback_state& callback) noexcept {
    try {
        return "the callback of the " + std::string(to_string(callback.instrument->kind)) + " '" +
               to_string(callback.instrument->name) + "'";
    } catch (...) {
        return {};
    }
}

inline void call(callback_state& callback, const std::string& name, observation_sink& reported) noexcept {
    std::string problem;
    try {
        try {
            return callback.call(callback, reported);
        } catch (const std::exception& e) {
            problem = e.what();
        } catch (...) {
            problem = "it threw what is no std::exception";
        }
        diagnose(diagnostic_level::warning, name,
                 name + " threw: " + problem + "; what it had reported before counts");
    } catch (...) { // no memory to say it
    }
}

} // namespace nanotel::inline NANOTEL_ABI::detail
