// SPDX-License-Identifier: MIT
// The threads on which the callbacks of observable instruments run: one that stalls holds up nobody else.
#pragma once

#include <nanotel/core/background_thread.hpp>
#include <nanotel/pipeline/callback_call.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator> // move_iterator
#include <memory>
#include <mutex>

namespace nanotel::inline NANOTEL_ABI::detail {

// One thread calls them, one after another. Where one of them takes long a second thread goes on with those
// that come after it; at the deadline the collection goes on too, and leaves it behind: its thread ends with
// it, and until then it is not called again. What the threads share may outlive this object: a callback that
// never returns is left where it is. All members are thread-safe.
class callback_threads {
public:
    using clock = std::chrono::steady_clock;

    // At once, those included that are left behind: so many callbacks must stall before the others are not
    // asked any more.
    static constexpr std::size_t most = 8;

    explicit callback_threads(metric_store& store) : shared_(std::make_shared<shared>(store)) {}
    callback_threads(const callback_threads&) = delete;
    callback_threads& operator=(const callback_threads&) = delete;
    ~callback_threads() {
        std::unique_lock lock(shared_->mutex);
        shared_->stopping = true;
        shared_->changed.notify_all();
        const auto all_ended = [&] {
            return std::all_of(shared_->workers.begin(), shared_->workers.end(),
                               [](const auto& w) { return w->ended; });
        };
        shared_->changed.wait_for(lock, std::chrono::milliseconds(100), all_ended);
        const auto workers = std::exchange(shared_->workers, {});
        for (const auto& w : workers)
            if (!w->ended) w->thread.detach();
        lock.unlock();
        for (const auto& w : workers)
            if (w->thread.joinable()) w->thread.join();
    }

    // What all callbacks report, or what those report that return before the deadline. Throws where memory is
    // short.
    std::vector<observation> run(clock::time_point deadline) {
        std::vector<callback_state*> all = list_callbacks();
        if (all.empty()) return {};
        std::vector<std::shared_ptr<worker>> ended;
        std::vector<std::string> late;
        std::string trouble;
        std::vector<observation> observed;
        {
            std::unique_lock lock(shared_->mutex);
            ended = take_ended_of(shared_->workers);
            wait_for_turn(lock, deadline);
            const auto mine = std::make_shared<round>(std::move(all));
            ++shared_->rounds;
            try {
                if (give(mine, trouble)) wait_for_calls(lock, mine, deadline, trouble);
            } catch (...) { // no memory: what is there counts
            }
            mine->closed = true;
            std::erase(shared_->waiting, mine);
            --shared_->rounds;
            shared_->changed.notify_all();
            late = std::move(mine->in_flight);
            observed = std::move(mine->observed);
        }
        for (const auto& w : ended) w->thread.join();
        for (const std::string& name : late)
            diagnose(diagnostic_level::warning, name + " stalls",
                     name + " has not returned within the export timeout; the collection goes on without it, "
                            "and it is not called again before it returns. Let callbacks read values, and "
                            "compute them elsewhere");
        if (!trouble.empty()) diagnose(diagnostic_level::error, "metrics:callbacks", trouble);
        return observed;
    }

    // From now on nobody waits for callbacks longer than that, also who waits already.
    void limit(clock::time_point latest) { set(&shared::latest, latest); }
    // The same until it is taken back by the greatest time.
    void hurry(clock::time_point latest) { set(&shared::hurried, latest); }

private:
    // The callbacks of one collection.
    struct round {
        explicit round(std::vector<callback_state*> of) : all(std::move(of)) { in_flight.reserve(most); }

        std::vector<callback_state*> all;
        std::size_t next = 0;               // the first that nobody has begun
        std::size_t returned = 0;           // calls
        std::size_t calling = 0;            // threads
        std::vector<std::string> in_flight; // what they call
        bool closed = false;                // nobody waits for it any more
        std::vector<observation> observed;

        bool is_done() const noexcept { return next == all.size() && calling == 0; }

        // What a callback has reported that has returned.
        void take(std::vector<observation>& reported, const std::string& name) noexcept {
            if (const auto here = std::find(in_flight.begin(), in_flight.end(), name);
                here != in_flight.end())
                in_flight.erase(here);
            if (closed) return;
            try {
                observed.insert(observed.end(), std::move_iterator(reported.begin()),
                                std::move_iterator(reported.end()));
            } catch (...) { // no memory: it misses this collection
            }
        }
    };

    struct worker {
        std::thread thread;
        bool ended = false;
    };

    // All of it is under the mutex, and so are the rounds.
    struct shared {
        explicit shared(metric_store& of) noexcept : store(of) {}

        metric_store& store; // lives as long as the process
        std::mutex mutex;
        std::condition_variable changed;
        std::deque<std::shared_ptr<round>> waiting; // for a thread
        std::vector<std::shared_ptr<worker>> workers;
        std::size_t idle = 0;   // workers that wait for a round
        std::size_t rounds = 0; // under way
        clock::time_point latest = clock::time_point::max();
        clock::time_point hurried = clock::time_point::max();
        bool stopping = false;

