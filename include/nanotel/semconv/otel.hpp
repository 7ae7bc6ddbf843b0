// SPDX-License-Identifier: MIT
// Attributes `otel.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// A name uniquely identifying the instance of the OpenTelemetry component within its containing SDK
/// instance.
/// Type string; development.
inline constexpr typed_key<"otel.component.name", text> otel_component_name{};

/// A name identifying the type of the OpenTelemetry component.
/// Type string; development. Well-known values are in otel_component_type_values.
inline constexpr typed_key<"otel.component.type", text> otel_component_type{};

namespace otel_component_type_values {
/// The built-in SDK batching span processor.
inline constexpr text batching_span_processor{"batching_span_processor"};
/// The built-in SDK simple span processor.
inline constexpr text simple_span_processor{"simple_span_processor"};
/// The built-in SDK batching log record processor.
inline constexpr text batching_log_processor{"batching_log_processor"};
/// The built-in SDK simple log record processor.
inline constexpr text simple_log_processor{"simple_log_processor"};
/// OTLP span exporter over gRPC with protobuf serialization.
inline constexpr text otlp_grpc_span_exporter{"otlp_grpc_span_exporter"};
/// OTLP span exporter over HTTP with protobuf serialization.
inline constexpr text otlp_http_span_exporter{"otlp_http_span_exporter"};
/// OTLP span exporter over HTTP with JSON serialization.
inline constexpr text otlp_http_json_span_exporter{"otlp_http_json_span_exporter"};
/// Zipkin span exporter over HTTP.
inline constexpr text zipkin_http_span_exporter{"zipkin_http_span_exporter"};
/// OTLP log record exporter over gRPC with protobuf serialization.
inline constexpr text otlp_grpc_log_exporter{"otlp_grpc_log_exporter"};
/// OTLP log record exporter over HTTP with protobuf serialization.
inline constexpr text otlp_http_log_exporter{"otlp_http_log_exporter"};
/// OTLP log record exporter over HTTP with JSON serialization.
inline constexpr text otlp_http_json_log_exporter{"otlp_http_json_log_exporter"};
/// The built-in SDK periodically exporting metric reader.
inline constexpr text periodic_metric_reader{"periodic_metric_reader"};
/// OTLP metric exporter over gRPC with protobuf serialization.
inline constexpr text otlp_grpc_metric_exporter{"otlp_grpc_metric_exporter"};
/// OTLP metric exporter over HTTP with protobuf serialization.
inline constexpr text otlp_http_metric_exporter{"otlp_http_metric_exporter"};
/// OTLP metric exporter over HTTP with JSON serialization.
inline constexpr text otlp_http_json_metric_exporter{"otlp_http_json_metric_exporter"};
/// Prometheus metric exporter over HTTP with the default text-based format.
inline constexpr text prometheus_http_text_metric_exporter{"prometheus_http_text_metric_exporter"};
} // namespace otel_component_type_values

/// Identifies the class / type of event.
/// Type string; stable.
inline constexpr typed_key<"otel.event.name", text> otel_event_name{};

/// The name of the instrumentation scope - (`InstrumentationScope.Name` in OTLP).
/// Type string; stable.
inline constexpr typed_key<"otel.scope.name", text> otel_scope_name{};

/// The schema URL of the instrumentation scope.
/// Type string; development.
inline constexpr typed_key<"otel.scope.schema_url", text> otel_scope_schema_url{};

/// The version of the instrumentation scope - (`InstrumentationScope.Version` in OTLP).
/// Type string; stable.
inline constexpr typed_key<"otel.scope.version", text> otel_scope_version{};

/// Determines whether the span has a parent span, and if so, whether it is a remote parent.
/// Type string; development. Well-known values are in otel_span_parent_origin_values.
inline constexpr typed_key<"otel.span.parent.origin", text> otel_span_parent_origin{};

namespace otel_span_parent_origin_values {
/// The span does not have a parent, it is a root span.
inline constexpr text none{"none"};
/// The span has a parent and the parent's span context isRemote() is false.
inline constexpr text local{"local"};
/// The span has a parent and the parent's span context isRemote() is true.
inline constexpr text remote{"remote"};
} // namespace otel_span_parent_origin_values

/// The result value of the sampler for this span.
/// Type string; development. Well-known values are in otel_span_sampling_result_values.
inline constexpr typed_key<"otel.span.sampling_result", text> otel_span_sampling_result{};

namespace otel_span_sampling_result_values {
/// The span is not sampled and not recording.
inline constexpr text drop{"DROP"};
/// The span is not sampled, but recording.
inline constexpr text record_only{"RECORD_ONLY"};
/// The span is sampled and recording.
inline constexpr text record_and_sample{"RECORD_AND_SAMPLE"};
} // namespace otel_span_sampling_result_values

/// Name of the code, either "OK" or "ERROR". MUST NOT be set if the status code is UNSET.
/// Type string; stable. Well-known values are in otel_status_code_values.
inline constexpr typed_key<"otel.status_code", text> otel_status_code{};

namespace otel_status_code_values {
/// The operation has been validated by an Application developer or Operator to have completed successfully.
inline constexpr text ok{"OK"};
/// The operation contains an error.
inline constexpr text error{"ERROR"};
} // namespace otel_status_code_values

/// Description of the Status if it has a value, otherwise not set.
/// Type string; stable.
inline constexpr typed_key<"otel.status_description", text> otel_status_description{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
