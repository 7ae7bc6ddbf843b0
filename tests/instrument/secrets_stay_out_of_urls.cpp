// SPDX-License-Identifier: MIT
#include <nanotel/instrument/http_text.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace {

std::string shown_query(std::string_view text) {
    return nanotel::detail::redacted_query(text, nanotel::sensitive_query_keys());
}
std::string shown_url(std::string_view text) {
    return nanotel::detail::url_without_secrets(text, nanotel::sensitive_query_keys());
}

} // namespace

TEST_CASE("the values of secret keys are redacted, and nothing else changes") {
    CHECK(shown_query("") == "");
    CHECK(shown_query("a=1&b=2") == "a=1&b=2");
    CHECK(shown_query("sig=abc") == "sig=REDACTED");
    CHECK(shown_query("q=x&X-Amz-Signature=a%3Db&AWSAccessKeyId=7") ==
          "q=x&X-Amz-Signature=REDACTED&AWSAccessKeyId=REDACTED");
    CHECK(shown_query("sig=a=b&sig=c") == "sig=REDACTED&sig=REDACTED");
    // Case counts, as the conventions say, and so does the whole key.
    CHECK(shown_query("SIG=1&signal=2&mysig=3") == "SIG=1&signal=2&mysig=3");
    // Percent signs hide no key.
    CHECK(shown_query("%73ig=abc&s%69%67=d") == "%73ig=REDACTED&s%69%67=REDACTED");
    CHECK(shown_query("sig") == "sig");
    CHECK(shown_query("sig=") == "sig=");
    CHECK(shown_query("&&sig=1&") == "&&sig=REDACTED&");
    CHECK(shown_query("%") == "%");
    CHECK(shown_query("%7=1&%zz=2") == "%7=1&%zz=2");
}

TEST_CASE("user and password are not in a URL") {
    CHECK(shown_url("https://ada:secret@shop.example/a?sig=1#x") ==
          "https://REDACTED:REDACTED@shop.example/a?sig=REDACTED#x");
    CHECK(shown_url("https://ada@shop.example") == "https://REDACTED@shop.example");
    CHECK(shown_url("https://a:b@c:d@shop.example/") == "https://REDACTED:REDACTED@shop.example/");
    CHECK(shown_url("https://shop.example/@ada") == "https://shop.example/@ada");
    CHECK(shown_url("/path?next=http://a:b@c/&sig=1") == "/path?next=http://a:b@c/&sig=REDACTED");
    CHECK(shown_url("http://shop.example?sig=1") == "http://shop.example?sig=REDACTED");
    CHECK(shown_url("") == "");
}

TEST_CASE("an authority is a host and a port") {
    const auto is = [](std::string_view text, std::string_view host, int port) {
        const nanotel::detail::host_and_port split = nanotel::detail::split_authority(text);
        CAPTURE(text);
        CHECK(split.host == host);
        CHECK(split.port == port);
    };
    is("shop.example", "shop.example", -1);
    is("shop.example:8080", "shop.example", 8080);
    is("[::1]:8080", "::1", 8080);
    is("[::1]", "::1", -1);
    is("::1", "::1", -1);
    is("[::1", "::1", -1);
    is("ada:secret@shop.example:1", "shop.example", 1);
    is("shop.example:", "shop.example", -1);
    is("shop.example:70000", "shop.example", -1);
    is("shop.example:999999999999", "shop.example", -1);
    is("shop.example:8o", "shop.example", -1);
    is("", "", -1);
}

TEST_CASE("the outermost proxy says who asked, for what, and how") {
    const auto one = nanotel::detail::read_forwarded(
        "for=\"[2001:db8::1]:4711\";Proto=HTTPS ; host=shop.example, for=10.0.0.1");
    CHECK(one.client == "[2001:db8::1]:4711");
    CHECK(one.scheme == "https");
    CHECK(one.host == "shop.example");
    // A scheme labels metrics: it is one of two.
    CHECK(nanotel::detail::read_forwarded("proto=gopher").scheme.empty());
    CHECK(nanotel::detail::read_forwarded("").client.empty());
    CHECK(nanotel::detail::read_forwarded("for=\"a,b;c\";host=d").client == "a,b;c");
    CHECK(nanotel::detail::read_forwarded("for=\"open").client == "\"open");
    CHECK(nanotel::detail::read_forwarded(";;=;for").client.empty());
    CHECK(nanotel::detail::first_of_list(" 203.0.113.9 , 10.0.0.1") == "203.0.113.9");
}

TEST_CASE("methods that are not known are one") {
    const std::vector<std::string> usual = nanotel::detail::known_http_methods({});
    CHECK(nanotel::detail::known_method("GET", usual) == "GET");
    CHECK(nanotel::detail::known_method("QUERY", usual) == "QUERY");
    CHECK(nanotel::detail::known_method("get", usual) == "_OTHER");
    CHECK(nanotel::detail::known_method("", usual) == "_OTHER");
    CHECK(nanotel::detail::known_method("GET", {"PROPFIND"}) == "_OTHER");
}
