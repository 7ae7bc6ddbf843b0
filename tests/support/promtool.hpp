// SPDX-License-Identifier: MIT
#pragma once

#include "support/child_process.hpp"
#include "support/real_prometheus.hpp"

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace nanotel_test {

struct promtool_verdict {
    int exit_code =
        -1; // 0 nothing to say, 1 not the format, 3 (check metrics) the format, but against its customs
    std::string output;
};

/// Runs BINARY, which real_promtool() names, with TEXT as its standard input.
inline promtool_verdict promtool(const std::string& binary, const std::vector<std::string>& arguments,
                                 std::string_view text) {
    const temporary_folder folder;
    const std::string input = folder / "input";
    std::ofstream(input, std::ios::binary) << text;
    std::vector<std::string> command{binary};
    command.insert(command.end(), arguments.begin(), arguments.end());
    child_process process;
    process.start(command, folder / "output", input);
    promtool_verdict verdict;
    verdict.exit_code = process.wait();
    verdict.output = read_file(folder / "output");
    return verdict;
}

/// What a scrape endpoint serves, in the Prometheus text format; promtool does not read OpenMetrics.
inline promtool_verdict promtool_check_metrics(const std::string& binary, std::string_view text) {
    return promtool(binary, {"check", "metrics"}, text);
}

/// A configuration of Prometheus.
inline promtool_verdict promtool_check_config(const std::string& binary, std::string_view text) {
    return promtool(binary, {"check", "config", "/dev/stdin"}, text);
}

} // namespace nanotel_test
