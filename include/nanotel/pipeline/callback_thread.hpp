// SPDX-License-Identifier: MIT
// The thread on which the callbacks of observable instruments run: one that stalls holds up nobody else.
#pragma once

#include <nanotel/core/background_thread.hpp>
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/metrics/metric_collection.hpp>

#include <condition_variable>

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

// Made when there is a callback. Its state is shared with its thread, which may outlive it: a callback that
// never returns is left where it is.
class callback_thread {
public:
    using clock = std::chrono::steady_clock;

    explicit callback_thread(metric_store& store) : shared_(std::make_shared<shared>(store)) {}
    callback_thread(const callback_thread&) = delete;
    callback_thread& operator=(const callback_thread&) = delete;
    ~callback_thread() {
        if (!thread_.joinable()) return;
        {
            const std::lock_guard lock(shared_->mutex);
            shared_->stopping = true;
            shared_->changed.notify_all();
        }
        std::unique_lock lock(shared_->mutex);
        const bool ended =
            shared_->changed.wait_for(lock, std::chrono::milliseconds(100), [&] { return shared_->ended; });
        lock.unlock();
        if (ended)
            thread_.join();
        else
            thread_.detach();
    }

    // What all callbacks report, or what those report that return before the deadline.
    std::vector<observation> run(clock::time_point deadline) {
        {
            callbacks_of_process().lock();
            const bool any = callbacks_of_process().first != nullptr;
            callbacks_of_process().unlock();
            if (!any) return {};
        }
        if (!thread_.joinable())
            thread_ = start_background_thread("nanotel-observe", [s = shared_] { s->serve(); });
        std::unique_lock lock(shared_->mutex);
        if (shared_->served < shared_->asked) return {}; // one has still not returned, and that was said
        const std::uint64_t mine = ++shared_->asked;
        shared_->changed.notify_all();
        while (shared_->served < mine) {
            const auto until = std::min(deadline, shared_->latest);
            if (clock::now() >= until) break;
            shared_->changed.wait_until(lock, until);
        }
        const bool all = shared_->served >= mine;
        std::vector<observation> observed = std::exchange(shared_->observed, {});
        lock.unlock();
        if (!all)
            diagnose(diagnostic_level::warning, "metrics",
                     "a callback of an observable instrument has not returned within the export timeout; the "
                     "collection goes on without it, and no callback runs before it returns. Let callbacks "
                     "read values, and compute them elsewhere");
        return observed;
    }

    // From now on nobody waits for callbacks longer than that, also who waits already.
    void limit(clock::time_point latest) {
        const std::lock_guard lock(shared_->mutex);
        shared_->latest = latest;
        shared_->changed.notify_all();
    }

private:
    struct shared {
        explicit shared(metric_store& of) noexcept : store(of) {}

        metric_store& store; // lives as long as the process
        std::mutex mutex;
        std::condition_variable changed;
        std::uint64_t asked = 0;
        std::uint64_t served = 0;
        clock::time_point latest = clock::time_point::max();
        bool stopping = false;
        bool ended = false;
        std::vector<observation> observed;

        void serve() noexcept {
            std::unique_lock lock(mutex);
            for (;;) {
                changed.wait(lock, [&] { return stopping || served < asked; });
                if (stopping) break;
                const std::uint64_t now = asked;
                observed.clear();
                lock.unlock();
                call_all(store, [&](std::vector<observation>& reported) {
                    const std::lock_guard adding(mutex);
                    for (observation& o : reported) observed.push_back(std::move(o));
                    return !stopping;
                });
                lock.lock();
                served = now;
                changed.notify_all();
            }
            ended = true;
            changed.notify_all();
        }
    };

    // Each callback once, until `add` says that it was the last. One that is removed meanwhile is not called;
    // its guard waits for one that is being called. Nor is one that a thread of an earlier start is still in.
    template <class Add>
    static void call_all(metric_store& store, Add&& add) noexcept {
        std::vector<callback_state*> all;
        gathered_observations reported(store);
        try {
            // Room is made without the lock; where more have come meanwhile, once more.
            for (std::size_t count = 16; all.empty(); count *= 2) {
                all.reserve(count);
                callbacks_of_process().lock();
                callback_state* c = callbacks_of_process().first;
                for (; c && all.size() < all.capacity(); c = c->next) all.push_back(c);
                callbacks_of_process().unlock();
                if (!c) break;
                all.clear();
            }
        } catch (...) {
            return;
        }
        // The newest is the first in the list; values of one series are to be given in the order of time.
        for (std::size_t i = all.size(); i-- > 0;) {
            callback_state* const callback = all[i];
            callbacks_of_process().lock();
            callback_state* c = callbacks_of_process().first;
            while (c && c != callback) c = c->next;
            if (c && (c->running != 0 || c->removed)) c = nullptr;
            if (c) {
                c->running = 1;
                c->runner = this_thread_number();
            }
            callbacks_of_process().unlock();
            if (!c) continue;
            reported.all.clear();
            call(*c, reported);
            bool goes_on = true;
            try {
                goes_on = add(reported.all);
            } catch (...) { // no memory: they miss this collection
            }
            end_call(callbacks_of_process(), *c);
            if (!goes_on) return;
        }
    }

    static void call(callback_state& callback, observation_sink& reported) noexcept {
        std::string problem;
        try {
            try {
                return callback.call(callback, reported);
            } catch (const std::exception& e) {
                problem = e.what();
            } catch (...) {
                problem = "it threw what is no std::exception";
            }
            const std::string which = "the callback of the " +
                                      std::string(to_string(callback.instrument->kind)) + " '" +
                                      to_string(callback.instrument->name) + "'";
            diagnose(diagnostic_level::warning, which,
                     which + " threw: " + problem + "; what it had reported before counts");
        } catch (...) { // no memory to say it
        }
    }

    const std::shared_ptr<shared> shared_;
    std::thread thread_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
