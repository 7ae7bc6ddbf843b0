// SPDX-License-Identifier: MIT
// The header baggage: entries, their properties, escapes, and limits.
#include <nanotel/propagation/baggage_header.hpp>

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using headers = std::vector<std::pair<std::string, std::string>>;
using nanotel::baggage;

baggage of(const std::vector<std::string>& values) {
    headers all;
    for (const std::string& value : values) all.emplace_back("Baggage", value);
    return nanotel::baggage_propagator::extract(all).baggage;
}
std::string str(nanotel::text t) { return {t.data, t.size}; }
std::string written(const baggage& all) {
    headers carrier;
    nanotel::context from;
    from.baggage = all;
    nanotel::baggage_propagator::inject(carrier, from);
    return carrier.empty() ? "" : carrier.at(0).second;
}

} // namespace

TEST_CASE("entries are read with their properties") {
    const baggage all = of({" userId =  alice ; p1;p2 = x ,serverNode=DF%2028,isProduction=false"});
    REQUIRE(all.size() == 3);
    CHECK(str(all.get("userId")) == "alice");
    CHECK(str(all.metadata("userId")) == "p1;p2 = x");
    CHECK(str(all.get("serverNode")) == "DF 28");
    CHECK(str(all.metadata("serverNode")) == "");
    CHECK(all.contains("isProduction"));
    CHECK_FALSE(all.contains("isproduction"));
    CHECK(str(all.get("missing")) == "");
    CHECK(written(all) == "userId=alice;p1;p2 = x,serverNode=DF%2028,isProduction=false");
}

TEST_CASE("several headers are one list, in which the last of a key counts") {
    const baggage all = of({"a=1,b=2", "", "c=3,a=4;m"});
    CHECK(written(all) == "b=2,c=3,a=4;m");
    CHECK(of({}).empty());
    CHECK(of({" , ,"}).empty());
}

TEST_CASE("members that are none are left out, and the others stay") {
    for (const char* bad :
         {"a", "=1", " =1", "a b=1", "a\"=1", "a=1\x01", "a=\x7f", "a=1;\x02", "\xc3\xa4=1"}) {
        CAPTURE(bad);
        CHECK(written(of({std::string("x=1,") + bad + ",y=2"})) == "x=1,y=2");
    }
    CHECK(str(of({"a="}).get("a")) == "");
    CHECK(of({"a="}).size() == 1);
    CHECK(str(of({"a=b=c"}).get("a")) == "b=c");
}

TEST_CASE("escapes are bytes, and what is no UTF-8 is replaced") {
    CHECK(str(of({"a=%E2%82%ac%25"}).get("a")) == "\xe2\x82\xac%");
    CHECK(str(of({"a=%ffx%E2%82"}).get("a")) == "\xef\xbf\xbdx\xef\xbf\xbd");
    // As a server hands them on that has decoded them.
    CHECK(str(of({"a=x y\xe2\x82\xac\xff\"\\"}).get("a")) == "x y\xe2\x82\xac\xef\xbf\xbd\"\\");
    CHECK(str(of({"a=100%,b=%zz,c=%4"}).get("a")) == "100%");
    CHECK(str(of({"a=100%,b=%zz,c=%4"}).get("b")) == "%zz");
    CHECK(str(of({"a=100%,b=%zz,c=%4"}).get("c")) == "%4");
}

TEST_CASE("values are escaped where they are sent, and nothing else is") {
    std::string every;
    for (int c = 1; c < 0x80; ++c) every += static_cast<char>(c);
    const baggage all = baggage().set("k!#$%&'*+-.^_`|~", every);
    const std::string sent = written(all);
    CHECK(sent.find("=%01%02") != sent.npos);
    CHECK(sent.find("%20!%22#$%25&'()*+%2C-./0123456789:%3B<=>?@A") != sent.npos);
    CHECK(sent.find("Z[%5C]^_`a") != sent.npos);
    CHECK(sent.ends_with("z{|}~%7F"));
    CHECK(of({sent}) == all);
    // Kept within the process: such a key cannot be sent.
    CHECK(written(baggage().set("a b", "1").set("c", "2")) == "c=2");
    CHECK(written(baggage().set("a b", "1")) == "");
    CHECK(str(baggage().set("a b", "1").get("a b")) == "1");
}

TEST_CASE("metadata that cannot be sent is dropped") {
    CHECK(written(baggage().set("a", "1", "ttl=3;x")) == "a=1;ttl=3;x");
    for (const char* bad : {"a,b", "a\nb", "\"", "\x80"})
        CHECK(written(baggage().set("a", "1", bad)) == "a=1");
}

TEST_CASE("a changed baggage leaves the one that it was made of alone") {
    const baggage one = baggage().set("a", "1").set("b", "2", "m");
    const baggage two = one.set("a", "3");
    CHECK(written(one) == "a=1,b=2;m");
    CHECK(written(two) == "b=2;m,a=3");
    CHECK(written(two.remove("b")) == "a=3");
    CHECK(two.remove("b").remove("a").empty());
    CHECK(one.remove("x") == one);
    CHECK(one.set("", "x") == one);
    CHECK(one != two);
    CHECK(two.set("a", "1") == one); // in another order
}

TEST_CASE("64 entries and 8192 bytes are the most") {
    std::string list;
    baggage made;
    for (int i = 0; i < 64; ++i) {
        const std::string key = "k" + std::to_string(i);
        list += (i == 0 ? "" : ",") + key + "=v";
        made = made.set(key, "v");
    }
    CHECK(made.size() == 64);
    CHECK(made.set("more", "v") == made);
    CHECK(made.set("k0", "w").size() == 64);
    CHECK(of({list}) == made);
    CHECK(of({list + ",more=v"}) == made);

    const baggage full = baggage().set("k", std::string(8190, 'v'));
    CHECK(full.size() == 1);
    CHECK(written(full).size() == 8192);
    CHECK(full.set("a", "") == full);
    CHECK(full.set("k", std::string(8191, 'v')) == full);
    // Escaped it is three times as long.
    CHECK(baggage().set("k", std::string(2731, ' ')).empty());
    CHECK(baggage().set("k", std::string(2730, ' ')).size() == 1);
    CHECK(of({"k=" + std::string(8190, 'v')}) == full);
    CHECK(of({"k=" + std::string(8191, 'v') + ",a=1"}) == baggage().set("a", "1"));
    CHECK(of({std::string(100'000, ',') + "a=1"}) == baggage().set("a", "1"));
    CHECK(of(std::vector<std::string>(33, "a=1")).empty());
}
