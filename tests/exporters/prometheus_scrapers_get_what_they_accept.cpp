// SPDX-License-Identifier: MIT
#include "diagnostics_heard.hpp"
#include "prometheus_client.hpp"

#include <string>

using namespace nanotel_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* text_type = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* openmetrics_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";

httplib::Response get(const endpoint_under_test& endpoint, const std::string& path,
                      const httplib::Headers& headers = {}) {
    auto client = endpoint.client();
    client.set_decompress(false);
    const auto result = client.Get(path.c_str(), headers);
    REQUIRE(result);
    return *result;
}

} // namespace

TEST_SUITE_BEGIN("concurrent");

// Fails when a quality, a version or a default is not looked at.
TEST_CASE("the format is the one that the scraper likes most") {
    given_source source;
    source.add(counter_of("c"), 5);
    const endpoint_under_test endpoint(source);
    const std::pair<const char*, const char*> cases[] = {
        // What Prometheus 2.42 and 3.0 send.
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         openmetrics_type},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
         "application/openmetrics-text;version=0.0.1;q=0.5,text/"
         "plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
         "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
         openmetrics_type},
        {"text/plain", text_type},
        {"text/plain;version=0.0.4", text_type},
        {"*/*", text_type},
        {"application/openmetrics-text", openmetrics_type},
        {"APPLICATION/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=0.3", openmetrics_type},
        {"application/openmetrics-text;q=0.2,text/plain;q=0.7", text_type},
        {"application/openmetrics-text;q=0,*/*;q=0.1", text_type},
        {"application/openmetrics-text;version=2.0.0", text_type},
        {"application/json", text_type},
    };
    for (const auto& one : cases) {
        const auto [accept, expected] = one;
        CAPTURE(one.first);
        const auto answer = get(endpoint, "/metrics", {{"Accept", accept}});
        CHECK(answer.status == 200);
        CHECK(answer.get_header_value("Content-Type") == expected);
        const bool open = expected == std::string(openmetrics_type);
        CHECK(answer.body == (open ? as_openmetrics(source) : as_text(source)));
    }
    CHECK(get(endpoint, "/metrics").get_header_value("Content-Type") == text_type);
}

// Fails when a body is compressed twice, by brotli, or against the will of the scraper.
TEST_CASE("bodies are compressed by gzip where that is accepted") {
    given_source source;
    auto& metric = source.add(gauge_of("g"));
    for (int i = 0; i < 2000; ++i) metric.add({{"number", i}}).value = i;
    const endpoint_under_test endpoint(source);
    const std::string plain = as_text(source);
    for (const char* const accepted : {"gzip", "br, gzip, deflate", "*", "br;q=1.0, gzip;q=0.1"}) {
        const auto answer = get(endpoint, "/metrics", {{"Accept-Encoding", accepted}});
        CAPTURE(accepted);
        CHECK(answer.get_header_value("Content-Encoding") == "gzip");
        CHECK(answer.get_header_value_count("Content-Encoding") == 1);
        CHECK(answer.body.size() * 4 < plain.size());
        CHECK(gunzip(answer.body) == plain);
    }
    for (const char* const accepted : {"br", "gzip;q=0", "identity", "gzip;q=0, *"}) {
        const auto answer = get(endpoint, "/metrics", {{"Accept-Encoding", accepted}});
        CAPTURE(accepted);
        CHECK(!answer.has_header("Content-Encoding"));
        CHECK(answer.body == plain);
    }
}

// Fails when another path, a part of one or a pattern is taken for it, or when something is collected for
// them.
TEST_CASE("there is nothing at other paths, and nothing to write") {
    given_source source;
    source.add(counter_of("c"), 5);
    const endpoint_under_test endpoint(source, {.path = "/a.b/metrics"});
    for (const char* const path : {"/", "/metrics", "/aXb/metrics", "/a.b/metrics/", "/a.b/metricsx"}) {
        CAPTURE(path);
        const auto answer = get(endpoint, path);
        CHECK(answer.status == 404);
        CHECK(answer.body == "The metrics are at /a.b/metrics\n");
    }
    auto client = endpoint.client();
    const auto posted = client.Post("/a.b/metrics", std::string(1000, 'x'), "text/plain");
    REQUIRE(posted);
    CHECK(posted->status == 405);
    CHECK(posted->get_header_value("Allow") == "GET, HEAD");
    CHECK(source.collections == 0);

    CHECK(get(endpoint, "/a.b/metrics?name[]=c").status == 200);
    auto head_client = endpoint.client();
    const auto head = head_client.Head("/a.b/metrics");
    REQUIRE(head);
    CHECK(head->status == 200);
    CHECK(head->get_header_value("Content-Length") == std::to_string(as_text(source).size()));
}

// Fails when parts of an answer can be had many times over.
TEST_CASE("ranges are ignored") {
    given_source source;
    source.add(counter_of("c"), 5);
    const endpoint_under_test endpoint(source);
    const auto answer = get(endpoint, "/metrics", {{"Range", "bytes=0-1,0-1,2-3"}});
    CHECK(answer.status == 200);
    CHECK(answer.body == as_text(source));
}

// Fails when a source that is shut down counts as one without metrics.
TEST_CASE("after the end of the telemetry there is nothing to scrape") {
    given_source source;
    source.is_shut_down = true;
    const endpoint_under_test endpoint(source);
    CHECK(get(endpoint, "/metrics").status == 503);
}

// Fails when what a collection throws gets further than its own scrape.
TEST_CASE("a collection that throws is an answer of 500, and the next one may do better") {
    given_source source;
    source.add(counter_of("c"), 5);
    bool throws = true;
    source.while_collecting = [&] {
        if (throws) throw std::runtime_error("no");
    };
    const endpoint_under_test endpoint(source);
    CHECK(get(endpoint, "/metrics").status == 500);
    throws = false;
    CHECK(get(endpoint, "/metrics").status == 200);
}

TEST_SUITE_END();
