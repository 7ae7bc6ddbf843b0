// SPDX-License-Identifier: MIT
// Attributes `process.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/semconv/key_below.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// Length of the process.command_args array.
/// Type int; release candidate.
inline constexpr typed_key<"process.args_count", std::int64_t> process_args_count{};

/// The command used to launch the process (i.e. the command name). On Linux based systems, can be set to the
/// zeroth string in `proc/[pid]/cmdline`. On Windows, can be set to the first parameter extracted from
/// `GetCommandLineW`.
/// Type string; release candidate.
inline constexpr typed_key<"process.command", text> process_command{};

/// All the command arguments (including the command/executable itself) as received by the process. On
/// Linux-based systems (and some other Unixoid systems supporting procfs), can be set according to the list
/// of null-delimited strings extracted from `proc/[pid]/cmdline`. For libc-based executables, this would be
/// the full argv vector passed to `main`. SHOULD NOT be collected by default unless there is sanitization
/// that excludes sensitive data.
/// Type string[]; release candidate.
inline constexpr typed_key<"process.command_args", array_of<text>> process_command_args{};

/// The full command used to launch the process as a single string representing the full command. On Windows,
/// can be set to the result of `GetCommandLineW`. Do not set this if you have to assemble it just for
/// monitoring; use `process.command_args` instead. SHOULD NOT be collected by default unless there is
/// sanitization that excludes sensitive data.
/// Type string; release candidate.
inline constexpr typed_key<"process.command_line", text> process_command_line{};

/// Specifies whether the context switches for this data point were voluntary or involuntary.
/// Type string; release candidate. Well-known values are in process_context_switch_type_values.
inline constexpr typed_key<"process.context_switch.type", text> process_context_switch_type{};

namespace process_context_switch_type_values {
inline constexpr text voluntary{"voluntary"};
inline constexpr text involuntary{"involuntary"};
} // namespace process_context_switch_type_values

/// The date and time the process was created, in ISO 8601 format.
/// Type string; release candidate.
inline constexpr typed_key<"process.creation.time", text> process_creation_time{};

/// Process environment variables, `<key>` being the environment variable name, the value being the
/// environment variable value.
/// Type string for each key, `process_environment_variable<"key">`; release candidate.
template <fixed_string Key>
inline constexpr typed_key<key_below<"process.environment_variable", Key>, text>
    process_environment_variable{};

/// The GNU build ID as found in the `.note.gnu.build-id` ELF section (hex string).
/// Type string; release candidate.
inline constexpr typed_key<"process.executable.build_id.gnu", text> process_executable_build_id_gnu{};

/// The Go build ID as retrieved by `go tool buildid <go executable>`.
/// Type string; release candidate.
inline constexpr typed_key<"process.executable.build_id.go", text> process_executable_build_id_go{};

/// Deterministic build ID for executables.
/// Type string; release candidate.
inline constexpr typed_key<"process.executable.build_id.htlhash", text> process_executable_build_id_htlhash{};

/// The name of the process executable. On Linux based systems, this SHOULD be set to the base name of the
/// target of `/proc/[pid]/exe`. On Windows, this SHOULD be set to the base name of
/// `GetProcessImageFileNameW`.
/// Type string; release candidate.
inline constexpr typed_key<"process.executable.name", text> process_executable_name{};

/// The full path to the process executable. On Linux based systems, can be set to the target of
/// `proc/[pid]/exe`. On Windows, can be set to the result of `GetProcessImageFileNameW`.
/// Type string; release candidate.
inline constexpr typed_key<"process.executable.path", text> process_executable_path{};

/// The exit code of the process.
/// Type int; release candidate.
inline constexpr typed_key<"process.exit.code", std::int64_t> process_exit_code{};

/// The date and time the process exited, in ISO 8601 format.
/// Type string; release candidate.
inline constexpr typed_key<"process.exit.time", text> process_exit_time{};

/// The PID of the process's group leader. This is also the process group ID (PGID) of the process.
/// Type int; release candidate.
inline constexpr typed_key<"process.group_leader.pid", std::int64_t> process_group_leader_pid{};

/// Whether the process is connected to an interactive shell.
/// Type boolean; release candidate.
inline constexpr typed_key<"process.interactive", bool> process_interactive{};

/// The control group associated with the process.
/// Type string; release candidate.
inline constexpr typed_key<"process.linux.cgroup", text> process_linux_cgroup{};

/// The username of the user that owns the process.
/// Type string; release candidate.
inline constexpr typed_key<"process.owner", text> process_owner{};

/// Parent Process identifier (PPID).
/// Type int; release candidate.
inline constexpr typed_key<"process.parent_pid", std::int64_t> process_parent_pid{};

/// Process identifier (PID).
/// Type int; release candidate.
inline constexpr typed_key<"process.pid", std::int64_t> process_pid{};

/// The real user ID (RUID) of the process.
/// Type int; release candidate.
inline constexpr typed_key<"process.real_user.id", std::int64_t> process_real_user_id{};

/// The username of the real user of the process.
/// Type string; release candidate.
inline constexpr typed_key<"process.real_user.name", text> process_real_user_name{};

/// An additional description about the runtime of the process, for example a specific vendor customization of
/// the runtime environment.
/// Type string; release candidate.
inline constexpr typed_key<"process.runtime.description", text> process_runtime_description{};

/// The name of the runtime of this process.
/// Type string; release candidate.
inline constexpr typed_key<"process.runtime.name", text> process_runtime_name{};

/// The version of the runtime of this process, as returned by the runtime without modification.
/// Type string; release candidate.
inline constexpr typed_key<"process.runtime.version", text> process_runtime_version{};

/// The saved user ID (SUID) of the process.
/// Type int; release candidate.
inline constexpr typed_key<"process.saved_user.id", std::int64_t> process_saved_user_id{};

/// The username of the saved user.
/// Type string; release candidate.
inline constexpr typed_key<"process.saved_user.name", text> process_saved_user_name{};

/// The PID of the process's session leader. This is also the session ID (SID) of the process.
/// Type int; release candidate.
inline constexpr typed_key<"process.session_leader.pid", std::int64_t> process_session_leader_pid{};

/// The process state, e.g., Linux Process State Codes.
/// Type string; release candidate. Well-known values are in process_state_values.
inline constexpr typed_key<"process.state", text> process_state{};

namespace process_state_values {
inline constexpr text running{"running"};
inline constexpr text sleeping{"sleeping"};
inline constexpr text stopped{"stopped"};
inline constexpr text defunct{"defunct"};
} // namespace process_state_values

/// Process title (proctitle).
/// Type string; release candidate.
inline constexpr typed_key<"process.title", text> process_title{};

/// The effective user ID (EUID) of the process.
/// Type int; release candidate.
inline constexpr typed_key<"process.user.id", std::int64_t> process_user_id{};

/// The username of the effective user of the process.
/// Type string; release candidate.
inline constexpr typed_key<"process.user.name", text> process_user_name{};

/// Virtual process identifier.
/// Type int; release candidate.
inline constexpr typed_key<"process.vpid", std::int64_t> process_vpid{};

/// The working directory of the process.
/// Type string; release candidate.
inline constexpr typed_key<"process.working_directory", text> process_working_directory{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
