// SPDX-License-Identifier: MIT
// What a log record costs the thread that records it, and what spdlog's asynchronous logger takes for the
// same.
#include "support/recording.hpp"

#if __has_include(<spdlog/async.h>)
#ifndef SPDLOG_FMT_EXTERNAL
#define SPDLOG_FMT_EXTERNAL
#endif
#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#endif

using namespace nanotel::literals;

namespace bench {
namespace {

[[gnu::always_inline]] inline void log_3(int i, double d) {
    NANOTEL_LOG_INFO("order {} of {} costs {:.2f}", i, "checkout", d);
    asm volatile("" ::: "memory");
}
[[gnu::always_inline]] inline void log_3_and_attributes(int i, double d, const std::string& user) {
    NANOTEL_LOG_INFO("order {} of {} costs {:.2f}", i, "checkout", d, "user"_attr = user, "items"_attr = i);
    asm volatile("" ::: "memory");
}
[[gnu::always_inline]] inline void debug_3(int i, double d) {
    NANOTEL_LOG_DEBUG("order {} of {} costs {:.2f}", i, "checkout", d);
    asm volatile("" ::: "memory");
}

const std::string twenty_bytes = "user-00000000000042x";

template <class F>
std::vector<nanotel::finished_log> logged_by(F&& record) {
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start({.service_name = "check",
                                     .exporter = memory,
                                     .ring_bytes = ring_bytes,
                                     .max_ring_bytes = ring_bytes});
    record();
    require(telemetry.shutdown(std::chrono::seconds(10)).complete, "the telemetry did not shut down");
    return memory->logs();
}

void check_three(const std::vector<nanotel::finished_log>& logs) {
    require(logs.size() == 1 && logs[0].body == "order 7 of checkout costs 2.50", "another text");
    require(logs[0].severity == nanotel::severity::info && logs[0].attributes.size() >= 3,
            "another severity, or no source location");
}

const add three({"log/3_arguments", "nanotel", "ns", 400,
                 [] { check_three(logged_by([] { log_3(7, 2.5); })); },
                 [] { return time_recording([](int i) { log_3(i, 0.5 * i); }); }});

const add within_a_span({"log/3_arguments_in_a_span", "nanotel", "ns", 400,
                         [] {
                             const auto logs = logged_by([] {
                                 NANOTEL_SCOPED_SPAN("outer");
                                 log_3(7, 2.5);
                             });
                             check_three(logs);
                             require(logs[0].trace_id.size() == 32, "it has no trace");
                         },
                         [] {
                             auto telemetry = start_recording();
                             NANOTEL_SCOPED_SPAN("outer");
                             for (int i = 0; i < batch; ++i) log_3(i, 0.5);
                             require(bool(telemetry.flush(std::chrono::seconds(10))),
                                     "the records were not delivered");
                             const double time = time_batch([](int i) { log_3(i, 0.5 * i); });
                             require(telemetry.shutdown(std::chrono::seconds(10)).dropped == 0,
                                     "records were dropped");
                             return time;
                         }});

const add with_attributes(
    {"log/3_arguments_2_attributes", "nanotel", "ns", 400,
     [] {
         const auto logs = logged_by([] { log_3_and_attributes(7, 2.5, twenty_bytes); });
         check_three(logs);
         require(logs[0].attributes["user"] == twenty_bytes && logs[0].attributes["items"] == 7,
                 "its attributes are others");
     },
     [] { return time_recording([](int i) { log_3_and_attributes(i, 0.5 * i, twenty_bytes); }); }});

const add below_the_minimum({"log/below_minimum", "nanotel", "ns", 400, {}, [] {
                                 auto telemetry =
                                     nanotel::start({.service_name = "benchmark",
                                                     .exporter = std::make_shared<discard>(),
                                                     .ring_bytes = ring_bytes,
                                                     .max_ring_bytes = ring_bytes,
                                                     .logs = {.levels = {{"*", nanotel::severity::info}}}});
                                 debug_3(0, 0);
                                 const double time = time_batch([](int i) { debug_3(i, 0.5 * i); });
                                 require(telemetry.stats().logs.queued == 0, "records were kept");
                                 return time;
                             }});

const add not_started({"log/not_started", "nanotel", "ns", 400,
                       [] { check_three(logged_by([] { log_3(7, 2.5); })); },
                       [] { return time_batch([](int i) { log_3(i, 0.5 * i); }); }, true, true});

#if __has_include(<spdlog/async.h>)
// Takes messages on spdlog's thread as a file would be given them, and writes nothing.
class last_message final : public spdlog::sinks::base_sink<std::mutex> {
public:
    std::string last() {
        const std::lock_guard lock(mutex_);
        return last_;
    }

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        last_.assign(message.payload.data(), message.payload.size());
    }
    void flush_() override {}
    std::string last_;
};

struct spdlog_logger {
    std::shared_ptr<last_message> sink = std::make_shared<last_message>();
    // A queue that a batch does not fill, as the ring of nanotel's is.
    std::shared_ptr<spdlog::details::thread_pool> pool =
        std::make_shared<spdlog::details::thread_pool>(std::size_t{4} * batch, 1);
    std::shared_ptr<spdlog::async_logger> logger =
        std::make_shared<spdlog::async_logger>("benchmark", sink, pool, spdlog::async_overflow_policy::block);
};

const add of_spdlog({"log/3_arguments_spdlog_async", "spdlog", "ns", 100,
                     [] {
                         spdlog_logger one;
                         one.logger->info("order {} of {} costs {:.2f}", 7, "checkout", 2.5);
                         const auto sink = one.sink;
                         one.logger.reset();
                         one.pool.reset(); // its thread ends when the queue is empty
                         require(sink->last() == "order 7 of checkout costs 2.50", "another text");
                     },
                     [] {
                         spdlog_logger one;
                         for (int i = 0; i < 100; ++i) one.logger->info("order {}", i);
                         return time_batch([&](int i) {
                             one.logger->info("order {} of {} costs {:.2f}", i, "checkout", 0.5 * i);
                         });
                     }});
#endif

} // namespace
} // namespace bench
