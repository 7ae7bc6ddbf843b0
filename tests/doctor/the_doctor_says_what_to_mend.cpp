// SPDX-License-Identifier: MIT
#include "../../tools/doctor/doctor.hpp"

#include "../exporters/certificates.hpp"
#include "../exporters/loopback.hpp"

#include <doctest/doctest.h>

using namespace nanotel_test;
using nanotel_doctor::failing;

namespace {

struct visit {
    failing status;
    std::string said;

    bool says(std::string_view text) const { return said.find(text) != said.npos; }
};

visit ask(std::vector<std::string> arguments, std::vector<std::pair<std::string, std::string>> set = {}) {
    visit made;
    made.status = static_cast<failing>(nanotel_doctor::run(
        arguments, variables(std::move(set)), [&](const std::string& line) { made.said += line + "\n"; }));
    return made;
}

// What a receiver does that answers every request so; on as many connections as come.
visit ask_one_that_answers(const std::string& whole) {
    raw_peer peer([&](raw_connection& connection) {
        while (!connection.read_request().empty() && connection.write(whole)) {
        }
    });
    return ask({peer.url(), "--header", "authorization=Bearer secret"});
}

// A receiver with a certificate, as the doctor sees it that trusts an authority.
visit ask_with_tls(const certificate& own, const certificate& authority, const char* host = "localhost") {
    tls_peer peer(own, [](tls_connection& connection) {
        while (!connection.read_request().empty() && connection.write(answer("200 OK", "{}"))) {
        }
    });
    const file_with trusted(authority.pem());
    return ask({"https://" + std::string(host) + ":" + std::to_string(peer.port()), "--certificate",
                trusted.path()});
}

} // namespace

TEST_CASE("a receiver that takes empty requests is well") {
    http_peer receiver;
    const visit made = ask({receiver.url() + "/otlp", "--header", "authorization=Bearer secret"});
    CAPTURE(made.said);
    CHECK(made.status == failing::nothing);
    const auto requests = receiver.requests();
    REQUIRE(requests.size() == 3);
    CHECK(requests[0].path == "/otlp/v1/traces");
    CHECK(requests[0].body == R"({"resourceSpans":[]})");
    CHECK(requests[0].get_header_value("authorization") == "Bearer secret");
    CHECK(requests[1].path == "/otlp/v1/metrics");
    CHECK(requests[1].body == R"({"resourceMetrics":[]})");
    CHECK(requests[2].path == "/otlp/v1/logs");
    CHECK(requests[2].body == R"({"resourceLogs":[]})");
    CHECK(made.says("ok      traces         " + receiver.url() + "/otlp/v1/traces takes an empty request\n"));
    CHECK(made.says("all is well"));
    CHECK(made.says("authorization"));
    CHECK_FALSE(made.says("secret"));
}

