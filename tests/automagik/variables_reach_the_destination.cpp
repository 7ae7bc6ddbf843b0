// SPDX-License-Identifier: MIT
// What the variables say is what is on the wire, and none of them ends a program.
#include "user.hpp"

#include "../../examples/automagik/langwatch.hpp"

#include <exporters/certificates.hpp>
#include <exporters/diagnostics_heard.hpp>

#include <algorithm>

using namespace nanotel::literals;
using nanotel_test::came;
using nanotel_test::diagnostics_heard;
using nanotel_test::file_with;
using nanotel_test::http_peer;
using nanotel_test::user;

namespace {

// A user of the backend clickhouse, and who says that rows are written.
struct clickhouse_user : user {
    http_peer server{[](const auto&, auto& response) { response.set_content("", "text/plain"); }};

    clickhouse_user() {
        set("BACKEND", "clickhouse");
        set("CLICKHOUSE_ENDPOINT", server.url());
    }
    void set(const std::string& name, const std::string& value) {
        variables["AUTOMAGIK_TELEMETRY_" + name] = value;
    }
    std::vector<httplib::Request> inserts_into(const std::string& table) const {
        std::vector<httplib::Request> found;
        for (const auto& request : server.requests())
            if (request.get_param_value("query").starts_with("INSERT INTO " + table + " "))
                found.push_back(request);
        return found;
    }
};

std::ptrdiff_t rows_of(const httplib::Request& request) {
    return std::count(request.body.begin(), request.body.end(), '\n');
}

// All three signals: so many events, a metric and a log record.
void track_all(automagik::telemetry& client, int events) {
    for (int i = 0; i < events; ++i) client.track_event("tracked", "i"_attr = i);
    client.track_metric("counted", 1, automagik::metric_type::counter);
    client.track_log("logged");
    CHECK(client.flush(nanotel_test::patience));
}

// RSA with 1024 bits, which OpenSSL's security level 2 does not take.
struct weak_identity {
    nanotel::detail::key_pointer key{::EVP_RSA_gen(1024)};
    nanotel::detail::x509_pointer certificate{::X509_new()};

    weak_identity() {
        X509* const x = certificate.get();
        ::X509_set_version(x, 2);
        ::X509_gmtime_adj(::X509_getm_notBefore(x), -3600);
        ::X509_gmtime_adj(::X509_getm_notAfter(x), 3600);
        ::X509_set_pubkey(x, key.get());
        REQUIRE(::X509_sign(x, key.get(), ::EVP_sha256()) > 0);
    }

    template <class Write>
    static std::string pem(Write write) {
        const nanotel::detail::bio_pointer memory(::BIO_new(::BIO_s_mem()));
        REQUIRE(write(memory.get()) == 1);
        char* data = nullptr;
        const long size = BIO_get_mem_data(memory.get(), &data);
        return {data, static_cast<std::size_t>(size)};
    }
};

} // namespace

TEST_CASE("the variables of ClickHouse are in its requests: who, where to, how many rows, not compressed") {
    clickhouse_user ada;
    ada.set("CLICKHOUSE_USERNAME", "ada");
    ada.set("CLICKHOUSE_PASSWORD", "sesame");
    ada.set("CLICKHOUSE_DATABASE", "d1");
    ada.set("CLICKHOUSE_TABLE", "t1");
    ada.set("CLICKHOUSE_METRICS_TABLE", "m1");
    ada.set("CLICKHOUSE_LOGS_TABLE", "l1");
    ada.set("CLICKHOUSE_BATCH_SIZE", "7");
    ada.set("CLICKHOUSE_COMPRESSION_ENABLED", "false");
    automagik::telemetry client(ada.options());
    track_all(client, 20);

    const auto all = ada.server.requests();
    REQUIRE_FALSE(all.empty());
    for (const auto& request : all) {
        CHECK(request.get_header_value("X-ClickHouse-User") == "ada");
        CHECK(request.get_header_value("X-ClickHouse-Key") == "sesame");
        CHECK_FALSE(request.has_header("Content-Encoding"));
    }
    std::ptrdiff_t rows = 0, most = 0;
    std::size_t largest = 0;
    for (const auto& insert : ada.inserts_into("`d1`.`t1`")) {
        CHECK(insert.body.find(R"("span_name":"tracked")") != insert.body.npos);
        rows += rows_of(insert);
        most = std::max(most, rows_of(insert));
        largest = std::max(largest, insert.body.size());
    }
    CHECK(rows == 20);
    CHECK(most == 7);
    CHECK(largest > 1024); // else it would not have been compressed either way
    const auto points = ada.inserts_into("`d1`.`m1`");
    REQUIRE(points.size() == 1);
    CHECK(points[0].body.find(R"("metric_name":"counted")") != std::string::npos);
    const auto logs = ada.inserts_into("`d1`.`l1`");
    REQUIRE(logs.size() == 1);
    CHECK(logs[0].body.find(R"("body":"logged")") != std::string::npos);
    for (const auto& request : all) {
        const std::string query = request.get_param_value("query");
        CHECK_MESSAGE((!query.starts_with("INSERT") || query.starts_with("INSERT INTO `d1`.")), query);
    }
}

