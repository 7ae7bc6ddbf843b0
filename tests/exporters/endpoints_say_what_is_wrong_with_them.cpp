// SPDX-License-Identifier: MIT
#include <nanotel/exporters/endpoint.hpp>

#include <doctest/doctest.h>

#include "exporters/loopback.hpp"

#include <string>

using nanotel::detail::parse_endpoint;

namespace {

std::string error_of(const std::string& url) { return parse_endpoint(url).error; }

} // namespace

TEST_CASE("an endpoint is taken apart") {
    const auto plain = parse_endpoint("http://localhost:4318");
    REQUIRE(plain);
    CHECK_FALSE(plain.value.tls);
    CHECK(plain.value.host == "localhost");
    CHECK(plain.value.port == 4318);
    CHECK(plain.value.path.empty());
    CHECK(plain.value.request_target() == "/");

    const auto full = parse_endpoint("HTTPS://otel.example.com/a/b?token=x");
    REQUIRE(full);
    CHECK(full.value.tls);
    CHECK(full.value.port == 443);
    CHECK(full.value.request_target() == "/a/b?token=x");
    CHECK(full.value.text() == "https://otel.example.com:443/a/b"); // the query may hold a secret

    CHECK(parse_endpoint("http://h").value.port == 80);
    CHECK(parse_endpoint("http://h:65535").value.port == 65535);
    CHECK(parse_endpoint("http://h?x=1").value.request_target() == "/?x=1");
    CHECK(parse_endpoint("http://my_host-1.example.").value.host == "my_host-1.example.");

    const auto six = parse_endpoint("http://[fe80::ab]:4318/v1");
    REQUIRE(six);
    CHECK(six.value.host == "fe80::ab");
    CHECK(six.value.origin() == "http://[fe80::ab]:4318");
    CHECK(parse_endpoint("http://[::1]").value.port == 80);
}

TEST_CASE("the address of a unix socket is its path, or the name of an abstract one") {
    for (const char* url : {"unix:///run/otel.sock", "unix:/run/otel.sock"}) {
        const auto parsed = parse_endpoint(url);
        REQUIRE(parsed);
        CHECK(parsed.value.socket == "/run/otel.sock");
        CHECK(parsed.value.host.empty());
        CHECK_FALSE(parsed.value.tls);
        CHECK(parsed.value.text() == "unix:/run/otel.sock");
        CHECK(parsed.value.with_path_below("/v1/traces").request_target() == "/v1/traces");
    }
    CHECK(parse_endpoint("unix:@otel").value.socket == "@otel");
    CHECK(parse_endpoint("unix:/a b%20?c#d").value.socket == "/a b%20?c#d"); // all of it is the path
    CHECK(parse_endpoint("unix:/" + std::string(106, 'p')));
    CHECK(parse_endpoint("unix:@" + std::string(107, 'p')));
}

TEST_CASE("paths are joined with one slash") {
    const auto below = [](const std::string& url) {
        return parse_endpoint(url).value.with_path_below("/v1/traces").request_target();
    };
    CHECK(below("http://h") == "/v1/traces");
    CHECK(below("http://h/") == "/v1/traces");
    CHECK(below("http://h/otlp") == "/otlp/v1/traces");
    CHECK(below("http://h/otlp//") == "/otlp/v1/traces");
    CHECK(below("http://h/otlp?key=1") == "/otlp/v1/traces?key=1");
}

