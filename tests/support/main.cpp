// SPDX-License-Identifier: MIT
#define DOCTEST_CONFIG_IMPLEMENT
#include "skip.hpp"

#include <cstdio>
#include <string>

namespace {

unsigned matching_test_cases = 0;

struct count_matching : doctest::IReporter {
    explicit count_matching(const doctest::ContextOptions&) {}
    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats& stats) override {
        matching_test_cases = stats.numTestCasesPassingFilters;
    }
    void test_case_start(const doctest::TestCaseData&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}
};

} // namespace

REGISTER_LISTENER("count_matching", 1, count_matching);

// Declared in paths.hpp.
namespace nanotel_test {
std::string source_root() { return NANOTEL_TEST_SOURCE_ROOT; }
} // namespace nanotel_test

int main(int argc, char** argv) {
    constexpr int exit_skipped = 77; // ctest's SKIP_RETURN_CODE
    doctest::Context context(argc, argv);
    const int result = context.run();
    if (result != 0 || context.shouldExit()) return result;
    // doctest calls it a success when a filter matches nothing, so a renamed test case would pass for ever.
    if (matching_test_cases == 0) {
        std::fputs("no test case matches the filter\n", stderr);
        return 1;
    }
    return nanotel_test::something_was_skipped() ? exit_skipped : 0;
}
