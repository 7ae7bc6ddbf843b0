#include "support/promtool.hpp"

#include <doctest/doctest.h>

#include <string>

TEST_CASE("promtool tells a text of metrics from one against the customs and from one that is none") {
    const std::string binary = nanotel_test::real_promtool();
    if (binary.empty()) return;
    const auto good = nanotel_test::promtool_check_metrics(
        binary, "# HELP served_total Served.\n# TYPE served_total counter\nserved_total 42\n");
    CHECK(good.exit_code == 0);
    CHECK(good.output == "");
    const auto unnamed = nanotel_test::promtool_check_metrics(
        binary, "# HELP served Served.\n# TYPE served counter\nserved 42\n");
    CHECK(unnamed.exit_code == 3);
    CHECK(unnamed.output.find("\"_total\"") != std::string::npos);
    const auto broken = nanotel_test::promtool_check_metrics(binary, "served_total{ 42\n");
    CHECK(broken.exit_code == 1);
    CHECK(broken.output.find("error while linting") != std::string::npos);
}

TEST_CASE("promtool tells a configuration of Prometheus from one that is none") {
    const std::string binary = nanotel_test::real_promtool();
    if (binary.empty()) return;
    CHECK(nanotel_test::promtool_check_config(binary, "global: {scrape_interval: 200ms}\n").exit_code == 0);
    const auto wrong = nanotel_test::promtool_check_config(binary, "globe: {}\n");
    CHECK(wrong.exit_code == 1);
    CHECK(wrong.output.find("globe") != std::string::npos);
}
