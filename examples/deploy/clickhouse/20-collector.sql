-- Where the Collector's clickhouse exporter writes to, and what makes rows of traces, metrics and logs of it.
--
-- The exporter has tables of its own shape (otel_traces, otel_metrics_gauge …), the dashboards read those that nanotel
-- writes to directly (10-schema.sql). Here the exporter's tables keep nothing (ENGINE = Null): a materialized view takes each
-- block that is inserted and puts its rows where the dashboards look. So both ways meet in the same three tables, and
-- nothing is stored twice. The exporter must run with `create_schema: false`, else it would make tables that keep rows.
--
-- Read after 10-schema.sql; to be repeated as often as one likes.

CREATE TABLE IF NOT EXISTS telemetry.otel_traces
(
    Timestamp DateTime64(9),
    TraceId String,
    SpanId String,
    ParentSpanId String,
    TraceState String,
    SpanName String,
    SpanKind String,
    ServiceName String,
    ResourceAttributes Map(LowCardinality(String), String),
    ScopeName String,
    ScopeVersion String,
    SpanAttributes Map(LowCardinality(String), String),
    Duration UInt64,
    StatusCode String,
    StatusMessage String,
    Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes Map(LowCardinality(String), String)),
    Links Nested (TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String))
)
ENGINE = Null;

-- The exporter writes Server and Unset where the table has SERVER and OK. What the table has no column for stands in the
-- attributes, by the names that nanotel writes there itself: events, links, the trace state, and of the last exception what
-- dashboards look for.
CREATE MATERIALIZED VIEW IF NOT EXISTS telemetry.otel_traces_to_traces TO telemetry.traces AS
SELECT
    TraceId AS trace_id,
    SpanId AS span_id,
    ParentSpanId AS parent_span_id,
    toDateTime(Timestamp) AS timestamp,
    toUInt64(toUnixTimestamp64Nano(Timestamp)) AS timestamp_ns,
    toUInt32(least(intDiv(Duration, 1000000), 4294967295)) AS duration_ms,
    ServiceName AS service_name,
    SpanName AS span_name,
    if(SpanKind IN ('', 'Unspecified'), 'INTERNAL', upper(SpanKind)) AS span_kind,
    if(StatusCode = 'Error', 'ERROR', 'OK') AS status_code,
    StatusMessage AS status_message,
    if(ResourceAttributes['project.name'] != '', ResourceAttributes['project.name'], ServiceName) AS project_name,
    if(ResourceAttributes['project.version'] != '', ResourceAttributes['project.version'],
       ResourceAttributes['service.version']) AS project_version,
    multiIf(ResourceAttributes['deployment.environment.name'] != '', ResourceAttributes['deployment.environment.name'],
            ResourceAttributes['deployment.environment'] != '', ResourceAttributes['deployment.environment'],
            'production') AS environment,
    ResourceAttributes['host.name'] AS hostname,
    mapConcat(
        mapUpdate(
            CAST(mapFilter((key, value) -> startsWith(key, 'exception.'),
                           arrayLast((of, name) -> name = 'exception', Events.Attributes, Events.Name)), 'Map(String, String)'),
            CAST(SpanAttributes, 'Map(String, String)')),
        if(empty(Events.Name), CAST(map(), 'Map(String, String)'), map('nanotel.events', toJSONString(arrayMap(
            (time, name, of) -> CAST((toUnixTimestamp64Nano(time), name, of),
                'Tuple(time_unix_nano Int64, name String, attributes Map(String, String))'),
            Events.Timestamp, Events.Name, Events.Attributes)))),
        if(empty(Links.TraceId), CAST(map(), 'Map(String, String)'), map('nanotel.links', toJSONString(arrayMap(
            (trace, span, state, of) -> CAST((trace, span, state, of),
                'Tuple(trace_id String, span_id String, trace_state String, attributes Map(String, String))'),
            Links.TraceId, Links.SpanId, Links.TraceState, Links.Attributes)))),
        if(TraceState = '', CAST(map(), 'Map(String, String)'), map('w3c.tracestate', TraceState))) AS attributes,
    ResourceAttributes['user.id'] AS user_id,
    ResourceAttributes['session.id'] AS session_id,
    ResourceAttributes['os.type'] AS os_type,
    ResourceAttributes['os.version'] AS os_version,
    ResourceAttributes['process.runtime.name'] AS runtime_name,
    ResourceAttributes['process.runtime.version'] AS runtime_version,
    ResourceAttributes['cloud.provider'] AS cloud_provider,
    ResourceAttributes['cloud.region'] AS cloud_region,
    ResourceAttributes['cloud.availability_zone'] AS cloud_availability_zone,
    ScopeName AS instrumentation_library_name,
    ScopeVersion AS instrumentation_library_version
