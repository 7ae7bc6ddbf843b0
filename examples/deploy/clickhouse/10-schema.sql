CREATE DATABASE IF NOT EXISTS `telemetry`;

CREATE TABLE IF NOT EXISTS `telemetry`.`traces`
(
    trace_id String,
    span_id String,
    parent_span_id String,
    timestamp DateTime,
    timestamp_ns UInt64,
    duration_ms UInt32,
    service_name String,
    span_name String,
    span_kind String DEFAULT 'INTERNAL',
    status_code String DEFAULT 'OK',
    status_message String,
    project_name String,
    project_version String,
    environment String DEFAULT 'production',
    hostname String,
    attributes Map(String, String),
    user_id String,
    session_id String,
    os_type String,
    os_version String,
    runtime_name String,
    runtime_version String,
    cloud_provider String,
    cloud_region String,
    cloud_availability_zone String,
    instrumentation_library_name String,
    instrumentation_library_version String,
    INDEX trace_id_index trace_id TYPE bloom_filter GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (service_name, span_name, timestamp)
TTL timestamp + toIntervalDay(90)
SETTINGS non_replicated_deduplication_window = 1000;

ALTER TABLE `telemetry`.`traces`
    ADD COLUMN IF NOT EXISTS trace_id String,
    ADD COLUMN IF NOT EXISTS span_id String,
    ADD COLUMN IF NOT EXISTS parent_span_id String,
    ADD COLUMN IF NOT EXISTS timestamp DateTime,
    ADD COLUMN IF NOT EXISTS timestamp_ns UInt64,
    ADD COLUMN IF NOT EXISTS duration_ms UInt32,
    ADD COLUMN IF NOT EXISTS service_name String,
    ADD COLUMN IF NOT EXISTS span_name String,
    ADD COLUMN IF NOT EXISTS span_kind String DEFAULT 'INTERNAL',
    ADD COLUMN IF NOT EXISTS status_code String DEFAULT 'OK',
    ADD COLUMN IF NOT EXISTS status_message String,
    ADD COLUMN IF NOT EXISTS project_name String,
    ADD COLUMN IF NOT EXISTS project_version String,
    ADD COLUMN IF NOT EXISTS environment String DEFAULT 'production',
    ADD COLUMN IF NOT EXISTS hostname String,
    ADD COLUMN IF NOT EXISTS attributes Map(String, String),
    ADD COLUMN IF NOT EXISTS user_id String,
    ADD COLUMN IF NOT EXISTS session_id String,
    ADD COLUMN IF NOT EXISTS os_type String,
    ADD COLUMN IF NOT EXISTS os_version String,
    ADD COLUMN IF NOT EXISTS runtime_name String,
    ADD COLUMN IF NOT EXISTS runtime_version String,
    ADD COLUMN IF NOT EXISTS cloud_provider String,
    ADD COLUMN IF NOT EXISTS cloud_region String,
    ADD COLUMN IF NOT EXISTS cloud_availability_zone String,
    ADD COLUMN IF NOT EXISTS instrumentation_library_name String,
    ADD COLUMN IF NOT EXISTS instrumentation_library_version String;

ALTER TABLE `telemetry`.`traces` MODIFY SETTING non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS `telemetry`.`metrics`
(
    metric_id String,
    metric_name String,
    metric_type Enum8('GAUGE' = 1, 'SUM' = 2, 'HISTOGRAM' = 3, 'EXPONENTIAL_HISTOGRAM' = 4, 'SUMMARY' = 5),
    metric_unit String,
    metric_description String,
    timestamp DateTime,
    timestamp_ns UInt64,
    time_window_start DateTime,
    time_window_end DateTime,
    value_int Int64,
    value_double Float64,
    is_monotonic UInt8,
    aggregation_temporality Enum8('UNSPECIFIED' = 0, 'DELTA' = 1, 'CUMULATIVE' = 2),
    histogram_count UInt64,
    histogram_sum Float64,
    histogram_min Float64,
    histogram_max Float64,
    histogram_bucket_counts Array(UInt64),
    histogram_explicit_bounds Array(Float64),
    summary_count UInt64,
    summary_sum Float64,
    quantile_values Map(String, Float64),
    project_name String,
    project_version String,
    service_name String,
    service_namespace String,
    service_instance_id String,
    environment String DEFAULT 'production',
    hostname String,
    attributes Map(String, String),
    user_id String,
    session_id String,
    os_type String,
    os_version String,
    runtime_name String,
    runtime_version String,
    cloud_provider String,
    cloud_region String,
    cloud_availability_zone String,
    instrumentation_library_name String,
    instrumentation_library_version String,
    schema_url String
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (service_name, metric_name, timestamp)
TTL timestamp + toIntervalDay(90)
SETTINGS non_replicated_deduplication_window = 1000;

ALTER TABLE `telemetry`.`metrics`
    ADD COLUMN IF NOT EXISTS metric_id String,
    ADD COLUMN IF NOT EXISTS metric_name String,
    ADD COLUMN IF NOT EXISTS metric_type Enum8('GAUGE' = 1, 'SUM' = 2, 'HISTOGRAM' = 3, 'EXPONENTIAL_HISTOGRAM' = 4, 'SUMMARY' = 5),
    ADD COLUMN IF NOT EXISTS metric_unit String,
    ADD COLUMN IF NOT EXISTS metric_description String,
    ADD COLUMN IF NOT EXISTS timestamp DateTime,
    ADD COLUMN IF NOT EXISTS timestamp_ns UInt64,
    ADD COLUMN IF NOT EXISTS time_window_start DateTime,
    ADD COLUMN IF NOT EXISTS time_window_end DateTime,
    ADD COLUMN IF NOT EXISTS value_int Int64,
    ADD COLUMN IF NOT EXISTS value_double Float64,
    ADD COLUMN IF NOT EXISTS is_monotonic UInt8,
    ADD COLUMN IF NOT EXISTS aggregation_temporality Enum8('UNSPECIFIED' = 0, 'DELTA' = 1, 'CUMULATIVE' = 2),
    ADD COLUMN IF NOT EXISTS histogram_count UInt64,
    ADD COLUMN IF NOT EXISTS histogram_sum Float64,
    ADD COLUMN IF NOT EXISTS histogram_min Float64,
    ADD COLUMN IF NOT EXISTS histogram_max Float64,
    ADD COLUMN IF NOT EXISTS histogram_bucket_counts Array(UInt64),
    ADD COLUMN IF NOT EXISTS histogram_explicit_bounds Array(Float64),
    ADD COLUMN IF NOT EXISTS summary_count UInt64,
    ADD COLUMN IF NOT EXISTS summary_sum Float64,
    ADD COLUMN IF NOT EXISTS quantile_values Map(String, Float64),
    ADD COLUMN IF NOT EXISTS project_name String,
    ADD COLUMN IF NOT EXISTS project_version String,
    ADD COLUMN IF NOT EXISTS service_name String,
    ADD COLUMN IF NOT EXISTS service_namespace String,
    ADD COLUMN IF NOT EXISTS service_instance_id String,
    ADD COLUMN IF NOT EXISTS environment String DEFAULT 'production',
    ADD COLUMN IF NOT EXISTS hostname String,
    ADD COLUMN IF NOT EXISTS attributes Map(String, String),
    ADD COLUMN IF NOT EXISTS user_id String,
    ADD COLUMN IF NOT EXISTS session_id String,
    ADD COLUMN IF NOT EXISTS os_type String,
    ADD COLUMN IF NOT EXISTS os_version String,
    ADD COLUMN IF NOT EXISTS runtime_name String,
    ADD COLUMN IF NOT EXISTS runtime_version String,
    ADD COLUMN IF NOT EXISTS cloud_provider String,
    ADD COLUMN IF NOT EXISTS cloud_region String,
    ADD COLUMN IF NOT EXISTS cloud_availability_zone String,
    ADD COLUMN IF NOT EXISTS instrumentation_library_name String,
    ADD COLUMN IF NOT EXISTS instrumentation_library_version String,
    ADD COLUMN IF NOT EXISTS schema_url String;

ALTER TABLE `telemetry`.`metrics` MODIFY SETTING non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS `telemetry`.`logs`
(
    log_id String,
    trace_id String,
    span_id String,
    timestamp DateTime,
    timestamp_ns UInt64,
    observed_timestamp DateTime,
    observed_timestamp_ns UInt64,
    severity_text String,
    severity_number UInt8,
    body String,
    body_type Enum8('EMPTY' = 0, 'STRING' = 1, 'JSON' = 2, 'BYTES' = 3),
    project_name String,
    project_version String,
    service_name String,
    service_namespace String,
    service_instance_id String,
    environment String DEFAULT 'production',
    hostname String,
    attributes Map(String, String),
    user_id String,
    session_id String,
    os_type String,
    os_version String,
    runtime_name String,
    runtime_version String,
    cloud_provider String,
    cloud_region String,
    cloud_availability_zone String,
    instrumentation_library_name String,
    instrumentation_library_version String,
    schema_url String,
    exception_type String,
    exception_message String,
    exception_stacktrace String,
    is_exception UInt8,
    source_file String,
    source_line UInt32,
    source_function String,
    flags UInt32,
    INDEX trace_id_index trace_id TYPE bloom_filter GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (service_name, severity_number, timestamp)
TTL timestamp + toIntervalDay(90)
SETTINGS non_replicated_deduplication_window = 1000;

ALTER TABLE `telemetry`.`logs`
    ADD COLUMN IF NOT EXISTS log_id String,
    ADD COLUMN IF NOT EXISTS trace_id String,
    ADD COLUMN IF NOT EXISTS span_id String,
    ADD COLUMN IF NOT EXISTS timestamp DateTime,
    ADD COLUMN IF NOT EXISTS timestamp_ns UInt64,
    ADD COLUMN IF NOT EXISTS observed_timestamp DateTime,
    ADD COLUMN IF NOT EXISTS observed_timestamp_ns UInt64,
    ADD COLUMN IF NOT EXISTS severity_text String,
    ADD COLUMN IF NOT EXISTS severity_number UInt8,
    ADD COLUMN IF NOT EXISTS body String,
    ADD COLUMN IF NOT EXISTS body_type Enum8('EMPTY' = 0, 'STRING' = 1, 'JSON' = 2, 'BYTES' = 3),
    ADD COLUMN IF NOT EXISTS project_name String,
    ADD COLUMN IF NOT EXISTS project_version String,
    ADD COLUMN IF NOT EXISTS service_name String,
    ADD COLUMN IF NOT EXISTS service_namespace String,
    ADD COLUMN IF NOT EXISTS service_instance_id String,
    ADD COLUMN IF NOT EXISTS environment String DEFAULT 'production',
    ADD COLUMN IF NOT EXISTS hostname String,
    ADD COLUMN IF NOT EXISTS attributes Map(String, String),
    ADD COLUMN IF NOT EXISTS user_id String,
    ADD COLUMN IF NOT EXISTS session_id String,
    ADD COLUMN IF NOT EXISTS os_type String,
    ADD COLUMN IF NOT EXISTS os_version String,
    ADD COLUMN IF NOT EXISTS runtime_name String,
    ADD COLUMN IF NOT EXISTS runtime_version String,
    ADD COLUMN IF NOT EXISTS cloud_provider String,
    ADD COLUMN IF NOT EXISTS cloud_region String,
    ADD COLUMN IF NOT EXISTS cloud_availability_zone String,
    ADD COLUMN IF NOT EXISTS instrumentation_library_name String,
    ADD COLUMN IF NOT EXISTS instrumentation_library_version String,
    ADD COLUMN IF NOT EXISTS schema_url String,
    ADD COLUMN IF NOT EXISTS exception_type String,
    ADD COLUMN IF NOT EXISTS exception_message String,
    ADD COLUMN IF NOT EXISTS exception_stacktrace String,
    ADD COLUMN IF NOT EXISTS is_exception UInt8,
    ADD COLUMN IF NOT EXISTS source_file String,
    ADD COLUMN IF NOT EXISTS source_line UInt32,
    ADD COLUMN IF NOT EXISTS source_function String,
    ADD COLUMN IF NOT EXISTS flags UInt32;

ALTER TABLE `telemetry`.`logs` MODIFY SETTING non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS `telemetry`.`metrics_hourly_state`
(
    timestamp DateTime,
    project_name String,
    total_count SimpleAggregateFunction(sum, UInt64),
    error_count SimpleAggregateFunction(sum, UInt64),
    durations AggregateFunction(quantiles(0.5, 0.95, 0.99), UInt32)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (project_name, timestamp)
TTL timestamp + toIntervalDay(180)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS `telemetry`.`metrics_hourly_state_mv` TO `telemetry`.`metrics_hourly_state` AS
SELECT
    toStartOfHour(r.timestamp) AS timestamp,
    r.project_name AS project_name,
    count() AS total_count,
    countIf(r.status_code = 'ERROR') AS error_count,
    quantilesState(0.5, 0.95, 0.99)(toUInt32(least(r.duration_ms, 4294967295))) AS durations
FROM `telemetry`.`traces` AS r
GROUP BY timestamp, project_name;

CREATE VIEW IF NOT EXISTS `telemetry`.`metrics_hourly` AS
SELECT
    s.timestamp AS timestamp,
    s.project_name AS project_name,
    sum(s.total_count) AS total_count,
    sum(s.error_count) AS error_count,
    quantilesMerge(0.5, 0.95, 0.99)(s.durations)[1] AS p50_duration_ms,
    quantilesMerge(0.5, 0.95, 0.99)(s.durations)[2] AS p95_duration_ms,
    quantilesMerge(0.5, 0.95, 0.99)(s.durations)[3] AS p99_duration_ms
FROM `telemetry`.`metrics_hourly_state` AS s
GROUP BY timestamp, project_name;

CREATE TABLE IF NOT EXISTS `telemetry`.`metrics_5min_state`
(
    timestamp DateTime,
    project_name String,
    service_name String,
    metric_name String,
    metric_type String,
    environment String,
    count SimpleAggregateFunction(sum, UInt64),
    sum_value SimpleAggregateFunction(sum, Float64),
    min_value SimpleAggregateFunction(min, Float64),
    max_value SimpleAggregateFunction(max, Float64),
    values AggregateFunction(quantiles(0.5, 0.95, 0.99), Float64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (project_name, service_name, metric_name, metric_type, environment, timestamp)
TTL timestamp + toIntervalDay(180)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS `telemetry`.`metrics_5min_state_mv` TO `telemetry`.`metrics_5min_state` AS
SELECT
    toStartOfFiveMinutes(r.timestamp) AS timestamp,
    r.project_name AS project_name,
    r.service_name AS service_name,
    r.metric_name AS metric_name,
    toString(r.metric_type) AS metric_type,
    r.environment AS environment,
    count() AS count,
    sum(r.value_double) AS sum_value,
    min(r.value_double) AS min_value,
    max(r.value_double) AS max_value,
    quantilesState(0.5, 0.95, 0.99)(toFloat64(r.value_double)) AS values
FROM `telemetry`.`metrics` AS r
WHERE r.metric_type IN ('GAUGE', 'SUM')
GROUP BY timestamp, project_name, service_name, metric_name, metric_type, environment;

CREATE VIEW IF NOT EXISTS `telemetry`.`metrics_5min` AS
SELECT
    s.timestamp AS timestamp,
    s.project_name AS project_name,
    s.service_name AS service_name,
    s.metric_name AS metric_name,
    s.metric_type AS metric_type,
    s.environment AS environment,
    sum(s.count) AS count,
    sum(s.sum_value) AS sum_value,
    sum(s.sum_value) / sum(s.count) AS avg_value,
    min(s.min_value) AS min_value,
    max(s.max_value) AS max_value,
    quantilesMerge(0.5, 0.95, 0.99)(s.values)[1] AS p50_value,
    quantilesMerge(0.5, 0.95, 0.99)(s.values)[2] AS p95_value,
    quantilesMerge(0.5, 0.95, 0.99)(s.values)[3] AS p99_value
FROM `telemetry`.`metrics_5min_state` AS s
GROUP BY timestamp, project_name, service_name, metric_name, metric_type, environment;

CREATE TABLE IF NOT EXISTS `telemetry`.`logs_error_summary_state`
(
    timestamp DateTime,
    project_name String,
    service_name String,
    environment String,
    severity_text String,
    severity_number UInt8,
    total_logs SimpleAggregateFunction(sum, UInt64),
    error_logs SimpleAggregateFunction(sum, UInt64),
    warn_logs SimpleAggregateFunction(sum, UInt64),
    exception_logs SimpleAggregateFunction(sum, UInt64),
    samples AggregateFunction(groupArray(10), String)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (project_name, service_name, environment, severity_number, severity_text, timestamp)
TTL timestamp + toIntervalDay(180)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS `telemetry`.`logs_error_summary_state_mv` TO `telemetry`.`logs_error_summary_state` AS
SELECT
    toStartOfHour(r.timestamp) AS timestamp,
    r.project_name AS project_name,
    r.service_name AS service_name,
    r.environment AS environment,
    r.severity_text AS severity_text,
    r.severity_number AS severity_number,
    count() AS total_logs,
    countIf(r.severity_number >= 17) AS error_logs,
    countIf(r.severity_number BETWEEN 13 AND 16) AS warn_logs,
    countIf(r.is_exception = 1) AS exception_logs,
    groupArrayState(10)(substringUTF8(r.body, 1, 1000)) AS samples
FROM `telemetry`.`logs` AS r
GROUP BY timestamp, project_name, service_name, environment, severity_text, severity_number;

CREATE VIEW IF NOT EXISTS `telemetry`.`logs_error_summary` AS
SELECT
    s.timestamp AS timestamp,
    s.project_name AS project_name,
    s.service_name AS service_name,
    s.environment AS environment,
    s.severity_text AS severity_text,
    s.severity_number AS severity_number,
    sum(s.total_logs) AS total_logs,
    sum(s.error_logs) AS error_logs,
    sum(s.warn_logs) AS warn_logs,
    sum(s.exception_logs) AS exception_logs,
    groupArrayMerge(10)(s.samples) AS sample_messages
FROM `telemetry`.`logs_error_summary_state` AS s
GROUP BY timestamp, project_name, service_name, environment, severity_text, severity_number;

CREATE VIEW IF NOT EXISTS `telemetry`.`trace_logs_correlation` AS
SELECT
    l.trace_id AS trace_id,
    l.span_id AS span_id,
    l.service_name AS service_name,
    t.span_name AS span_name,
    t.timestamp AS trace_timestamp,
    t.status_code AS status_code,
    l.project_name AS project_name,
    l.environment AS environment,
    l.log_id AS log_id,
    l.timestamp AS log_timestamp,
    l.severity_text AS severity_text,
    l.severity_number AS severity_number,
    l.body AS log_message,
    l.is_exception AS is_exception,
    l.exception_type AS exception_type,
    l.exception_message AS exception_message
FROM `telemetry`.`logs` AS l
LEFT JOIN `telemetry`.`traces` AS t ON l.trace_id = t.trace_id AND l.span_id = t.span_id
WHERE l.trace_id != '';

