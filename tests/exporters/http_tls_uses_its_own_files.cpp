// SPDX-License-Identifier: MIT
#include "certificates.hpp"
#include "diagnostics_heard.hpp"
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <thread>

using namespace nanotel_test;
using nanotel::export_outcome;
using nanotel::signal;
using namespace std::chrono_literals;

namespace {

void answer_all(tls_connection& connection) {
    while (!connection.read_request().empty())
        if (!connection.write(answer("200 OK", "{}"))) return;
}

nanotel::export_result sent(const std::string& url, const nanotel::tls_options& tls,
                            const nanotel::environment& environment = variables()) {
    const auto exporter = nanotel::otlp_http({.endpoint = url, .tls = tls}, environment);
    return send(*exporter, "{}");
}

} // namespace

TEST_CASE("an authority of one's own is trusted, and then no other one") {
    const certificate authority("DNS:authority"), between("DNS:between", &authority),
        server("DNS:localhost", &between);
    tls_peer peer(server, &answer_all);
    ::SSL_CTX_add1_chain_cert(peer.context(), between.x509());
    const file_with root(authority.pem()), middle("a comment\n" + between.pem()),
        other(certificate("DNS:other").pem());
    CHECK(sent(peer.url(), {.certificate_file = root.path()}).message == "");
    // An authority in the middle may be trusted without the one above it.
    CHECK(sent(peer.url(), {.certificate_file = middle.path()}).message == "");
    const auto refused = sent(peer.url(), {.certificate_file = other.path()});
    CHECK(refused.outcome == export_outcome::retryable);
    CHECK(refused.message.find("has a certificate that is not trusted (") != std::string::npos);
    CHECK(refused.message.find("OTEL_EXPORTER_OTLP_CERTIFICATE") != std::string::npos);
    // By the environment, the variable of the signal first; and the code before both.
    const auto set = variables({{"OTEL_EXPORTER_OTLP_CERTIFICATE", other.path()},
                                {"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", root.path()}});
    CHECK(sent(peer.url(), {}, set).outcome == export_outcome::delivered);
    CHECK(sent(peer.url(), {.certificate_file = other.path()}, set).outcome == export_outcome::retryable);
    const auto exporter = nanotel::otlp_http({.endpoint = peer.url()}, set);
    CHECK(send(*exporter, "{}", 1, signal::logs).message.find("is not trusted") != std::string::npos);
    CHECK(send(*exporter, "{}", 1, signal::traces).outcome == export_outcome::delivered);
}

TEST_CASE("a client shows its certificate, and is told when it lacks one") {
    const certificate server, client_authority("DNS:clients"), client("DNS:client", &client_authority),
        stranger("DNS:stranger");
    const file_with root(server.pem()), shown(client.pem() + client_authority.pem()), key(client.key_pem()),
        strange(stranger.pem()), strange_key(stranger.key_pem());
    for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(newest);
        tls_peer peer(
            server,
            [](tls_connection& connection) {
                CHECK(connection.has_client_certificate());
                answer_all(connection);
            },
            &client_authority);
        ::SSL_CTX_set_max_proto_version(peer.context(), newest);
        CHECK(sent(peer.url(), {.certificate_file = root.path(),
                                .client_certificate_file = shown.path(),
                                .client_key_file = key.path()})
                  .message == "");
        CHECK(sent(peer.url(), {},
                   variables({{"OTEL_EXPORTER_OTLP_CERTIFICATE", root.path()},
                              {"OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", shown.path()},
                              {"OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", key.path()}}))
                  .message == "");
        for (const bool none : {true, false}) {
            const auto result = none ? sent(peer.url(), {.certificate_file = root.path()})
                                     : sent(peer.url(), {.certificate_file = root.path(),
                                                         .client_certificate_file = strange.path(),
                                                         .client_key_file = strange_key.path()});
            CAPTURE(result.message);
            CHECK(result.outcome == export_outcome::retryable);
            CHECK(result.message.find("does not accept this client (") != std::string::npos);
            CHECK(result.message.find("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE") != std::string::npos);
        }
    }
}

TEST_CASE("verification is switched off by an option alone, and that is said") {
    const certificate server("DNS:elsewhere.example", nullptr, -3600);
    tls_peer peer(server, &answer_all);
    const diagnostics_heard heard;
    CHECK(sent(peer.url(), {}).outcome == export_outcome::retryable);
    CHECK(sent(peer.url(), {}, variables({{"OTEL_EXPORTER_OTLP_INSECURE", "true"}})).outcome ==
          export_outcome::retryable);
    CHECK(heard.text().find("OTEL_EXPORTER_OTLP_INSECURE=true is ignored: the scheme of https://localhost") !=
          std::string::npos);
    CHECK(heard.lines().size() == 1);
    CHECK(sent(peer.url(), {.verify_server = false}).message == "");
    CHECK(heard.lines().size() == 2);
    CHECK(heard.text().find("warning: otlp_http: .tls.verify_server is false: ") != std::string::npos);
}