FROM telemetry.otel_traces;

CREATE TABLE IF NOT EXISTS telemetry.otel_logs
(
    Timestamp DateTime64(9),
    TimestampTime DateTime DEFAULT toDateTime(Timestamp),
    TraceId String,
    SpanId String,
    TraceFlags UInt8,
    SeverityText String,
    SeverityNumber UInt8,
    ServiceName String,
    Body String,
    ResourceSchemaUrl String,
    ResourceAttributes Map(LowCardinality(String), String),
    ScopeSchemaUrl String,
    ScopeName String,
    ScopeVersion String,
    ScopeAttributes Map(LowCardinality(String), String),
    LogAttributes Map(LowCardinality(String), String),
    EventName String
)
ENGINE = Null;

-- The exporter keeps neither the observed time nor the type of a body. A text may begin as JSON does: [worker] started.
CREATE MATERIALIZED VIEW IF NOT EXISTS telemetry.otel_logs_to_logs TO telemetry.logs AS
SELECT
    toString(generateUUIDv4()) AS log_id,
    TraceId AS trace_id,
    SpanId AS span_id,
    toDateTime(Timestamp) AS timestamp,
    toUInt64(toUnixTimestamp64Nano(Timestamp)) AS timestamp_ns,
    timestamp AS observed_timestamp,
    timestamp_ns AS observed_timestamp_ns,
    SeverityText AS severity_text,
    SeverityNumber AS severity_number,
    Body AS body,
    multiIf(Body = '', 'EMPTY', (startsWith(Body, '{') OR startsWith(Body, '[')) AND isValidJSON(Body), 'JSON', 'STRING')
        AS body_type,
    if(ResourceAttributes['project.name'] != '', ResourceAttributes['project.name'], ServiceName) AS project_name,
    if(ResourceAttributes['project.version'] != '', ResourceAttributes['project.version'],
       ResourceAttributes['service.version']) AS project_version,
    ServiceName AS service_name,
    ResourceAttributes['service.namespace'] AS service_namespace,
    ResourceAttributes['service.instance.id'] AS service_instance_id,
    multiIf(ResourceAttributes['deployment.environment.name'] != '', ResourceAttributes['deployment.environment.name'],
            ResourceAttributes['deployment.environment'] != '', ResourceAttributes['deployment.environment'],
            'production') AS environment,
    ResourceAttributes['host.name'] AS hostname,
    CAST(if(EventName = '', LogAttributes, mapUpdate(LogAttributes, map('event.name', EventName))),
         'Map(String, String)') AS attributes,
    ResourceAttributes['user.id'] AS user_id,
    ResourceAttributes['session.id'] AS session_id,
    ResourceAttributes['os.type'] AS os_type,
    ResourceAttributes['os.version'] AS os_version,
    ResourceAttributes['process.runtime.name'] AS runtime_name,
    ResourceAttributes['process.runtime.version'] AS runtime_version,
    ResourceAttributes['cloud.provider'] AS cloud_provider,
    ResourceAttributes['cloud.region'] AS cloud_region,
    ResourceAttributes['cloud.availability_zone'] AS cloud_availability_zone,
    ScopeName AS instrumentation_library_name,
    ScopeVersion AS instrumentation_library_version,
    if(ScopeSchemaUrl != '', ScopeSchemaUrl, ResourceSchemaUrl) AS schema_url,
    LogAttributes['exception.type'] AS exception_type,
    LogAttributes['exception.message'] AS exception_message,
    LogAttributes['exception.stacktrace'] AS exception_stacktrace,
    toUInt8(exception_type != '' OR exception_message != '') AS is_exception,
    LogAttributes['code.file.path'] AS source_file,
    toUInt32OrZero(LogAttributes['code.line.number']) AS source_line,
    LogAttributes['code.function.name'] AS source_function,
    toUInt32(TraceFlags) AS flags
FROM telemetry.otel_logs;

