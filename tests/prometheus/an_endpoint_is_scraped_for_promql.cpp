#include "support/prometheus_process.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

using namespace std::chrono_literals;

TEST_CASE("a real Prometheus scrapes OpenMetrics from an endpoint, with exemplars") {
    const std::string binary = nanotel_test::real_prometheus();
    if (binary.empty()) return;

    httplib::Server server;
    server.Get("/metrics", [](const httplib::Request&, httplib::Response& response) {
        response.set_content("# TYPE served counter\n"
                             "served_total{shelf=\"top\"} 42.0 # {trace_id=\"abc\"} 0.5\n"
                             "# EOF\n",
                             "application/openmetrics-text; version=1.0.0; charset=utf-8");
    });
    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread listening([&] { server.listen_after_bind(); });
    struct stopping {
        httplib::Server& server;
        std::thread& thread;
        ~stopping() {
            // stop() before the thread listens would be lost.
            while (!server.is_running()) std::this_thread::yield();
            server.stop();
            thread.join();
        }
    } const at_the_end{server, listening};

    const std::string target = "127.0.0.1:" + std::to_string(port);
    const auto began = std::chrono::system_clock::now();
    const nanotel_test::prometheus_process prometheus(binary, nanotel_test::scrape_of(target));
    const auto sample = prometheus.wait_for_value("served_total", 42);
    CHECK(sample.labels ==
          nanotel_test::prometheus_labels{
              {"__name__", "served_total"}, {"instance", target}, {"job", "scraped"}, {"shelf", "top"}});
    const auto exemplars =
        prometheus.query_exemplars("served_total", began - 1s, std::chrono::system_clock::now() + 1s);
    REQUIRE(!exemplars.empty());
    CHECK(exemplars[0].labels.at("trace_id") == "abc");
    CHECK(exemplars[0].value == 0.5);
    CHECK(prometheus.query("absent_total").empty());
    CHECK_THROWS_WITH_AS(prometheus.query("absent_total{"), doctest::Contains("parse error"),
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(prometheus.wait_for_value("served_total", 43, 10ms),
                         doctest::Contains("shelf=\"top\"} 42"), std::runtime_error);
}
