// SPDX-License-Identifier: MIT
// The metrics of the process itself: processors, memory, threads, descriptors, disk. Opt-in: sdk.hpp does not
// include it, and it needs no third-party library.
#pragma once

#include <nanotel/core/config.hpp>

#ifndef NANOTEL_DISABLED

#include <nanotel/core/diagnostics.hpp>
#include <nanotel/instrument/process_files.hpp>
#include <nanotel/instrument/process_usage.hpp>
#include <nanotel/metrics/observable.hpp>

#include <memory>
#include <mutex>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

inline constinit const instrumentation_scope process_scope{"nanotel.process", NANOTEL_VERSION,
                                                           "https://opentelemetry.io/schemas/1.44.0"};

// Names, units, kinds and attributes are those of the semantic conventions, "Process metrics".
struct process_instruments {
    observable_counter<double> cpu_time{
        "process.cpu.time",
        {.unit = "s",
         .description = "Total CPU seconds broken down by different CPU modes.",
         .scope = &process_scope}};
    observable_gauge<double> cpu_utilization{
        "process.cpu.utilization",
        {.unit = "1",
         .description =
             "Difference in process.cpu.time since the last measurement, divided by the elapsed time "
             "and number of CPUs available to the process.",
         .scope = &process_scope}};
    observable_up_down_counter<> memory_usage{
        "process.memory.usage",
        {.unit = "By", .description = "The amount of physical memory in use.", .scope = &process_scope}};
    observable_up_down_counter<> memory_virtual{
        "process.memory.virtual",
        {.unit = "By", .description = "The amount of committed virtual memory.", .scope = &process_scope}};
    observable_counter<> disk_io{
        "process.disk.io", {.unit = "By", .description = "Disk bytes transferred.", .scope = &process_scope}};
    observable_up_down_counter<> thread_count{
        "process.thread.count",
        {.unit = "{thread}", .description = "Process threads count.", .scope = &process_scope}};
    observable_up_down_counter<> descriptor_count{
        "process.unix.file_descriptor.count",
        {.unit = "{file_descriptor}",
         .description = "Number of UNIX file descriptors in use by the process.",
         .scope = &process_scope}};
    observable_counter<> context_switches{
        "process.context_switches",
        {.unit = "{context_switch}",
         .description = "Number of times the process has been context switched.",
         .scope = &process_scope}};
    observable_counter<> paging_faults{"process.paging.faults",
                                       {.unit = "{fault}",
                                        .description = "Number of page faults the process has made.",
                                        .scope = &process_scope}};
    observable_gauge<double> uptime{
        "process.uptime",
        {.unit = "s", .description = "The time the process has been running.", .scope = &process_scope}};
};

struct process_reading {
    process_usage usage;
    std::optional<processor_share::share> share;
    std::optional<process_status> status;
    std::optional<process_disk> disk;
    std::optional<std::int64_t> descriptors;
};

// Reads once for all callbacks of a collection.
class process_reader {
public:
    explicit process_reader(std::string folder) : folder_(std::move(folder)), files_(folder_) {
        measure_share(read_usage());
    }

    // For one of up to 32 callbacks. Each is called once a collection, so one that has seen the latest
    // reading asks for the next.
    process_reading for_callback(unsigned number) {
        if (::getpid() != owner_) begin_in_child();
        // Callbacks run on one thread, unless one was left behind by a shutdown and comes back.
        std::unique_lock lock(mutex_);
        const std::uint32_t mine = std::uint32_t{1} << number;
        std::string complaint;
        if (seen_ == 0 || (seen_ & mine) != 0) {
            seen_ = 0;
            latest_.usage = read_usage();
            measure_share(latest_.usage);
            latest_.share = share_.latest();
            latest_.status = files_.status();
            latest_.disk = files_.disk();
            latest_.descriptors = files_.descriptors();
            complaint = files_.complaint();
        }
        seen_ |= mine;
        const process_reading reading = latest_;
        lock.unlock();
        if (!complaint.empty()) diagnose(diagnostic_level::warning, "process:" + complaint, complaint);
        return reading;
    }

private:
    // At the fork a thread that is not here may have been reading. What it changed is left as it is.
    void begin_in_child() {
        new (&mutex_) std::mutex;
        new (&files_) process_files(folder_);
        new (&share_) processor_share;
        new (&latest_) process_reading;
        seen_ = 0;
        owner_ = ::getpid();
    }

    void measure_share(const process_usage& usage) noexcept {
        share_.measure(usage, clock_nanoseconds(CLOCK_MONOTONIC), ::getpid(), available_processors());
    }

    const std::string folder_;
    pid_t owner_ = ::getpid();
    std::mutex mutex_; // guards what follows
    process_files files_;
    processor_share share_;
    process_reading latest_;
    std::uint32_t seen_ = 0; // bits of the callbacks that have had the latest reading
};