TEST_CASE("without the variables the requests are those of a server as it is installed, compressed") {
    clickhouse_user ada;
    automagik::telemetry client(ada.options());
    track_all(client, 20);
    for (const auto& request : ada.server.requests()) {
        CHECK(request.get_header_value("X-ClickHouse-User") == "default");
        CHECK_FALSE(request.has_header("X-ClickHouse-Key"));
    }
    const auto spans = ada.inserts_into("`telemetry`.`traces`");
    REQUIRE(spans.size() == 1);
    CHECK(spans[0].get_header_value("Content-Encoding") == "gzip");
    CHECK(ada.inserts_into("`telemetry`.`metrics`").size() == 1);
    CHECK(ada.inserts_into("`telemetry`.`logs`").size() == 1);
}

TEST_CASE("each signal goes to the endpoint that its variable names") {
    http_peer traces, metrics, logs;
    user ada;
    ada.variables["AUTOMAGIK_TELEMETRY_ENDPOINT"] = traces.url() + "/in/v1/traces";
    ada.variables["AUTOMAGIK_TELEMETRY_METRICS_ENDPOINT"] = metrics.url() + "/numbers";
    ada.variables["AUTOMAGIK_TELEMETRY_LOGS_ENDPOINT"] = logs.url() + "/texts/v1/logs";
    automagik::telemetry client(ada.options());
    track_all(client, 3);
    const std::vector<std::pair<const http_peer*, std::string>> expected{
        {&traces, "/in/v1/traces"}, {&metrics, "/numbers"}, {&logs, "/texts/v1/logs"}};
    for (const auto& one : expected) {
        CAPTURE(one.second);
        const auto requests = one.first->requests();
        CHECK_FALSE(requests.empty());
        for (const auto& request : requests) CHECK(request.path == one.second);
    }
    came all(traces.requests(), "/in");
    CHECK(all.spans.size() == 3);
    for (const auto& request : metrics.requests()) all.add_metrics(request.body);
    CHECK(all.metric("counted").points.size() == 1);
    CHECK(came(logs.requests(), "/texts").logs.size() == 1);
}

TEST_CASE("a password that was read from a file opens the door without the file's line break") {
    clickhouse_user ada;
    ada.set("CLICKHOUSE_PASSWORD", "sesame\n");
    automagik::telemetry client(ada.options());
    REQUIRE(client.is_enabled());
    track_all(client, 1);
    for (const auto& request : ada.server.requests())
        CHECK(request.get_header_value("X-ClickHouse-Key") == "sesame");
}

TEST_CASE("no value of a variable is an exception of the constructor") {
    const char* const names[] = {"ENDPOINT",
                                 "METRICS_ENDPOINT",
                                 "LOGS_ENDPOINT",
                                 "BACKEND",
                                 "TIMEOUT",
                                 "VERBOSE",
                                 "CLICKHOUSE_ENDPOINT",
                                 "CLICKHOUSE_DATABASE",
                                 "CLICKHOUSE_TABLE",
                                 "CLICKHOUSE_METRICS_TABLE",
                                 "CLICKHOUSE_LOGS_TABLE",
                                 "CLICKHOUSE_USERNAME",
                                 "CLICKHOUSE_PASSWORD",
                                 "CLICKHOUSE_BATCH_SIZE",
                                 "CLICKHOUSE_MAX_RETRIES",
                                 "CLICKHOUSE_COMPRESSION_ENABLED"};
    for (const std::string backend : {"otlp", "clickhouse"})
        for (const std::string name : names)
            for (const std::string value : {"\n", " ", "a\nb", "\x7f", "\xff", "-1", "http://", "unix:"}) {
                CAPTURE(backend);
                CAPTURE(name);
                CAPTURE(value);
                const diagnostics_heard quiet;
                clickhouse_user ada;
                ada.set("BACKEND", backend);
                ada.set("ENDPOINT", ada.server.url());
                ada.set(name, value);
                try {
                    const automagik::telemetry client(ada.options());
                    CHECK(client.is_enabled());
                } catch (const std::exception& problem) {
                    FAIL_CHECK(problem.what());
                }
            }
}

TEST_CASE("with a certificate that OpenSSL does not take telemetry is off, and the program goes on") {
    const weak_identity weak;
    const file_with certificate(
        weak_identity::pem([&](BIO* to) { return ::PEM_write_bio_X509(to, weak.certificate.get()); }));
    const file_with key(weak_identity::pem([&](BIO* to) {
        return ::PEM_write_bio_PrivateKey(to, weak.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    }));
    user ada;
    ada.variables["OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"] = certificate.path();
    ada.variables["OTEL_EXPORTER_OTLP_CLIENT_KEY"] = key.path();
    diagnostics_heard heard;
    automagik::telemetry client(ada.options("https://localhost:4318"));
    CHECK_FALSE(client.is_enabled());
    CHECK_FALSE(client.enable());
    CHECK(heard.text().find("telemetry is off: OpenSSL") != std::string::npos);
}

TEST_CASE("a bad variable leaves LangWatch out, and the Collector has its events") {
    const std::vector<std::pair<std::string, std::string>> bad{{"LANGWATCH_ENDPOINT", "app.langwatch.ai"},
                                                               {"LANGWATCH_API_KEY", "sk\nlw"}};
    for (const auto& one : bad) {
        CAPTURE(one.first);
        user ada;
        http_peer collector;
        ada.variables["LANGWATCH_API_KEY"] = "sk-lw-0123456789";
        ada.variables[one.first] = one.second;
        CHECK(automagik_examples::langwatch(ada.options(collector.url()), 3) == 0);
        const came all(collector.requests());
        CHECK(all.spans.size() == 3);
        for (const auto& span : all.spans) CHECK(span.name == "agent.run");
    }
}
