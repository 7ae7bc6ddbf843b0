// SPDX-License-Identifier: MIT
// Attributes `db.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/semconv/key_below.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// The name of the connection pool; unique within the instrumented application. In case the connection pool
/// implementation doesn't provide a name, instrumentation SHOULD use a combination of parameters that would
/// make the name unique, for example, combining attributes `server.address`, `server.port`, and
/// `db.namespace`, formatted as `server.address:server.port/db.namespace`. Instrumentations that generate
/// connection pool name following different patterns SHOULD document it.
/// Type string; development.
inline constexpr typed_key<"db.client.connection.pool.name", text> db_client_connection_pool_name{};

/// The state of a connection in the pool.
/// Type string; development. Well-known values are in db_client_connection_state_values.
inline constexpr typed_key<"db.client.connection.state", text> db_client_connection_state{};

namespace db_client_connection_state_values {
inline constexpr text idle{"idle"};
inline constexpr text used{"used"};
} // namespace db_client_connection_state_values

/// The name of a collection (table, container) within the database.
/// Type string; stable.
inline constexpr typed_key<"db.collection.name", text> db_collection_name{};

/// The name of the database, fully qualified within the server address and port.
/// Type string; stable.
inline constexpr typed_key<"db.namespace", text> db_namespace{};

/// The number of database operations included in a batch operation.
/// Type int; stable.
inline constexpr typed_key<"db.operation.batch.size", std::int64_t> db_operation_batch_size{};

/// The name of the operation or command being executed.
/// Type string; stable.
inline constexpr typed_key<"db.operation.name", text> db_operation_name{};

/// A database operation parameter, with `<key>` being the parameter name, and the attribute value being a
/// string representation of the parameter value.
/// Type string for each key, `db_operation_parameter<"key">`; development.
template <fixed_string Key>
inline constexpr typed_key<key_below<"db.operation.parameter", Key>, text> db_operation_parameter{};

/// A database query parameter, with `<key>` being the parameter name, and the attribute value being a string
/// representation of the parameter value.
/// Type string for each key, `db_query_parameter<"key">`; development.
template <fixed_string Key>
inline constexpr typed_key<key_below<"db.query.parameter", Key>, text> db_query_parameter{};

/// Low cardinality summary of a database query.
/// Type string; stable.
inline constexpr typed_key<"db.query.summary", text> db_query_summary{};

/// The database query being executed.
/// Type string; stable.
inline constexpr typed_key<"db.query.text", text> db_query_text{};

/// Number of rows returned by the operation.
/// Type int; development.
inline constexpr typed_key<"db.response.returned_rows", std::int64_t> db_response_returned_rows{};

/// Database response status code.
/// Type string; stable.
inline constexpr typed_key<"db.response.status_code", text> db_response_status_code{};

/// The name of a stored procedure within the database.
/// Type string; stable.
inline constexpr typed_key<"db.stored_procedure.name", text> db_stored_procedure_name{};

/// The database management system (DBMS) product as identified by the client instrumentation.
/// Type string; stable. Well-known values are in db_system_name_values.
inline constexpr typed_key<"db.system.name", text> db_system_name{};

namespace db_system_name_values {
/// Some other SQL database. Fallback only (development).
inline constexpr text other_sql{"other_sql"};
/// Adabas (Adaptable Database System) (development).
inline constexpr text softwareag_adabas{"softwareag.adabas"};
/// Actian Ingres (development).
inline constexpr text actian_ingres{"actian.ingres"};
/// Amazon DynamoDB (development).
inline constexpr text aws_dynamodb{"aws.dynamodb"};
/// Amazon Redshift (development).
inline constexpr text aws_redshift{"aws.redshift"};
/// Azure Cosmos DB (development).
inline constexpr text azure_cosmosdb{"azure.cosmosdb"};
/// InterSystems Caché (development).
inline constexpr text intersystems_cache{"intersystems.cache"};
/// Apache Cassandra (development).
inline constexpr text cassandra{"cassandra"};
/// ClickHouse (development).
inline constexpr text clickhouse{"clickhouse"};
/// CockroachDB (development).
inline constexpr text cockroachdb{"cockroachdb"};
/// Couchbase (development).
inline constexpr text couchbase{"couchbase"};
/// Apache CouchDB (development).
inline constexpr text couchdb{"couchdb"};
/// Apache Derby (development).
inline constexpr text derby{"derby"};
/// Elasticsearch (development).
inline constexpr text elasticsearch{"elasticsearch"};
/// Firebird (development).
inline constexpr text firebirdsql{"firebirdsql"};
/// Google Cloud Spanner (development).
inline constexpr text gcp_spanner{"gcp.spanner"};
/// Apache Geode (development).
inline constexpr text geode{"geode"};
/// H2 Database (development).
inline constexpr text h2database{"h2database"};
/// Apache HBase (development).
inline constexpr text hbase{"hbase"};
/// Apache Hive (development).
inline constexpr text hive{"hive"};
/// HyperSQL Database (development).
inline constexpr text hsqldb{"hsqldb"};
/// IBM Db2 (development).
inline constexpr text ibm_db2{"ibm.db2"};
/// IBM Informix (development).
inline constexpr text ibm_informix{"ibm.informix"};
/// IBM Netezza (development).
inline constexpr text ibm_netezza{"ibm.netezza"};
/// InfluxDB (development).
inline constexpr text influxdb{"influxdb"};
/// Instant (development).
inline constexpr text instantdb{"instantdb"};
/// MariaDB.
inline constexpr text mariadb{"mariadb"};
/// Memcached (development).
inline constexpr text memcached{"memcached"};
/// MongoDB (development).
inline constexpr text mongodb{"mongodb"};
/// Microsoft SQL Server.
inline constexpr text microsoft_sql_server{"microsoft.sql_server"};
/// MySQL.
inline constexpr text mysql{"mysql"};
/// Neo4j (development).
inline constexpr text neo4j{"neo4j"};
/// OpenSearch (development).
inline constexpr text opensearch{"opensearch"};
/// Oracle Database (development).
inline constexpr text oracle_db{"oracle.db"};
/// PostgreSQL.
inline constexpr text postgresql{"postgresql"};
/// Redis (development).
inline constexpr text redis{"redis"};
/// SAP HANA (development).
inline constexpr text sap_hana{"sap.hana"};
/// SAP MaxDB (development).
inline constexpr text sap_maxdb{"sap.maxdb"};
/// SQLite (development).
inline constexpr text sqlite{"sqlite"};
/// Teradata (development).
inline constexpr text teradata{"teradata"};
/// Trino (development).
inline constexpr text trino{"trino"};
} // namespace db_system_name_values

} // namespace nanotel::inline NANOTEL_ABI::semconv