-- The exporter has a table for each type of point. What they have in common becomes columns of metrics in one place,
-- otel_points; each view below adds what only its type has.
CREATE TABLE IF NOT EXISTS telemetry.otel_points
(
    ResourceAttributes Map(LowCardinality(String), String),
    ResourceSchemaUrl String,
    ScopeName String,
    ScopeVersion String,
    ScopeSchemaUrl String,
    ServiceName String,
    MetricName String,
    MetricDescription String,
    MetricUnit String,
    Attributes Map(LowCardinality(String), String),
    StartTimeUnix DateTime64(9),
    TimeUnix DateTime64(9),
    metric_type String,
    value_double Float64,
    is_monotonic UInt8,
    aggregation_temporality Int32,
    histogram_count UInt64,
    histogram_sum Float64,
    histogram_min Float64,
    histogram_max Float64,
    histogram_bucket_counts Array(UInt64),
    histogram_explicit_bounds Array(Float64),
    summary_count UInt64,
    summary_sum Float64,
    quantile_values Map(String, Float64)
)
ENGINE = Null;

-- The exporter's values are all Float64; a whole one fills value_int too. A gauge that says no start is of its moment, as
-- nanotel's are. The start of other points stays unknown (0): a total that began now would be all of it an increase.
CREATE MATERIALIZED VIEW IF NOT EXISTS telemetry.otel_points_to_metrics TO telemetry.metrics AS
SELECT
    toString(generateUUIDv4()) AS metric_id,
    MetricName AS metric_name,
    metric_type AS metric_type,
    MetricUnit AS metric_unit,
    MetricDescription AS metric_description,
    toDateTime(TimeUnix) AS timestamp,
    toUInt64(toUnixTimestamp64Nano(TimeUnix)) AS timestamp_ns,
    toDateTime(if(metric_type = 'GAUGE' AND toUnixTimestamp64Nano(StartTimeUnix) = 0, TimeUnix, StartTimeUnix))
        AS time_window_start,
    toDateTime(TimeUnix) AS time_window_end,
    if(value_double = round(value_double) AND abs(value_double) <= 9007199254740992, toInt64(value_double), 0) AS value_int,
    value_double AS value_double,
    is_monotonic AS is_monotonic,
    CAST(toInt8(aggregation_temporality), 'Enum8(\'UNSPECIFIED\' = 0, \'DELTA\' = 1, \'CUMULATIVE\' = 2)')
        AS aggregation_temporality,
    histogram_count AS histogram_count,
    histogram_sum AS histogram_sum,
    histogram_min AS histogram_min,
    histogram_max AS histogram_max,
    histogram_bucket_counts AS histogram_bucket_counts,
    histogram_explicit_bounds AS histogram_explicit_bounds,
    summary_count AS summary_count,
    summary_sum AS summary_sum,
    quantile_values AS quantile_values,
    if(ResourceAttributes['project.name'] != '', ResourceAttributes['project.name'], ServiceName) AS project_name,
    if(ResourceAttributes['project.version'] != '', ResourceAttributes['project.version'],
       ResourceAttributes['service.version']) AS project_version,
    ServiceName AS service_name,
    ResourceAttributes['service.namespace'] AS service_namespace,
    ResourceAttributes['service.instance.id'] AS service_instance_id,
    multiIf(ResourceAttributes['deployment.environment.name'] != '', ResourceAttributes['deployment.environment.name'],
            ResourceAttributes['deployment.environment'] != '', ResourceAttributes['deployment.environment'],
            'production') AS environment,
    ResourceAttributes['host.name'] AS hostname,
    CAST(Attributes, 'Map(String, String)') AS attributes,
    ResourceAttributes['user.id'] AS user_id,
    ResourceAttributes['session.id'] AS session_id,
    ResourceAttributes['os.type'] AS os_type,
    ResourceAttributes['os.version'] AS os_version,
    ResourceAttributes['process.runtime.name'] AS runtime_name,
    ResourceAttributes['process.runtime.version'] AS runtime_version,
    ResourceAttributes['cloud.provider'] AS cloud_provider,
    ResourceAttributes['cloud.region'] AS cloud_region,
    ResourceAttributes['cloud.availability_zone'] AS cloud_availability_zone,
    ScopeName AS instrumentation_library_name,
    ScopeVersion AS instrumentation_library_version,
    if(ScopeSchemaUrl != '', ScopeSchemaUrl, ResourceSchemaUrl) AS schema_url
FROM telemetry.otel_points;

