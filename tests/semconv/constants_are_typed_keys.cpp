// SPDX-License-Identifier: MIT
// All headers of the conventions in one file: no two of them define the same name.
#include <nanotel/semconv/client.hpp>
#include <nanotel/semconv/code.hpp>
#include <nanotel/semconv/container.hpp>
#include <nanotel/semconv/cpu.hpp>
#include <nanotel/semconv/db.hpp>
#include <nanotel/semconv/db_metrics.hpp>
#include <nanotel/semconv/deployment.hpp>
#include <nanotel/semconv/disk.hpp>
#include <nanotel/semconv/error.hpp>
#include <nanotel/semconv/exception.hpp>
#include <nanotel/semconv/host.hpp>
#include <nanotel/semconv/http.hpp>
#include <nanotel/semconv/http_metrics.hpp>
#include <nanotel/semconv/k8s.hpp>
#include <nanotel/semconv/messaging.hpp>
#include <nanotel/semconv/network.hpp>
#include <nanotel/semconv/os.hpp>
#include <nanotel/semconv/otel.hpp>
#include <nanotel/semconv/otel_metrics.hpp>
#include <nanotel/semconv/process.hpp>
#include <nanotel/semconv/process_metrics.hpp>
#include <nanotel/semconv/rpc.hpp>
#include <nanotel/semconv/schema_url.hpp>
#include <nanotel/semconv/server.hpp>
#include <nanotel/semconv/service.hpp>
#include <nanotel/semconv/telemetry.hpp>
#include <nanotel/semconv/thread.hpp>
#include <nanotel/semconv/url.hpp>
#include <nanotel/semconv/user.hpp>
#include <nanotel/semconv/user_agent.hpp>

#include <nanotel/metrics/histogram.hpp>

#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

namespace semconv = nanotel::semconv;
using nanotel::text;

namespace {

template <class Attribute>
constexpr text key_of(const Attribute&) {
    return Attribute::key_type::name();
}
template <class Attribute>
using stored_in = typename Attribute::value_stored;

// An instrument takes its name and unit from the constants, and checks them when compiling.
constinit nanotel::histogram<> durations{semconv::metrics::http_server_request_duration::name,
                                         {.unit = semconv::metrics::http_server_request_duration::unit}};

} // namespace

TEST_CASE("a constant is the key of an attribute whose value has its type") {
    constexpr auto method = semconv::http_request_method = "GET";
    CHECK(key_of(method) == text("http.request.method"));
    CHECK(method.value == text("GET"));
    CHECK(std::is_same_v<stored_in<decltype(method)>, text>);

    const auto status = semconv::http_response_status_code = 200;
    CHECK(key_of(status) == text("http.response.status_code"));
    CHECK(status.value == 200);

    const std::string system = "sqlite";
    CHECK((semconv::db_system_name = system).value == text("sqlite"));
}

TEST_CASE("well-known values are constants beside their key") {
    CHECK((semconv::http_request_method = semconv::http_request_method_values::other).value ==
          text("_OTHER"));
    CHECK((semconv::http_request_method = semconv::http_request_method_values::delete_).value ==
          text("DELETE"));
    CHECK((semconv::os_type = semconv::os_type_values::linux_).value == text("linux"));
    CHECK(semconv::db_system_name_values::postgresql == text("postgresql"));
}

TEST_CASE("keys that end in something of the application's are joined when compiling") {
    constexpr const auto& header = semconv::http_request_header<"x-request-id">;
    const std::vector<std::string> several{"a", "b"};
    const auto of_range = header = several;
    CHECK(key_of(of_range) == text("http.request.header.x-request-id"));
    const char* const array[] = {"a", "b"};
    CHECK(key_of(header = array) == key_of(of_range));
    CHECK(key_of(header = {"a", "b"}) == key_of(of_range));
    CHECK(key_of(semconv::db_operation_parameter<"0"> = "7") == text("db.operation.parameter.0"));
}

TEST_CASE("what begins with otel. is a key too") {
    CHECK(key_of(semconv::otel_status_code = "ERROR") == text("otel.status_code"));
}

TEST_CASE("metrics have their names and units, and the release its URL") {
    CHECK(text(semconv::metrics::http_client_request_duration::name) == text("http.client.request.duration"));
    CHECK(text(semconv::metrics::db_client_operation_duration::unit) == text("s"));
    CHECK(text(semconv::schema_url) == text("https://opentelemetry.io/schemas/1.44.0"));
    durations.record(0.1);
}
