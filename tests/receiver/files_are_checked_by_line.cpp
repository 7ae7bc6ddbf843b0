// SPDX-License-Identifier: MIT
// OTLP files: every line is a document, a file holds one signal.
#include "bodies.hpp"

#include "../../examples/receiver/file_check.hpp"
#include "../../examples/receiver/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace {

std::string one_line(std::string_view text) {
    std::string line(text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line;
}

/// A directory that is gone after the test.
class scratch {
public:
    scratch() {
        std::string pattern = (std::filesystem::temp_directory_path() / "receiver-XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~scratch() { std::filesystem::remove_all(path_); }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;

    std::string write(const std::string& name, const std::string& content) const {
        const auto file = path_ / name;
        std::ofstream(file, std::ios::binary) << content;
        return file.string();
    }

private:
    std::filesystem::path path_;
};

} // namespace

TEST_CASE("a good file passes line by line") {
    const scratch directory;
    const auto line = one_line(receiver_test::good_traces);
    const auto file = directory.write("traces.jsonl", line + '\n' + line + '\n');
    receiver::session run("line");
    receiver::strict_check check;
    CHECK(receiver::check_file(run, check, file));
    CHECK(run.counts().requests == 2);
    CHECK(run.counts().spans == 4);
    CHECK(run.counts().bytes == std::filesystem::file_size(file));
    CHECK(run.violations().total() == 0);
}

TEST_CASE("what a file adds to the rules is checked") {
    const scratch directory;
    const auto line = one_line(receiver_test::good_traces);
    const std::string logs = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[)"
                             R"({"observedTimeUnixNano":"1544712660000000000","body":{"stringValue":"b"}}]}]}]})";
    const auto file = directory.write("traces.json", line + "\n\n" + logs + '\n' + line);
    receiver::session run("line");
    receiver::strict_check check;
    CHECK(receiver::check_file(run, check, file));
    CHECK(run.violations().of(receiver::rule::file_extension) == 1);
    CHECK(run.violations().of(receiver::rule::empty_line) == 1);
    CHECK(run.violations().of(receiver::rule::mixed_signals) == 1);
    CHECK(run.violations().of(receiver::rule::unterminated_line) == 1);
    CHECK(run.violations().total() == 4);
    CHECK(run.counts().spans == 4);
    CHECK(run.counts().logs == 1);
}

TEST_CASE("a file that is not there is no good file") {
    const scratch directory;
    receiver::session run("line");
    receiver::strict_check check;
    CHECK_FALSE(receiver::check_file(run, check, "nowhere.jsonl"));
}