        clock::time_point limit() const noexcept { return std::min(latest, hurried); }

        void serve(worker& me) noexcept {
            std::unique_lock lock(mutex);
            while (!stopping) {
                ++idle;
                changed.wait(lock, [&] { return stopping || !waiting.empty(); });
                --idle;
                if (stopping) break;
                const std::shared_ptr<round> mine = std::move(waiting.front());
                waiting.pop_front();
                while (!stopping && !mine->closed && mine->next < mine->all.size()) call_next(lock, *mine);
                changed.notify_all();
                if (idle != 0) break; // it was left behind, or has helped
            }
            me.ended = true;
            changed.notify_all();
        }

        void call_next(std::unique_lock<std::mutex>& lock, round& mine) noexcept {
            callback_state* const callback = mine.all[mine.next++];
            ++mine.calling;
            lock.unlock();
            if (begin_call(callback)) {
                gathered_observations reported(store);
                const std::string name = name_of(*callback);
                lock.lock();
                // What is not waited for any more is not begun: should it stall, nobody would say so.
                const bool is_wanted = !mine.closed;
                try {
                    if (is_wanted) mine.in_flight.push_back(name);
                } catch (...) { // no memory: should it stall, that is not said
                }
                lock.unlock();
                if (is_wanted) call(*callback, name, reported);
                lock.lock();
                mine.take(reported.all, name);
                lock.unlock();
                end_call(callbacks_of_process(), *callback);
            }
            lock.lock();
            --mine.calling;
            ++mine.returned;
            changed.notify_all();
        }
    };

    void set(clock::time_point shared::* which, clock::time_point to) {
        const std::lock_guard lock(shared_->mutex);
        (*shared_).*which = to;
        shared_->changed.notify_all();
    }

    // -- under the mutex

    // Those that run at once are of one collection, unless that would take too long.
    void wait_for_turn(std::unique_lock<std::mutex>& lock, clock::time_point deadline) {
        const auto patient_until = half_way_to(deadline);
        while (shared_->rounds != 0) {
            const auto until = std::min(patient_until, shared_->limit());
            if (clock::now() >= until) return;
            shared_->changed.wait_until(lock, until);
        }
    }

    void wait_for_calls(std::unique_lock<std::mutex>& lock, const std::shared_ptr<round>& mine,
                        clock::time_point deadline, std::string& trouble) {
        std::size_t returned = 0;
        clock::time_point look_at = next_look(deadline);
        while (!mine->is_done()) {
            const auto until = std::min(deadline, shared_->limit());
            const auto now = clock::now();
            if (now >= until) return;
            if (now >= look_at) {
                const bool is_held_up = mine->calling != 0 && mine->returned == returned;
                if (is_held_up && mine->next < mine->all.size() && !is_waiting(mine))
                    static_cast<void>(give(mine, trouble));
                returned = mine->returned;
                look_at = next_look(until);
            }
            shared_->changed.wait_until(lock, std::min(until, look_at));
        }
    }

    bool is_waiting(const std::shared_ptr<round>& mine) const {
        return std::find(shared_->waiting.begin(), shared_->waiting.end(), mine) != shared_->waiting.end();
    }

    // To a thread, if need be a new one. False, with the reason, where there is none.
    bool give(const std::shared_ptr<round>& mine, std::string& trouble) {
        shared& s = *shared_;
        s.waiting.push_back(mine);
        s.changed.notify_all();
        if (s.idle >= s.waiting.size()) return true;
        try {
            const auto living =
                std::count_if(s.workers.begin(), s.workers.end(), [](const auto& w) { return !w->ended; });
            if (static_cast<std::size_t>(living) < most) {
                auto made = std::make_shared<worker>();
                s.workers.reserve(s.workers.size() + 1);
                made->thread =
                    start_background_thread("nanotel-observe", [all = shared_, made] { all->serve(*made); });
                s.workers.push_back(std::move(made));
                return true;
            }
            trouble = std::to_string(living) +
                      " callbacks of observable instruments have not returned, and no more threads are spent "
                      "on them: observable instruments are missing until one returns";
        } catch (const std::exception& e) {
            trouble = std::string("no thread could be had for the callbacks of observable instruments, which "
                                  "are missing from this collection: ") +
                      e.what();
        }
        std::erase(s.waiting, mine);
        return false;
    }

    static std::vector<std::shared_ptr<worker>> take_ended_of(std::vector<std::shared_ptr<worker>>& workers) {
        const auto first =
            std::partition(workers.begin(), workers.end(), [](const auto& w) { return !w->ended; });
        std::vector<std::shared_ptr<worker>> ended(first, workers.end());
        workers.erase(first, workers.end());
        return ended;
    }

    static clock::time_point next_look(clock::time_point deadline) {
        using std::chrono::milliseconds;
        const auto now = clock::now();
        return now + std::clamp<clock::duration>((deadline - now) / 2, milliseconds(1), milliseconds(1'000));
    }
    static clock::time_point half_way_to(clock::time_point deadline) {
        const auto now = clock::now();
        return deadline > now ? now + (deadline - now) / 2 : now;
    }

    const std::shared_ptr<shared> shared_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
