// SPDX-License-Identifier: MIT
// In a program that is instrumented, in one that knows nothing of the library, and in one that starts it too.
#include "running.hpp"

using namespace nanotel_test;

TEST_CASE("a plugin starts the telemetry of a program that knows nothing of it") {
    const auto lines = lines_of("bare", {plugin("starter"), "load:plain", "start", "load:hidden",
                                         "nest:plain,hidden", "measure:hidden", "unload:plain", "print"});
    CHECK_LINE(lines, "plain is gone");
    CHECK_LINE(lines, "6 recorded");
    CHECK_LINE(
        lines,
        "hidden works, scope hidden 1.0, below plain works, {module: \"hidden\"}, event begun in hidden  "
        "event key=\"of hidden\"");
    CHECK_LINE(lines, "calls, scope , {}=4, {by: \"hidden\"}=4");
}

// Fails, by crash, where the code that its threads run is unloaded.
TEST_CASE("a plugin that has started the telemetry stays") {
    const auto lines =
        lines_of("light", {plugin("starter"), "work:program", "start", "load:plain", "nest:program,plain",
                           "--", "thread:program,plain", "measure:program", "unload:plain", "print"});
    CHECK_LINE(lines, "starter stays");
    CHECK_LINE(lines, "plain is gone");
    CHECK_LINE(lines, "10 recorded");
    CHECK_LINE(
        lines,
        "plain works, scope plain 1.0, below program works, {module: \"plain\"}, event begun in plain  "
        "event key=\"of plain\"");
    CHECK_LINE(lines, "program ends a thread, scope program 1.0");
    CHECK_LINE(lines, "calls, scope , {}=4, {by: \"program\"}=4");
    // One that has not may go.
    CHECK_LINE(lines_of("light", {plugin("starter"), "--"}), "starter is gone");
}

TEST_CASE("of two modules that start the telemetry one does") {
    const auto plugin_second =
        lines_of("with_sdk", {"load:starter", "start", "hear", "in:start", "in:work:program", "in:print",
                              "print", "unload:starter"});
    CHECK_LINE(plugin_second, "heard by program: nanotel::start was called while the telemetry is running; "
                              "the first one goes on with "
                              "its options. Call start once, in main, or shut the first one down before");
    CHECK(count(plugin_second, "1 recorded") == 2);
    CHECK(count(plugin_second,
                "program works, scope program 1.0, {module: \"program\"}, event begun in program  "
                "event key=\"of program\"") == 1);
    // The handler was set before there was a state of the process, by a module that does not make it.
    const auto program_second =
        lines_of("with_sdk", {"hear", "load:starter", "in:start", "start", "work:program", "in:stop", "start",
                              "work:program", "print", "unload:starter"});
    CHECK_LINE(program_second, "heard by program: nanotel::start was called while the telemetry is running; "
                               "the first one goes on with "
                               "its options. Call start once, in main, or shut the first one down before");
    CHECK_LINE(program_second, "2 recorded");
    CHECK_LINE(program_second, "starter stays");
}

// Fails where the handler of one module is not that of the other, or waits for a lock that its own thread
// holds.
TEST_CASE("diagnostics reach the handler that any module has set") {
    const auto lines = lines_of("with_sdk", {"load:starter", "load:hidden", "start", "hear", "reject:hidden",
                                             "in:hear", "reject:program", "print"});
    const std::string text = ": the counter 'calls' was given -1.000000, and a counter only grows; use an "
                             "up_down_counter. It is left out";
    CHECK_LINE(lines, "heard by program" + text);
    CHECK_LINE(lines, "heard by starter" + text);
}