TEST_CASE("without an endpoint the variables are asked, those of a signal too") {
    http_peer receiver;
    const closed_port nobody;
    const visit made = ask({}, {{"OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url()},
                                {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", nobody.url() + "/elsewhere"},
                                {"OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret"},
                                {"OTEL_EXPORTER_OTLP_TIMEOUT", "soon"}});
    CAPTURE(made.said);
    CHECK(made.status == failing::connection); // of the metrics; the others were asked all the same
    REQUIRE(receiver.requests().size() == 2);
    CHECK(receiver.requests()[1].path == "/v1/logs");
    CHECK(receiver.requests()[1].get_header_value("api-key") == "secret");
    CHECK(made.says("note                   OTEL_EXPORTER_OTLP_TIMEOUT=\"soon\" is ignored"));
    CHECK_FALSE(made.says("secret"));
    CHECK_FALSE(made.says("all is well"));
}

TEST_CASE("what is between here and the receiver is named by its step") {
    const closed_port nobody;
    const visit refused = ask({nobody.url()});
    CHECK(refused.status == failing::connection);
    CHECK(refused.says("failed  connection     no connection to 127.0.0.1:"));
    CHECK(refused.says("nothing listens there: start a Collector"));
    CHECK_FALSE(refused.says("v1/traces takes"));

    // Longer than the name of a host may be, so that no server is asked for it.
    const visit unknown = ask({"http://" + std::string(64, 'x') + ".invalid:4318"});
    CHECK(unknown.status == failing::name);
    CHECK(unknown.says("has no address"));

    const visit no_socket = ask({"unix:///nowhere/otel.sock"});
    CHECK(no_socket.status == failing::connection);
    CHECK(no_socket.says("there is no such socket"));
}

TEST_CASE("the answers of a receiver lead to what is to be mended") {
    const visit credentials = ask_one_that_answers(answer("401 Unauthorized", ""));
    CAPTURE(credentials.said);
    CHECK(credentials.status == failing::credentials);
    CHECK(credentials.says("failed  traces         "));
    CHECK(credentials.says("check the credentials"));
    CHECK_FALSE(credentials.says("secret"));

    const visit path = ask_one_that_answers(answer("404 Not Found", "404 page not found"));
    CHECK(path.status == failing::path);
    CHECK(path.says("check the path"));

    CHECK(ask_one_that_answers(answer("503 Service Unavailable", "")).status == failing::later);
    CHECK(ask_one_that_answers(answer("400 Bad Request", "")).status == failing::refused);
}

TEST_CASE("a gRPC server is named, and the port on which OTLP over HTTP is") {
    using namespace std::string_view_literals;
    raw_peer grpc([](raw_connection& connection) {
        connection.write("\x00\x00\x00\x04\x00\x00\x00\x00\x00"sv); // an empty SETTINGS frame
        connection.wait_for_close();
    });
    const visit made = ask({grpc.url()});
    CAPTURE(made.said);
    CHECK(made.status == failing::refused);
    CHECK(made.says("speaks HTTP/2, as a gRPC receiver does"));
    CHECK(made.says(":4318"));

    const visit by_port = ask({"unix:@nanotel-nobody-is-here", "--header", "x=y"},
                              {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"}});
    CHECK_FALSE(by_port.says("4317")); // what is given wins
}

TEST_CASE("a certificate is shown, and what is wrong with it") {
    const certificate authority("DNS:authority.example");
    const certificate good("DNS:localhost", &authority);
    const visit well = ask_with_tls(good, authority);
    CAPTURE(well.said);
    CHECK(well.status == failing::nothing);
    CHECK(well.says("ok      tls            TLSv1.3, the certificate of CN"));
    CHECK(well.says("; renew it soon")); // it lives for an hour

    const certificate stranger("DNS:localhost");
    const visit untrusted = ask_with_tls(stranger, authority);
    CHECK(untrusted.status == failing::tls);
    CHECK(untrusted.says("--certificate FILE"));

    const certificate other("DNS:elsewhere.example", &authority);
    const visit misnamed = ask_with_tls(other, authority);
    CHECK(misnamed.status == failing::tls);
    CHECK(misnamed.says("it was made for another name"));
    CHECK(ask_with_tls(good, authority, "127.0.0.1").status == failing::tls);

    const certificate old("DNS:localhost", &authority, -60);
    const visit expired = ask_with_tls(old, authority);
    CHECK(expired.status == failing::tls);
    CHECK(expired.says("renew it"));
}

TEST_CASE("a port that does not speak TLS, and one that does, are told apart") {
    http_peer plain;
    const visit no_tls = ask({"https://127.0.0.1:" + std::to_string(plain.port()), "--timeout", "10"});
    CHECK(no_tls.status == failing::tls);
    CHECK(no_tls.says("else write http://"));

    raw_peer secure([](raw_connection& connection) {
        connection.read_until("HTTP/1.1");
        connection.write(std::string_view("\x15\x03\x01\x00\x02\x02\x0a", 7)); // what OpenSSL's servers alert
    });
    const visit not_plain = ask({secure.url()});
    CAPTURE(not_plain.said);
    CHECK(not_plain.status == failing::refused);
    CHECK(not_plain.says("write https://"));
}

TEST_CASE("a command that cannot be is refused with a word") {
    CHECK(ask({"--help"}).status == failing::nothing);
    CHECK(ask({"--help"}).says("usage: nanotel-doctor"));
    for (const auto& arguments :
         std::vector<std::vector<std::string>>{{"a", "b"},
                                               {"--frobnicate"},
                                               {"--frobnicate", "x"},
                                               {"--timeout", "soon"},
                                               {"--timeout", "0"},
                                               {"--header", "no value"},
                                               {""},
                                               {"localhost:4318"},
                                               {"ftp://localhost"},
                                               {"https://localhost", "--certificate", "/nowhere.pem"}}) {
        CAPTURE(arguments.back());
        const visit made = ask(arguments);
        CHECK(made.status == failing::configuration);
        CHECK_FALSE(made.said.empty());
    }
    CHECK(ask({"localhost:4318"}).says("has no scheme; write http://"));
}