CREATE TABLE IF NOT EXISTS telemetry.otel_metrics_gauge
(
    ResourceAttributes Map(LowCardinality(String), String),
    ResourceSchemaUrl String,
    ScopeName String,
    ScopeVersion String,
    ScopeAttributes Map(LowCardinality(String), String),
    ScopeDroppedAttrCount UInt32,
    ScopeSchemaUrl String,
    ServiceName String,
    MetricName String,
    MetricDescription String,
    MetricUnit String,
    Attributes Map(LowCardinality(String), String),
    StartTimeUnix DateTime64(9),
    TimeUnix DateTime64(9),
    Value Float64,
    Flags UInt32,
    Exemplars Nested (FilteredAttributes Map(LowCardinality(String), String), TimeUnix DateTime64(9), Value Float64,
                      SpanId String, TraceId String)
)
ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS telemetry.otel_metrics_gauge_to_points TO telemetry.otel_points AS
SELECT
    ResourceAttributes, ResourceSchemaUrl, ScopeName, ScopeVersion, ScopeSchemaUrl, ServiceName,
    MetricName, MetricDescription, MetricUnit, Attributes, StartTimeUnix, TimeUnix,
    'GAUGE' AS metric_type,
    Value AS value_double
FROM telemetry.otel_metrics_gauge;

CREATE TABLE IF NOT EXISTS telemetry.otel_metrics_sum
(
    ResourceAttributes Map(LowCardinality(String), String),
    ResourceSchemaUrl String,
    ScopeName String,
    ScopeVersion String,
    ScopeAttributes Map(LowCardinality(String), String),
    ScopeDroppedAttrCount UInt32,
    ScopeSchemaUrl String,
    ServiceName String,
    MetricName String,
    MetricDescription String,
    MetricUnit String,
    Attributes Map(LowCardinality(String), String),
    StartTimeUnix DateTime64(9),
    TimeUnix DateTime64(9),
    Value Float64,
    Flags UInt32,
    AggregationTemporality Int32,
    IsMonotonic Boolean,
    Exemplars Nested (FilteredAttributes Map(LowCardinality(String), String), TimeUnix DateTime64(9), Value Float64,
                      SpanId String, TraceId String)
)
ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS telemetry.otel_metrics_sum_to_points TO telemetry.otel_points AS
SELECT
    ResourceAttributes, ResourceSchemaUrl, ScopeName, ScopeVersion, ScopeSchemaUrl, ServiceName,
    MetricName, MetricDescription, MetricUnit, Attributes, StartTimeUnix, TimeUnix,
    'SUM' AS metric_type,
    Value AS value_double,
    toUInt8(IsMonotonic) AS is_monotonic,
    AggregationTemporality AS aggregation_temporality
FROM telemetry.otel_metrics_sum;

CREATE TABLE IF NOT EXISTS telemetry.otel_metrics_histogram
(
    ResourceAttributes Map(LowCardinality(String), String),
    ResourceSchemaUrl String,
    ScopeName String,
    ScopeVersion String,
    ScopeAttributes Map(LowCardinality(String), String),
    ScopeDroppedAttrCount UInt32,
    ScopeSchemaUrl String,
    ServiceName String,
    MetricName String,
    MetricDescription String,
    MetricUnit String,
    Attributes Map(LowCardinality(String), String),
    StartTimeUnix DateTime64(9),
    TimeUnix DateTime64(9),
    Count UInt64,
    Sum Float64,
    BucketCounts Array(UInt64),
    ExplicitBounds Array(Float64),
    Flags UInt32,
    Min Float64,
    Max Float64,
    AggregationTemporality Int32,
    Exemplars Nested (FilteredAttributes Map(LowCardinality(String), String), TimeUnix DateTime64(9), Value Float64,
                      SpanId String, TraceId String)
)
ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS telemetry.otel_metrics_histogram_to_points TO telemetry.otel_points AS
SELECT
    ResourceAttributes, ResourceSchemaUrl, ScopeName, ScopeVersion, ScopeSchemaUrl, ServiceName,
    MetricName, MetricDescription, MetricUnit, Attributes, StartTimeUnix, TimeUnix,
    'HISTOGRAM' AS metric_type,
    AggregationTemporality AS aggregation_temporality,
    Count AS histogram_count,
    Sum AS histogram_sum,
    Min AS histogram_min,
    Max AS histogram_max,
    BucketCounts AS histogram_bucket_counts,
    ExplicitBounds AS histogram_explicit_bounds
