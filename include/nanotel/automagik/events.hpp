// SPDX-License-Identifier: MIT
// The standard events of automagik programs as typed schemas: an unknown key, a wrong type or a required
// attribute that is left out is a compile error.
#pragma once

#include <nanotel/trace/schema.hpp>

#include <string_view>

namespace automagik::inline NANOTEL_ABI::events {

using nanotel::optional;
using nanotel::required;
using nanotel::span_kind;
using nanotel::span_schema;

/// A feature was used.
inline constexpr span_schema<
    "automagik.feature.used", span_kind::internal, required<"feature_name", std::string_view>,
    optional<"feature_category", std::string_view>, optional<"project", std::string_view>>
    feature_used;

/// A request was answered.
inline constexpr span_schema<"automagik.api.request", span_kind::server,
                             required<"endpoint", std::string_view>, required<"method", std::string_view>,
                             required<"status", int>, optional<"duration_ms", double>,
                             optional<"error_type", std::string_view>, optional<"project", std::string_view>>
    api_request;

/// A command was executed.
inline constexpr span_schema<"automagik.cli.command", span_kind::internal,
                             required<"command", std::string_view>, optional<"subcommand", std::string_view>,
                             optional<"success", bool>, optional<"exit_code", int>,
                             optional<"duration_ms", double>, optional<"project", std::string_view>>
    cli_command;

/// How long something took.
inline constexpr span_schema<"automagik.performance.latency", span_kind::internal,
                             required<"operation_type", std::string_view>, required<"duration_ms", double>,
                             optional<"project", std::string_view>>
    performance_latency;

/// Something went wrong.
inline constexpr span_schema<
    "automagik.error", span_kind::internal, optional<"error_type", std::string_view>,
    required<"error_message", std::string_view>, optional<"error_code", std::string_view>,
    optional<"error_category", std::string_view>, optional<"severity", std::string_view>,
    optional<"operation", std::string_view>, optional<"project", std::string_view>>
    error;

/// How a service is.
inline constexpr span_schema<"automagik.health", span_kind::internal,
                             required<"service_name", std::string_view>, required<"status", std::string_view>,
                             optional<"project", std::string_view>>
    health;

/// An agent ran: what, with which framework, and how it went. No messages, no content.
inline constexpr span_schema<
    "agent.run", span_kind::internal, required<"agent.name", std::string_view>,
    required<"agent.framework", std::string_view>, optional<"agent.run_id", std::string_view>,
    optional<"agent.session_id", std::string_view>, optional<"agent.user_id", std::string_view>,
    optional<"model", std::string_view>, optional<"multimodal", bool>, optional<"token_count", std::int64_t>,
    optional<"success", bool>, optional<"duration_ms", double>, optional<"error_type", std::string_view>,
    optional<"project", std::string_view>>
    agent_run;

} // namespace automagik::inline NANOTEL_ABI::events
