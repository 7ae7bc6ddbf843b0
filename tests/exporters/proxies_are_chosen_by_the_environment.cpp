// SPDX-License-Identifier: MIT
#include <nanotel/exporters/proxy.hpp>

#include "diagnostics_heard.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace nanotel_test;
using nanotel::detail::goes_around_proxy;
using nanotel::detail::parse_endpoint;
using nanotel::detail::parse_proxy;

namespace {

using settings = std::vector<std::pair<std::string, std::string>>;

/// The proxy for an endpoint, as text; "-" when there is none.
std::string chosen(const settings& set, const std::string& url = "http://collector:4318") {
    const nanotel::environment variables{[&](const std::string& name) -> std::optional<std::string> {
        for (const auto& [key, value] : set)
            if (key == name) return value;
        return std::nullopt;
    }};
    const auto proxy = nanotel::detail::proxy_of_environment(parse_endpoint(url).value, variables);
    return proxy ? proxy->text() : "-";
}

bool around(const std::string& no_proxy, const std::string& url) {
    return goes_around_proxy(parse_endpoint(url).value, no_proxy);
}

} // namespace

TEST_CASE("the scheme of the endpoint chooses the variable, small letters come first") {
    const settings all{{"http_proxy", "http://a:1"},
                       {"HTTP_PROXY", "http://b:2"},
                       {"https_proxy", "http://c:3"},
                       {"HTTPS_PROXY", "http://d:4"}};
    CHECK(chosen({}) == "-");
    CHECK(chosen(all) == "http://a:1");
    CHECK(chosen(all, "https://collector") == "http://c:3");
    CHECK(chosen({{"HTTP_PROXY", "http://b:2"}}) == "http://b:2");
    CHECK(chosen({{"HTTP_PROXY", "http://b:2"}}, "https://collector") == "-");
    CHECK(chosen({{"HTTPS_PROXY", "http://d:4"}}, "https://collector") == "http://d:4");
    CHECK(chosen({{"http_proxy", ""}, {"HTTP_PROXY", "http://b:2"}}) == "http://b:2"); // empty is unset
}

TEST_CASE("in a CGI program HTTP_PROXY is whatever the client wrote") {
    CHECK(chosen({{"REQUEST_METHOD", "GET"}, {"HTTP_PROXY", "http://b:2"}}) == "-");
    CHECK(chosen({{"REQUEST_METHOD", "GET"}, {"http_proxy", "http://a:1"}}) == "http://a:1");
    CHECK(chosen({{"REQUEST_METHOD", "GET"}, {"HTTPS_PROXY", "http://d:4"}}, "https://h") == "http://d:4");
}

TEST_CASE("NO_PROXY names hosts, domains, ports, addresses and ranges") {
    const std::string url = "http://otel.example.com:4318";
    for (const char* entry :
         {"*", "otel.example.com", "OTEL.Example.com", "example.com", ".example.com", "*.example.com", "com",
          "other,example.com", " , other , otel.example.com:4318 ", "example.com:4318"}) {
        CAPTURE(entry);
        CHECK(around(entry, url));
        CHECK(chosen({{"http_proxy", "http://a:1"}, {"NO_PROXY", entry}}, url) == "-");
    }
    for (const char* entry :
         {"", ",", "example", "ample.com", "tel.example.com", "x.otel.example.com", ".otel.example.com",
          "example.com:80", "example.com:", "**", ".", "10.0.0.0/8"}) {
        CAPTURE(entry);
        CHECK_FALSE(around(entry, url));
    }
    CHECK(chosen({{"http_proxy", "http://a:1"}, {"no_proxy", "x"}, {"NO_PROXY", "*"}}, url) == "http://a:1");

    CHECK(around("10.1.2.3", "http://10.1.2.3"));
    CHECK(around("10.1.2.3:4318", "http://10.1.2.3:4318"));
    CHECK(around("10.0.0.0/8", "http://10.1.2.3"));
    CHECK(around("10.1.2.2/31", "http://10.1.2.3"));
    CHECK(around("0.0.0.0/0", "http://10.1.2.3"));
    CHECK(around("fd00::/8", "http://[fd12::1]"));
    CHECK(around("fd12:0::1", "http://[fd12::1]:4318"));
    CHECK(around("[fd12::1]:4318", "http://[fd12::1]:4318"));
    for (const char* entry :
         {"10.1.2.4", "11.0.0.0/8", "10.1.2.3:80", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x",
          "/8", "::/0", "1.2.3", "[::1", "]", ":", "::ffff:10.1.2.3"}) {
        CAPTURE(entry);
        CHECK_FALSE(around(entry, "http://10.1.2.3:4318"));
    }
    CHECK_FALSE(around("[fd12::1]:80", "http://[fd12::1]:4318"));
    CHECK_FALSE(around("0.0.0.0/0", "http://[fd12::1]"));
}

TEST_CASE("this host is reached without a proxy of the environment") {
    for (const char* url : {"http://localhost:4318", "http://LOCALHOST", "http://127.0.0.1",
                            "http://127.9.9.9:1", "http://[::1]:4318", "unix:///run/otel.sock"}) {
        CAPTURE(url);
        CHECK(chosen({{"http_proxy", "http://a:1"}}, url) == "-");
    }
    CHECK(chosen({{"http_proxy", "http://a:1"}}, "http://localhost.example") == "http://a:1");
    CHECK(chosen({{"http_proxy", "http://a:1"}}, "http://[::2]") == "http://a:1");
}

TEST_CASE("a proxy is taken apart") {
    const auto full = parse_proxy("http://us%65r:p%40ss:w@rd@proxy.example:3128/ignored");
    REQUIRE_MESSAGE(full, full.error);
    CHECK(full.value.host == "proxy.example");
    CHECK(full.value.port == 3128);
    CHECK(full.value.user == "user");
    CHECK(full.value.password == "p@ss:w@rd");
    CHECK(full.value.text() == "http://proxy.example:3128");
    CHECK(parse_proxy("proxy").value.text() == "http://proxy:80");
    CHECK(parse_proxy("HTTP://proxy:1/").value.text() == "http://proxy:1");
    CHECK(parse_proxy("[::1]:3128").value.text() == "http://[::1]:3128");
}

TEST_CASE("a proxy that cannot be read is reported once, without credentials, and ignored") {
    for (const char* url :
         {"socks5://user:s3cret@proxy:1", "https://user:s3cret@proxy", "http://user:s3cret@", "http://",
          "http://user:s3cret@proxy:99999", "http://user:s3cret@pro xy", "user:s3cret%zz@proxy",
          "http://s3cret@proxy", "http://:s3cret@proxy", "http://user:s3c/ret@proxy:port"}) {
        CAPTURE(url);
        const diagnostics_heard heard;
        CHECK(chosen({{"http_proxy", url}, {"HTTP_PROXY", "http://b:2"}}) ==
              "http://b:2"); // the next in line
        CHECK(chosen({{"http_proxy", url}}) == "-");
        REQUIRE(heard.lines().size() == 1);
        CAPTURE(heard.text());
        CHECK(heard.text().find("warning: http_proxy \"") == 0);
        CHECK(heard.text().find("; it is ignored. Write http://host:port") != std::string::npos);
        CHECK(heard.text().find("s3c") == std::string::npos);
    }
}