FROM telemetry.otel_metrics_histogram;

CREATE TABLE IF NOT EXISTS telemetry.otel_metrics_exponential_histogram
(
    ResourceAttributes Map(LowCardinality(String), String),
    ResourceSchemaUrl String,
    ScopeName String,
    ScopeVersion String,
    ScopeAttributes Map(LowCardinality(String), String),
    ScopeDroppedAttrCount UInt32,
    ScopeSchemaUrl String,
    ServiceName String,
    MetricName String,
    MetricDescription String,
    MetricUnit String,
    Attributes Map(LowCardinality(String), String),
    StartTimeUnix DateTime64(9),
    TimeUnix DateTime64(9),
    Count UInt64,
    Sum Float64,
    Scale Int32,
    ZeroCount UInt64,
    PositiveOffset Int32,
    PositiveBucketCounts Array(UInt64),
    NegativeOffset Int32,
    NegativeBucketCounts Array(UInt64),
    Flags UInt32,
    Min Float64,
    Max Float64,
    AggregationTemporality Int32,
    Exemplars Nested (FilteredAttributes Map(LowCardinality(String), String), TimeUnix DateTime64(9), Value Float64,
                      SpanId String, TraceId String)
)
ENGINE = Null;

-- Bucket i holds what is above 2^(i / 2^Scale); with these as bounds it is a histogram like any other.
CREATE MATERIALIZED VIEW IF NOT EXISTS telemetry.otel_metrics_exponential_histogram_to_points TO telemetry.otel_points AS
SELECT
    ResourceAttributes, ResourceSchemaUrl, ScopeName, ScopeVersion, ScopeSchemaUrl, ServiceName,
    MetricName, MetricDescription, MetricUnit, Attributes, StartTimeUnix, TimeUnix,
    'EXPONENTIAL_HISTOGRAM' AS metric_type,
    AggregationTemporality AS aggregation_temporality,
    Count AS histogram_count,
    Sum AS histogram_sum,
    Min AS histogram_min,
    Max AS histogram_max,
    arrayConcat(
        if(empty(NegativeBucketCounts), [], arrayConcat([toUInt64(0)], arrayReverse(NegativeBucketCounts))),
        [ZeroCount],
        if(empty(PositiveBucketCounts), [], arrayConcat(PositiveBucketCounts, [toUInt64(0)]))) AS histogram_bucket_counts,
    arrayConcat(
        if(empty(NegativeBucketCounts), [],
           arrayReverse(arrayMap(i -> -exp2((NegativeOffset + i) * exp2(-Scale)),
                                 range(length(NegativeBucketCounts) + 1)))),
        if(empty(PositiveBucketCounts), [],
           arrayMap(i -> exp2((PositiveOffset + i) * exp2(-Scale)),
                    range(length(PositiveBucketCounts) + 1)))) AS histogram_explicit_bounds
FROM telemetry.otel_metrics_exponential_histogram;

CREATE TABLE IF NOT EXISTS telemetry.otel_metrics_summary
(
    ResourceAttributes Map(LowCardinality(String), String),
    ResourceSchemaUrl String,
    ScopeName String,
    ScopeVersion String,
    ScopeAttributes Map(LowCardinality(String), String),
    ScopeDroppedAttrCount UInt32,
    ScopeSchemaUrl String,
    ServiceName String,
    MetricName String,
    MetricDescription String,
    MetricUnit String,
    Attributes Map(LowCardinality(String), String),
    StartTimeUnix DateTime64(9),
    TimeUnix DateTime64(9),
    Count UInt64,
    Sum Float64,
    ValueAtQuantiles Nested (Quantile Float64, Value Float64),
    Flags UInt32
)
ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS telemetry.otel_metrics_summary_to_points TO telemetry.otel_points AS
SELECT
    ResourceAttributes, ResourceSchemaUrl, ScopeName, ScopeVersion, ScopeSchemaUrl, ServiceName,
    MetricName, MetricDescription, MetricUnit, Attributes, StartTimeUnix, TimeUnix,
    'SUMMARY' AS metric_type,
    Count AS summary_count,
    Sum AS summary_sum,
    CAST((arrayMap(q -> toString(q), ValueAtQuantiles.Quantile), ValueAtQuantiles.Value), 'Map(String, Float64)')
        AS quantile_values
FROM telemetry.otel_metrics_summary;
