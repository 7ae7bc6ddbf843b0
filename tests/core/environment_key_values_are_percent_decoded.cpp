// SPDX-License-Identifier: MIT
#include "exporters/diagnostics_heard.hpp"

#include <nanotel/core/environment.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>

using nanotel_test::diagnostics_heard;
using list = nanotel::environment::key_value_list;

namespace {

std::optional<list> read(const std::string& value,
                         nanotel::value_secrecy secrecy = nanotel::value_secrecy::shown) {
    return nanotel::environment{[=](const std::string&) { return std::optional(value); }}.key_values("V",
                                                                                                     secrecy);
}

} // namespace

TEST_CASE("key=value pairs between commas, in their order") {
    const diagnostics_heard heard;
    CHECK(read("a=1") == list{{"a", "1"}});
    CHECK(read("service.namespace=shop,deployment.environment=prod") ==
          list{{"service.namespace", "shop"}, {"deployment.environment", "prod"}});
    CHECK(read(" a = 1 ,\tb=2 ") == list{{"a", "1"}, {"b", "2"}});
    CHECK(read("a=") == list{{"a", ""}});
    CHECK(read("a=1,,b=2,") == list{{"a", "1"}, {"b", "2"}});
    CHECK(read("a=1,a=2") == list{{"a", "1"}, {"a", "2"}});
    CHECK(read("Authorization=Basic YWJj==") == list{{"Authorization", "Basic YWJj=="}});
    CHECK(read("a=x;y=z") == list{{"a", "x;y=z"}}); // no properties here
    CHECK(heard.text().empty());
}

TEST_CASE("percent escapes are decoded in keys and values, a plus is a plus") {
    CHECK(read("a=%2C%3D%25%20%c3%A4") == list{{"a", ",=% \xc3\xa4"}});
    CHECK(read("a%3Db=1") == list{{"a=b", "1"}});
    CHECK(read("a=1+1") == list{{"a", "1+1"}});
    CHECK(read("a=%20x%20") == list{{"a", " x "}}); // white space that was meant stays
}

TEST_CASE("one error discards the whole value and is named") {
    struct mistake {
        const char* value;
        const char* words;
    };
    for (const mistake& one :
         {mistake{"a=1,b", "has a member without \"=\""}, mistake{"a=1,=2", "has a member with an empty key"},
          mistake{"a=1,b=%", "in the value of \"b\""}, mistake{"a=1,b=%4", "in the value of \"b\""},
          mistake{"a=1,b=%zz", "in the value of \"b\""}, mistake{"a=1,b=%4g", "in the value of \"b\""},
          mistake{"a=1,b=%-1", "in the value of \"b\""}, mistake{"a=1,%zz=2", "has a key with a \"%\""}}) {
        const diagnostics_heard heard;
        CAPTURE(one.value);
        CHECK_FALSE(read(one.value).has_value());
        CHECK(heard.text().find("V=\"" + std::string(one.value) + "\" has ") != std::string::npos);
        CHECK(heard.text().find(one.words) != std::string::npos);
        CHECK(heard.text().find("the whole variable is ignored") != std::string::npos);
    }
}

TEST_CASE("a hidden value stays hidden in every error") {
    for (const char* value :
         {"x=s3cret,s3cret", "x=s3cret,=s3cret", "s3cret=s3cret%", "x=s3cret,s3cret%zz=1"}) {
        const diagnostics_heard heard;
        CHECK_FALSE(read(value, nanotel::value_secrecy::hidden).has_value());
        CHECK(heard.lines().size() == 1);
        CHECK(heard.text().find("V=\"(hidden)\"") != std::string::npos);
        CHECK(heard.text().find("s3cret") == std::string::npos);
    }
}
