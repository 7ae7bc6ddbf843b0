// SPDX-License-Identifier: MIT
// Metrics `process.*`: names, units and descriptions for instruments.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv::metrics {

/// Number of times the process has been context switched.
/// Counter; release candidate.
struct process_context_switches {
    static constexpr char name[] = "process.context_switches";
    static constexpr char unit[] = "{context_switch}";
    static constexpr char description[] = "Number of times the process has been context switched.";
};

/// Total CPU seconds broken down by different CPU modes.
/// Counter; release candidate.
struct process_cpu_time {
    static constexpr char name[] = "process.cpu.time";
    static constexpr char unit[] = "s";
    static constexpr char description[] = "Total CPU seconds broken down by different CPU modes.";
};

/// Difference in process.cpu.time since the last measurement, divided by the elapsed time and number of CPUs
/// available to the process.
/// Gauge; release candidate.
struct process_cpu_utilization {
    static constexpr char name[] = "process.cpu.utilization";
    static constexpr char unit[] = "1";
    static constexpr char description[] =
        "Difference in process.cpu.time since the last measurement, divided by the elapsed time and number "
        "of CPUs available to the process.";
};

/// Disk bytes transferred.
/// Counter; release candidate.
struct process_disk_io {
    static constexpr char name[] = "process.disk.io";
    static constexpr char unit[] = "By";
    static constexpr char description[] = "Disk bytes transferred.";
};

/// Number of disk operations performed by the process.
/// Counter; development.
struct process_disk_operations {
    static constexpr char name[] = "process.disk.operations";
    static constexpr char unit[] = "{operation}";
    static constexpr char description[] = "Number of disk operations performed by the process.";
};

/// The amount of physical memory in use.
/// Up-down counter; release candidate.
struct process_memory_usage {
    static constexpr char name[] = "process.memory.usage";
    static constexpr char unit[] = "By";
    static constexpr char description[] = "The amount of physical memory in use.";
};

/// Percentage of total physical memory that is used by the process.
/// Gauge; development.
struct process_memory_utilization {
    static constexpr char name[] = "process.memory.utilization";
    static constexpr char unit[] = "1";
    static constexpr char description[] = "Percentage of total physical memory that is used by the process.";
};

/// The amount of committed virtual memory.
/// Up-down counter; release candidate.
struct process_memory_virtual {
    static constexpr char name[] = "process.memory.virtual";
    static constexpr char unit[] = "By";
    static constexpr char description[] = "The amount of committed virtual memory.";
};

/// Network bytes transferred.
/// Counter; release candidate.
struct process_network_io {
    static constexpr char name[] = "process.network.io";
    static constexpr char unit[] = "By";
    static constexpr char description[] = "Network bytes transferred.";
};

/// Number of page faults the process has made.
/// Counter; release candidate.
struct process_paging_faults {
    static constexpr char name[] = "process.paging.faults";
    static constexpr char unit[] = "{fault}";
    static constexpr char description[] = "Number of page faults the process has made.";
};

/// Number of pending signals for the process.
/// Up-down counter; development.
struct process_signals_pending {
    static constexpr char name[] = "process.signals_pending";
    static constexpr char unit[] = "{signal}";
    static constexpr char description[] = "Number of pending signals for the process.";
};

/// Process threads count.
/// Up-down counter; release candidate.
struct process_thread_count {
    static constexpr char name[] = "process.thread.count";
    static constexpr char unit[] = "{thread}";
    static constexpr char description[] = "Process threads count.";
};

/// Number of UNIX file descriptors in use by the process.
/// Up-down counter; release candidate.
struct process_unix_file_descriptor_count {
    static constexpr char name[] = "process.unix.file_descriptor.count";
    static constexpr char unit[] = "{file_descriptor}";
    static constexpr char description[] = "Number of UNIX file descriptors in use by the process.";
};

/// The time the process has been running.
/// Gauge; release candidate.
struct process_uptime {
    static constexpr char name[] = "process.uptime";
    static constexpr char unit[] = "s";
    static constexpr char description[] = "The time the process has been running.";
};

/// Number of handles held by the process.
/// Up-down counter; release candidate.
struct process_windows_handle_count {
    static constexpr char name[] = "process.windows.handle.count";
    static constexpr char unit[] = "{handle}";
    static constexpr char description[] = "Number of handles held by the process.";
};

} // namespace nanotel::inline NANOTEL_ABI::semconv::metrics
