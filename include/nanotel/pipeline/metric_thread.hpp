// SPDX-License-Identifier: MIT
// The thread of the periodic metric readers: collects when one is due, encodes, hands bodies to the queue.
#pragma once

#include <nanotel/exporters/body_format.hpp>
#include <nanotel/otlp/metric_encoder.hpp>
#include <nanotel/pipeline/callback_threads.hpp>
#include <nanotel/pipeline/export_listener.hpp>
#include <nanotel/pipeline/fan_out.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// The queues of those that take another format than OTLP JSON.
struct metric_route {
    const body_format* format = nullptr; // never null
    fan_out to{};
};

struct reader_schedule {
    std::size_t reader = 0; // its number in stream_settings::readers
    std::chrono::milliseconds interval{60'000};
    std::chrono::milliseconds timeout{30'000};
    std::uint64_t max_points = 0;
    std::size_t max_bytes = std::size_t{4} << 20;
    fan_out to{}; // those that take OTLP JSON
    std::vector<metric_route> others{};
};

// Hands a collection to several encoders.
class shared_sink final : public metric_sink {
public:
    void add_sink(metric_sink& one) { sinks_.push_back(&one); }
    void begin_metric(const metric_description& metric, temporality points) override {
        for (metric_sink* const one : sinks_) one->begin_metric(metric, points);
    }
    void add(const metric_point& point) override {
        for (metric_sink* const one : sinks_) one->add(point);
    }
    void end_metric() override {
        for (metric_sink* const one : sinks_) one->end_metric();
    }

private:
    std::vector<metric_sink*> sinks_;
};

class metric_thread {
public:
    using clock = std::chrono::steady_clock;

    metric_thread(metric_store& store, metric_collection& collection, const site_registry& sites,
                  const resource& is)
        : collection_(collection), sites_(sites), resource_(is), observing_(store) {}
    ~metric_thread() { join(); }
    metric_thread(const metric_thread&) = delete;
    metric_thread& operator=(const metric_thread&) = delete;

    void add(const reader_schedule& schedule) {
        readers_.push_back(std::make_unique<reader>(*this, schedule));
    }

    void start() {
        const auto now = clock::now();
        for (auto& r : readers_) r->due = now + r->schedule.interval;
        thread_ = start_background_thread("nanotel-metrics", [this] { run(); });
    }

    // Collects for every reader now; true when all of it is in the queues. A callback that stalls, also one
    // of a collection under way, leaves half of the time to the others and to what is to be sent.
    bool request_flush(clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        if (!thread_.joinable() || ended_) return true;
        const std::uint64_t mine = ++flush_requested_;
        const auto now = clock::now();
        hurried_ = std::min(hurried_, deadline > now ? now + (deadline - now) / 2 : now);
        observing_.hurry(hurried_);
        changed_.notify_all();
        return changed_.wait_until(lock, deadline, [&] { return flush_done_ >= mine || ended_; });
    }

    // From now on no collection waits for callbacks longer than that, also one that does already, on
    // whichever thread.
    void limit_callbacks(clock::time_point deadline) { observing_.limit(deadline); }
    // The last callbacks, while they can still report; then stop. Where memory is short, the last collection
    // has none of them.
    void observe_for_the_last_time(clock::time_point deadline) noexcept {
        try {
            std::vector<observation> last = observing_.run(deadline);
            const std::lock_guard lock(mutex_);
            last_observed_ = std::move(last);
        } catch (...) {
            diagnose(diagnostic_level::error, "metrics",
                     "memory was short for the last callbacks of observable instruments; their points are "
                     "missing");
        }
    }
    // Ends the thread after one last collection for every reader.
    void stop() {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    void join() {
        if (thread_.joinable()) thread_.join();
    }

    // For a reader that is asked from outside, on its thread.
    void collect(std::size_t number, metric_sink& sink, clock::time_point deadline) {
        std::vector<observation> observed = observing_.run(deadline);
        collection_.collect(number, observed, sink);
    }

    std::uint64_t lost_points() const noexcept { return lost_.load_relaxed(); }
    std::uint64_t collected_points() const noexcept { return collected_.load_relaxed(); }

private:
    // What an encoder has made of a collection, and where it goes.
    struct output {
        explicit output(const fan_out& takers) : to(takers) {}
        point_encoder::body_function keep() {
            return [this](byte_buffer body, std::uint64_t points) {
                bodies.emplace_back(std::move(body), points);
            };
        }
        fan_out to;
        std::vector<std::pair<byte_buffer, std::uint64_t>> bodies{};
        std::uint64_t lost = 0; // of the encoder, as far as it is counted
    };
    struct other_output : output {
        using output::output;
        std::unique_ptr<point_encoder> encoder;
    };

    struct reader {
        reader(metric_thread& thread, const reader_schedule& how)
            : schedule(how), otlp(how.to), encoder(thread.sites_, resource_json(thread.resource_),
                                                   how.max_points, how.max_bytes, otlp.keep()) {
            if (how.to.size() != 0 || how.others.empty()) sinks.add_sink(encoder);
            for (const metric_route& route : how.others) {
                auto made = std::make_unique<other_output>(route.to);
                const std::uint64_t most = route.format->max_items();
                const std::uint64_t points =
                    how.max_points == 0 || (most != 0 && most < how.max_points) ? most : how.max_points;
                made->encoder = route.format->points(thread.sites_, thread.resource_, {how.max_bytes, points},
                                                     made->keep());
                sinks.add_sink(*made->encoder);
                others.push_back(std::move(made));
            }
        }
        // One that takes all is shown the collection itself.
        metric_sink& sink() noexcept {
            if (others.empty()) return encoder;
            return sinks;
        }
        reader_schedule schedule;
        output otlp;
        metric_encoder encoder;
        std::vector<std::unique_ptr<other_output>> others;
        shared_sink sinks;
        clock::time_point due{};
    };

    void run() noexcept {
        std::unique_lock lock(mutex_);
        for (;;) {
            auto next = clock::time_point::max();
            for (const auto& r : readers_) next = std::min(next, r->due);
            const auto asked = [&] { return stopping_ || flush_requested_ != flush_done_; };
            if (next == clock::time_point::max())
                changed_.wait(lock, asked);
            else
                changed_.wait_until(lock, next, asked);
            const std::uint64_t flush = flush_requested_;
            const bool all = flush != flush_done_ || stopping_;
            const bool last = stopping_;
            std::vector<observation> observed;
            if (last) observed = std::move(last_observed_); // they may be there a moment before the end is
            lock.unlock();
            const auto now = clock::now();
            for (auto& r : readers_)
                if (all || now >= r->due) {
                    read(*r, last ? &observed : nullptr);
                    // What was late is not made up for.
                    while (r->due <= now)
                        r->due += std::max(r->schedule.interval, std::chrono::milliseconds(1));
                }
            lock.lock();
            if (flush_requested_ == flush && hurried_ != clock::time_point::max()) {
                hurried_ = clock::time_point::max();
                observing_.hurry(hurried_);
            }
            flush_done_ = flush;
            ended_ = last;
            changed_.notify_all();
            if (last) return;
        }
    }

    void read(reader& r, std::vector<observation>* last) noexcept {
        const auto began = clock::now();
        bool failed = false;
        try {
            std::vector<observation> observed =
                last ? *last : observing_.run(clock::now() + callback_time(r.schedule));
            collection_.collect(r.schedule.reader, observed, r.sink());
        } catch (...) {
            failed = true;
            diagnose(diagnostic_level::error, "metrics",
                     "memory was short while metrics were collected; some points are missing from this "
                     "collection");
        }
        if (const collection_listener listener = heard_collections.load_acquire())
            listener(r.schedule.reader, std::chrono::duration<double>(clock::now() - began).count(), failed);
        deliver(r.otlp, r.encoder, r.schedule.timeout);
        for (const auto& other : r.others) deliver(*other, *other->encoder, r.schedule.timeout);
    }

    // What the encoder has made, to who takes it.
    template <class Encoder>
    void deliver(output& made, Encoder& encoder, std::chrono::milliseconds timeout) noexcept {
        encoder.finish();
        const std::uint64_t lost = encoder.lost_points() - std::exchange(made.lost, encoder.lost_points());
        // A point counts once for each destination that takes it.
        const std::uint64_t takers = made.to.size();
        if (lost != 0) {
            lost_.fetch_add_relaxed(lost * takers);
            collected_.fetch_add_relaxed(lost * takers);
        }
        for (auto& [body, points] : made.bodies) {
            collected_.fetch_add_relaxed(points * takers);
            made.to.push(std::move(body), points, signal::metrics, timeout);
        }
        made.bodies.clear();
    }

    // Not longer than a collection may be late, or one that stalls would hold up the other readers.
    static std::chrono::milliseconds callback_time(const reader_schedule& schedule) noexcept {
        return std::min(schedule.timeout, std::max(schedule.interval, std::chrono::milliseconds(1'000)));
    }

    metric_collection& collection_;
    const site_registry& sites_;
    const resource resource_;
    std::vector<std::unique_ptr<reader>> readers_;
    callback_threads observing_;
    atomic<std::uint64_t> lost_;
    atomic<std::uint64_t> collected_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t flush_requested_ = 0;
    std::uint64_t flush_done_ = 0;
    clock::time_point hurried_ = clock::time_point::max(); // while somebody flushes
    std::vector<observation> last_observed_;
    bool stopping_ = false;
    bool ended_ = false;
    std::thread thread_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