TEST_CASE("a bad endpoint is refused with what to write instead") {
    const auto says = [](const std::string& url, const std::string& words) {
        CAPTURE(url);
        const std::string error = error_of(url);
        CAPTURE(error);
        CHECK(error.find(words) != std::string::npos);
        CHECK(error.front() == '"');
    };
    says("", "has no scheme");
    says("localhost:4318", "write http:// or https:// before the host");
    says("//localhost:4318", "has no scheme");
    says("ftp://h", "has the scheme \"ftp\"");
    says("grpc://h:4317", "has the scheme \"grpc\"");
    says("HTTPSs://h", "has the scheme \"HTTPSs\"");
    says("://h", "has no scheme");
    says("1http://h", "has no scheme");
    says("localhost:4318,http://h", "has no scheme");
    says("unix:", "names no socket; write its path from the root, as in unix:///run/otel.sock");
    says("unix://run/otel.sock", "names no socket");
    says("unix:otel.sock", "names no socket");
    says("unix:///", "names no socket");
    says("unix:@", "names no socket");
    says(std::string("unix:/a\0b", 9), "names no socket");
    says("unix:/" + std::string(107, 'p'), "has a path of 108 bytes; that of a socket has at most 107");
    says("unix:@" + std::string(108, 'p'), "has a path of 108 bytes");
    says("http://", "has no host");
    says("http://:4318", "has no host");
    says("http:///v1/traces", "has no host");
    says("http://h:0", "has the port \"0\"; a port is a number from 1 to 65535");
    says("http://h:65536", "has the port \"65536\"");
    says("http://h:", "has the port \"\"");
    says("http://h:4318x", "has the port \"4318x\"");
    says("http://h:-1", "has the port \"-1\"");
    says("http://::1:4318", "an IPv6 address stands in brackets, as in http://[::1]:4318");
    says("http://[::1:4318", "has a \"[\" without \"]\"");
    says("http://[nonsense]:4318", "has no IPv6 address between its brackets");
    says("http://[::1]4318", "has \"4318\" after its IPv6 address");
    says("http://h/#top", "has a fragment");
    says("http://h ost", "has a space");
    says("http://h\r\nX: y", "has a space, a control character");
    says("http://h\xc3\xb6", "xn--");
    says("http://h$", "has the character \"$\" in its host name");
}

TEST_CASE("however long a URL is, what is said of it is not") {
    const std::string much(5000, 'a');
    for (const std::string& url : {much, much + "://h", "http://" + much + "$", "http://h:" + much,
                                   "http://[::1]" + much, "http://[" + much, "http://h/" + much + "#"}) {
        const std::string error = error_of(url);
        CAPTURE(error);
        CHECK_FALSE(error.empty());
        CHECK(error.size() < 400);
    }
    CHECK(error_of(much + "://h").find('"' + std::string(40, 'a') + "...\"") != std::string::npos);
}

TEST_CASE("credentials in a URL are refused and never repeated") {
    for (const char* url : {"http://user:s3cret@h:4318", "http://s3cret@h", "http://user:s3c/ret@h:1/x",
                            "http://user:s3cret@h:99999", "ftp://user:s3cret@h", "user:s3cret@h:4318",
                            "user:s3cret@h://x", "s3cret@h://x/?y", "http://user:s3cret@[::1",
                            "https://h:99999/?token=s3cret", "http://h$/?token=s3cret"}) {
        CAPTURE(url);
        const std::string error = error_of(url);
        CHECK_FALSE(error.empty());
        CHECK(error.find("s3c") == std::string::npos);
    }
    CHECK(error_of("http://user:s3cret@h:4318").find("put credentials into a header") != std::string::npos);
    CHECK(error_of("http://user:s3c/ret@h:1/x").find("put credentials into a header") != std::string::npos);
    CHECK(parse_endpoint("http://h:80/a@b").value.path == "/a@b"); // but an @ may stand in a path
}

TEST_CASE("an IPv6 endpoint is reached") {
    httplib::Server server;
    server.Post("/v1/traces",
                [](const auto&, auto& response) { response.set_content("{}", "application/json"); });
    const int port = server.bind_to_any_port("::1");
    if (port <= 0) {
        MESSAGE("no IPv6 on this machine");
        return;
    }
    std::thread thread([&] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
    const auto result =
        nanotel_test::send(*nanotel_test::exporter_to("http://[::1]:" + std::to_string(port)), "{}");
    CHECK(result.outcome == nanotel::export_outcome::delivered);
    CHECK(result.message == "");
    server.stop();
    thread.join();
}