TEST_CASE("a server that refuses a body before it has read it is understood over TLS, too") {
    const certificate server;
    for (const bool late : {false, true}) {
        tls_peer peer(server, [&](tls_connection& connection) {
            connection.read_until("\r\n\r\n");
            // Late, when the client has long filled what lies between and waits for room.
            if (late) std::this_thread::sleep_for(200ms);
            connection.write(answer("413 Content Too Large", R"({"message":"at most 1 MiB"})"));
            while (!connection.over()) std::this_thread::yield(); // reads no more of the body
        });
        const auto begin = std::chrono::steady_clock::now();
        const auto exporter =
            nanotel::otlp_http({.endpoint = peer.url(), .tls = {.verify_server = false}}, variables());
        const auto result = send(*exporter, std::string(std::size_t{16} * 1024 * 1024, ' '));
        CHECK(std::chrono::steady_clock::now() - begin < 5s); // heard, not waited out: that takes 10 s
        CHECK(result.outcome == export_outcome::rejected);
        CHECK(result.split);
        CHECK(result.message.find("at most 1 MiB") != std::string::npos);
    }
}

TEST_CASE("what is said early in TLS leaves the connection in use") {
    const certificate server;
    tls_peer peer(server, [&](tls_connection& connection) {
        for (;;) { // yes before the body
            if (connection.read_until("\r\n\r\n").empty()) return;
            connection.write(answer("200 OK", "{}"));
            if (connection.read_request().empty()) return;
        }
    });
    const auto exporter =
        nanotel::otlp_http({.endpoint = peer.url(), .tls = {.verify_server = false}}, variables());
    for (const std::size_t size : {2, 3'000'000, 2, 100'000})
        CHECK(send(*exporter, std::string(size, ' ')).outcome == export_outcome::delivered);
    CHECK(peer.connections() == 1);
}

TEST_CASE("an answer whose head comes in many records is read, and one without an end is not") {
    const certificate server;
    std::string reply;
    tls_peer peer(server, [&](tls_connection& connection) {
        while (!connection.read_request().empty()) {
            std::string_view rest = reply;
            for (; rest.size() > 40'000; rest.remove_prefix(40'000)) // else the records would be too many
                if (!connection.write(rest.substr(0, 40'000))) return;
            for (const char byte : rest)
                if (!connection.write({&byte, 1})) return;
        }
    });
    const auto exporter =
        nanotel::otlp_http({.endpoint = peer.url(), .tls = {.verify_server = false}}, variables());
    reply = answer("200 OK", R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"why"}})");
    CHECK(send(*exporter, "{}", 5).rejected_items == 2);
    reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    CHECK(send(*exporter, "{}").outcome == export_outcome::delivered);
    reply = answer("503 Busy", "{}", "Retry-After: 3\r\n");
    CHECK(send(*exporter, "{}").retry_after == 3s);
    // A status line of a megabyte would end cpp-httplib's regular expression in a stack overflow.
    reply = "HTTP/1.1 200 " + std::string(1'000'000, 'x');
    CHECK(send(*exporter, "{}").outcome == export_outcome::rejected);
}

TEST_CASE("an answer that is cut in TLS is none, however it is cut") {
    const certificate server;
    for (const bool goodbye : {true, false})
        for (const char* part : {"HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{",
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"}) {
            CAPTURE(part);
            tls_peer peer(server, [&](tls_connection& connection) {
                connection.read_request();
                connection.write(part);
                if (goodbye) connection.say_goodbye();
            });
            const auto result = sent(peer.url(), {.verify_server = false});
            CHECK(result.outcome == export_outcome::retryable);
            CHECK(result.message.find("closed the connection without a whole answer") != std::string::npos);
        }
}

TEST_CASE("files that cannot be used are named at the start, with the reason") {
    const certificate good, other;
    const file_with certificate_file(good.pem()), key_file(good.key_pem()), other_key(other.key_pem()),
        encrypted(good.key_pem("s3cret")), empty(""), noise("no PEM, s3cret"),
        broken("-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n"),
        half(good.pem() + "-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n"),
        broken_key("-----BEGIN PRIVATE KEY-----\nbm9uc2Vuc2U=\n-----END PRIVATE KEY-----\n");
    struct mistake {
        nanotel::tls_options options;
        std::string says;
    };
    for (const mistake& one : std::initializer_list<mistake>{
             {{.certificate_file = "/nowhere/ca.pem"},
              ".tls.certificate_file \"/nowhere/ca.pem\" cannot be read (No such"},
             {{.certificate_file = "/tmp"}, ".tls.certificate_file \"/tmp\" cannot be read (Is a directory)"},
             {{.certificate_file = empty.path()}, "\" is empty"},
             {{.certificate_file = noise.path()}, "\" holds no certificate in PEM"},
             {{.certificate_file = key_file.path()}, "\" holds no certificate in PEM"},
             {{.certificate_file = broken.path()}, "\" holds a certificate that cannot be read"},
             {{.certificate_file = half.path()}, "\" holds a certificate that cannot be read"},
             {{.client_certificate_file = certificate_file.path()},
              ".tls.client_certificate_file \"" + certificate_file.path() +
                  "\" has no key beside it; name the file of that in .tls.client_key_file or "
                  "OTEL_EXPORTER_OTLP_CLIENT_KEY"},
             {{.client_key_file = key_file.path()},
              ".tls.client_key_file \"" + key_file.path() +
                  "\" has no certificate beside it; name the file of that in "
                  ".tls.client_certificate_file or"},
             {{.client_certificate_file = certificate_file.path(), .client_key_file = other_key.path()},
              ".tls.client_key_file \"" + other_key.path() +
                  "\" is not the key of the certificate in otlp_http: .tls.client_certificate_file \"" +
                  certificate_file.path() + "\""},
             {{.client_certificate_file = certificate_file.path(), .client_key_file = encrypted.path()},
              "holds a key that is encrypted"},
             {{.client_certificate_file = certificate_file.path(),
               .client_key_file = certificate_file.path()},
              "holds no private key in PEM"},
             {{.client_certificate_file = certificate_file.path(), .client_key_file = broken_key.path()},
              "holds a private key that cannot be read"},
             {{.client_certificate_file = certificate_file.path(), .client_key_file = "/nowhere"},
              ".tls.client_key_file \"/nowhere\" cannot be read"},
         }) {
        const nanotel::tls_options& options = one.options;
        const std::string& says = one.says;
        CAPTURE(says);
        std::string error = "(none)";
        try {
            (void)nanotel::otlp_http({.endpoint = "https://h", .tls = options}, variables());
        } catch (const std::invalid_argument& thrown) {
            error = thrown.what();
        }
        CAPTURE(error);
        CHECK(error.starts_with("otlp_http: .tls."));
        CHECK(error.find(says) != error.npos);
        CHECK(error.find("s3cret") == error.npos);

        // The environment's mistakes are reported, and what is left verifies no less.
        const diagnostics_heard heard;
        const auto settings =
            nanotel::detail::otlp_tls_resolver(
                {},
                variables({{"OTEL_EXPORTER_OTLP_CERTIFICATE", options.certificate_file},
                           {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", options.client_certificate_file},
                           {"OTEL_EXPORTER_OTLP_CLIENT_KEY", options.client_key_file}}),
                signal::traces)
                .resolve(nanotel::detail::parse_endpoint("https://h").value);
        CHECK(settings.verify);
        CHECK(settings == nanotel::detail::tls_settings{});
        REQUIRE(heard.lines().size() == 1);
        CHECK(heard.lines()[0].starts_with("error: OTEL_EXPORTER_OTLP_C"));
        CHECK(heard.lines()[0].find("; it is ignored, and ") != std::string::npos);
        CHECK(heard.text().find("s3cret") == std::string::npos);
    }
    if (::geteuid() != 0) { // who may read everything
        const file_with secret(good.key_pem());
        ::chmod(secret.path().c_str(), 0);
        CHECK_THROWS_WITH_AS(
            (void)nanotel::otlp_http({.endpoint = "https://h", .tls = {.certificate_file = secret.path()}},
                                     variables()),
            doctest::Contains("(Permission denied)"), std::invalid_argument);
    }
}

TEST_CASE(
    "files for TLS to an endpoint without it are reported, and so is OTEL_EXPORTER_OTLP_INSECURE=false") {
    const diagnostics_heard heard;
    (void)nanotel::otlp_http(
        {.endpoint = "http://h", .tls = {.certificate_file = "/nowhere"}},
        variables({{"OTEL_EXPORTER_OTLP_CLIENT_KEY", "/nowhere"}, {"OTEL_EXPORTER_OTLP_INSECURE", "false"}}));
    CHECK(heard.lines().size() == 3); // each once, not for each signal
    CHECK(heard.text().find(
              "otlp_http: .tls.certificate_file is not used: http://h:80/v1/traces is reached without "
              "TLS") != std::string::npos);
    CHECK(heard.text().find("OTEL_EXPORTER_OTLP_CLIENT_KEY is not used") != std::string::npos);
    CHECK(heard.text().find("OTEL_EXPORTER_OTLP_INSECURE=false is ignored") != std::string::npos);
}