struct observed_process {
    explicit observed_process(std::string folder) : reader(std::move(folder)) {}
    process_instruments instruments;
    process_reader reader;
};

} // namespace detail

/// Reports the metrics of the process for as long as it lives; see observe_process. Movable.
class process_observation {
public:
    process_observation() noexcept = default;
    explicit process_observation(const std::shared_ptr<detail::observed_process>& process);

    /// Ends it now. When it returns, nothing of it runs any more.
    void remove() noexcept {
        for (callback_guard& callback : callbacks_) callback.remove();
    }

private:
    static constexpr unsigned most = 10;
    callback_guard callbacks_[most];
};

inline process_observation::process_observation(const std::shared_ptr<detail::observed_process>& process) {
    using namespace literals;
    using reading = detail::process_reading;

    detail::process_instruments& measured = process->instruments;
    unsigned added = 0;
    const auto add = [&](auto& instrument, auto report) {
        const unsigned number = added++;
        // The last of them to go takes the instruments along.
        callbacks_[number] = instrument.observe([process, number, report](const auto& observer) {
            report(observer, process->reader.for_callback(number));
        });
    };
    add(measured.cpu_time, [](const auto& observer, const reading& now) {
        observer.observe(now.usage.user_seconds, "cpu.mode"_attr = "user");
        observer.observe(now.usage.system_seconds, "cpu.mode"_attr = "system");
    });
    add(measured.cpu_utilization, [](const auto& observer, const reading& now) {
        if (!now.share) return;
        observer.observe(now.share->user, "cpu.mode"_attr = "user");
        observer.observe(now.share->system, "cpu.mode"_attr = "system");
    });
    add(measured.context_switches, [](const auto& observer, const reading& now) {
        observer.observe(now.usage.voluntary_switches, "process.context_switch.type"_attr = "voluntary");
        observer.observe(now.usage.involuntary_switches, "process.context_switch.type"_attr = "involuntary");
    });
    add(measured.paging_faults, [](const auto& observer, const reading& now) {
        observer.observe(now.usage.minor_faults, "system.paging.fault.type"_attr = "minor");
        observer.observe(now.usage.major_faults, "system.paging.fault.type"_attr = "major");
    });
    add(measured.memory_usage, [](const auto& observer, const reading& now) {
        if (now.status) observer.observe(now.status->resident_bytes);
    });
    add(measured.memory_virtual, [](const auto& observer, const reading& now) {
        if (now.status) observer.observe(now.status->virtual_bytes);
    });
    add(measured.thread_count, [](const auto& observer, const reading& now) {
        if (now.status) observer.observe(now.status->threads);
    });
    add(measured.uptime, [](const auto& observer, const reading& now) {
        if (now.status) observer.observe(now.status->uptime_seconds);
    });
    add(measured.descriptor_count, [](const auto& observer, const reading& now) {
        if (now.descriptors) observer.observe(*now.descriptors);
    });
    add(measured.disk_io, [](const auto& observer, const reading& now) {
        if (!now.disk) return;
        observer.observe(now.disk->read_bytes, "disk.io.direction"_attr = "read");
        observer.observe(now.disk->written_bytes, "disk.io.direction"_attr = "write");
    });
}

namespace detail {

inline process_observation observe_process_in(const char* folder) noexcept {
    try {
        return process_observation(std::make_shared<observed_process>(folder));
    } catch (...) {
        diagnose(diagnostic_level::error, "process",
                 "there was no memory to observe the process with; its metrics are missing");
        return {};
    }
}

} // namespace detail

/// Reports the metrics of this process, as the semantic conventions name them, for as long as the object
/// that it returns lives: `auto process = nanotel::observe_process();`. At any time, also before start.
///
/// process.cpu.time and .utilization, .memory.usage and .virtual, .thread.count, .unix.file_descriptor.count,
/// .context_switches, .paging.faults, .disk.io, .uptime. Costs some ten microseconds a collection, on a
/// thread of the library. What /proc/self does not tell is absent, after a diagnostic; without Linux that is
/// all but processors, context switches and page faults. The utilization begins with the second measurement,
/// of which the call is the first.
[[nodiscard]] inline process_observation observe_process() noexcept {
    return detail::observe_process_in("/proc/self");
}

} // namespace nanotel::inline NANOTEL_ABI

#else

namespace nanotel::inline NANOTEL_ABI {

class process_observation {
public:
    process_observation() noexcept = default;
    process_observation(process_observation&&) noexcept {}
    process_observation& operator=(process_observation&&) noexcept { return *this; }
    ~process_observation() {} // not trivial, so that nobody is told of an unused variable
    void remove() noexcept {}
};

[[nodiscard]] inline process_observation observe_process() noexcept { return {}; }

} // namespace nanotel::inline NANOTEL_ABI

#endif
