// SPDX-License-Identifier: MIT
// While what it has recorded waits, and while threads go on that have recorded in it.
#include "running.hpp"

using namespace nanotel_test;

// Fails, by crash, where a record, a series or a site leads to texts of the module that is gone.
TEST_CASE("what a plugin has recorded is sent when it is gone") {
    for (const std::string name : {"plain", "hidden"})
        for (const std::string program_name : {"with_sdk", "with_symbols"}) {
            const auto lines = lines_of(program_name, {"start", "load:" + name, "work:" + name,
                                                       "measure:" + name, "fail:" + name, "thread:" + name,
                                                       "unload:" + name, "work:program", "print"});
            CHECK_LINE(lines, name + " is gone");
            CHECK_LINE(lines, "9 recorded");
            CHECK_LINE(lines, name + " works, scope " + name + " 1.0, {module: \"" + name +
                                  "\"}, event begun in " + name + "  event key=\"of " + name + "\"");
            CHECK_LINE(lines, name + " fails, scope " + name +
                                  " 1.0, event exception  exception.type="
                                  "\"(anonymous namespace)::error_of_module\" exception.message=\"wrong in " +
                                  name + "\"");
            CHECK_LINE(lines, "calls, scope , {}=4, {by: \"" + name + "\"}=4");
            CHECK_LINE(lines, "outcomes, scope , {outcome: \"good\"}=2, {outcome: \"bad\"}=2");
            CHECK_LINE(lines, "labelled, scope , {colour: \"red\"}=4");
            CHECK_LINE(lines, "level." + name + ", scope " + name + ", {}=7.0");
        }
}

// Fails where the keys of labels are known by the address that they had.
TEST_CASE("a plugin in the place of another is not taken for it") {
    const auto lines =
        lines_of("with_sdk",
                 {"start", "load:version_1", "measure:version_1", "unload:version_1", "load:version_2",
                  "measure:version_2", "unload:version_2", "load:version_1", "measure:version_1", "print"});
    CHECK_LINE(lines, "version_1 is gone");
    CHECK_LINE(lines, "version_2 is gone");
    CHECK_LINE(lines, "calls, scope , {}=12, {by: \"version\"}=12");
    CHECK_LINE(lines,
               "outcomes, scope , {outcome1: \"good\"}=4, {outcome1: \"bad\"}=4, {outcome2: \"good\"}=2, "
               "{outcome2: \"bad\"}=2");
    CHECK_LINE(lines, "labelled, scope , {colour1: \"red\"}=8, {colour2: \"red\"}=4");
    CHECK_LINE(lines, "duration, scope , {}=12 in bucket 2");
}

// Fails where sites or series of a plugin that is loaded again are new ones: see script.hpp.
TEST_CASE("a plugin that is loaded again and again costs no memory") {
    const auto lines =
        lines_of("with_sdk", {"start", "reload:hidden", "load:hidden", "measure:hidden", "print"});
    CHECK_LINE(lines, "hidden is gone");
    CHECK_LINE(lines, "calls, scope , {}=204, {by: \"hidden\"}=204");
    CHECK_LINE(lines, "outcomes, scope , {outcome: \"good\"}=102, {outcome: \"bad\"}=102");
    CHECK_LINE(lines, "labelled, scope , {colour: \"red\"}=204");
    CHECK_LINE(lines, "254 recorded");
}

TEST_CASE("a plugin with symbols that are one in a process stays") {
    const auto lines = lines_of("with_sdk", {"start", "reload:unique", "print"});
    CHECK_LINE(lines, "250 recorded");
}

TEST_CASE("callbacks of a plugin are asked until it goes") {
    // Registered before there is a state of the process, and after; removed by the plugin that goes.
    for (const std::vector<std::string>& order : std::vector<std::vector<std::string>>{
             {"load:hidden", "on:hidden", "start"}, {"start", "load:hidden", "on:hidden"}}) {
        std::vector<std::string> words = order;
        for (const std::string word : {"print", "unload:hidden", "print"}) words.push_back(word);
        const auto lines = lines_of("with_sdk", words);
        CHECK_LINE(lines, "hidden is gone");
        CHECK(count(lines, "observed.hidden, scope hidden, {}=5.0") == 1);
    }
    // One that removes itself: fails, by waiting for ever, where it takes its thread for another.
    const auto once =
        lines_of("with_sdk", {"start", "load:hidden", "once:hidden", "print", "print", "unload:hidden"});
    CHECK(count(once, "observed_once.hidden, scope hidden, {}=1.0") == 1);
}

// Fails, by crash, where the callback is called or freed by code that is gone.
TEST_CASE("a guard may outlive the plugin of its callback") {
    const auto running = lines_of("with_sdk", {"start", "load:hidden", "guard:hidden", "print",
                                               "unload:hidden", "print", "forget:program", "print"});
    CHECK_LINE(running, "hidden is gone");
    CHECK(count(running, "observed.hidden, scope hidden, {}=6.0") == 1);
    const auto never_started = lines_of(
        "with_sdk", {"load:hidden", "guard:hidden", "unload:hidden", "forget:program", "start", "print"});
    CHECK_LINE(never_started, "hidden is gone");
}

// Fails, by crash or a wrong sum, where a thread that ends writes to a pointer of a plugin that is gone.
TEST_CASE("threads come and go while a plugin does") {
    for (const std::string program_name : {"with_sdk", "with_symbols"}) {
        const auto lines = lines_of(program_name, {"start", "load:plain", "churn:plain,hidden", "print"});
        CHECK_LINE(lines, "hidden is gone");
        CHECK_LINE(lines, "level.hidden, scope hidden, {}=7.0");
    }
}
