// SPDX-License-Identifier: MIT
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/core/environment.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using nanotel::diagnostic_level;
using nanotel::detail::diagnostics;

namespace {

struct heard {
    std::vector<std::string> lines;
    static void handle(diagnostic_level level, std::string_view text, void* user) {
        static_cast<heard*>(user)->lines.push_back(std::string(to_string(level)) + ": " + std::string(text));
    }
};

/// What a child process that runs f writes to standard error.
template <class Function>
std::string standard_error_of(Function f) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::dup2(ends[1], STDERR_FILENO);
        f();
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t size = 0; (size = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(size));
    ::close(ends[0]);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
    return text;
}

} // namespace

TEST_CASE("a handler is given level, text and its own pointer; nullptr restores standard error") {
    heard ears;
    nanotel::set_diagnostic_handler(&heard::handle, &ears);
    nanotel::detail::diagnose(diagnostic_level::error, "first", "one");
    nanotel::detail::diagnose(diagnostic_level::info, "second", "two");
    nanotel::set_diagnostic_handler(nullptr);
    CHECK(ears.lines == std::vector<std::string>{"error: one", "info: two"});
    const std::string written =
        standard_error_of([] { nanotel::detail::diagnose(diagnostic_level::warning, "third", "three"); });
    CHECK(written == "nanotel: warning: three\n");
    CHECK(ears.lines.size() == 2);
}

TEST_CASE("what is below the level is not heard") {
    diagnostics subject;
    heard ears;
    subject.set_handler(&heard::handle, &ears);
    subject.report(diagnostic_level::debug, "a", "too quiet");
    CHECK(ears.lines.empty());
    subject.set_level(diagnostic_level::debug);
    subject.report(diagnostic_level::debug, "a", "now");
    subject.set_level(diagnostic_level::error);
    subject.report(diagnostic_level::warning, "b", "no more");
    CHECK(ears.lines == std::vector<std::string>{"debug: now"});
}

TEST_CASE("OTEL_LOG_LEVEL decides what is heard, and what the application has set wins") {
    using nanotel::detail::process_diagnostics;
    heard ears;
    std::string value;
    const nanotel::environment variables{[&](const std::string& name) -> std::optional<std::string> {
        return name == "OTEL_LOG_LEVEL" ? std::optional(value) : std::nullopt;
    }};
    const auto heard_with = [&](const char* level) {
        value = level;
        ears.lines.clear();
        nanotel::set_diagnostic_handler(&heard::handle, &ears);
        nanotel::detail::follow_log_level(variables);
        for (const auto each : {diagnostic_level::none, diagnostic_level::error, diagnostic_level::warning,
                                diagnostic_level::info, diagnostic_level::debug})
            nanotel::detail::diagnose(each, to_string(each), "x");
        nanotel::set_diagnostic_handler(nullptr);
        return ears.lines.size();
    };
    CHECK(heard_with("none") == 0);
    CHECK(heard_with("OFF") == 0);
    CHECK(heard_with("error") == 1);
    CHECK(heard_with("warn") == 2);
    CHECK(heard_with("Warning") == 2);
    CHECK(heard_with("info") == 3);
    CHECK(heard_with("debug") == 4);
    CHECK(heard_with("") == 3);
    CHECK(heard_with("none") == 0);
    REQUIRE(heard_with("loud") == 4); // also where the level before was none
    CHECK(ears.lines[0] == "warning: OTEL_LOG_LEVEL=\"loud\" is ignored. Allowed: one of: none, off, error, "
                           "warn, warning, info, debug. Used instead: info");
    nanotel::set_diagnostic_level(diagnostic_level::error);
    CHECK(heard_with("debug") == 1);
}

TEST_CASE("a diagnostic is one line of bounded length, whatever a server wrote into it") {
    diagnostics subject;
    heard ears;
    subject.set_handler(&heard::handle, &ears);
    subject.report(diagnostic_level::error, "a", "x\nnanotel: error: forged\r\x1b[2J\x7f y");
    CHECK(ears.lines.at(0) == "error: x nanotel: error: forged  [2J  y");
    std::string umlauts;
    while (umlauts.size() < 10'000) umlauts += "\xc3\xa4";
    subject.report(diagnostic_level::error, "b", "." + umlauts);
    const std::string& cut = ears.lines.at(1);
    CHECK(cut.size() <= 4096);
    CHECK(cut.ends_with("\xc3\xa4 [cut]")); // not inside a character
}

TEST_CASE("a handler that throws harms nobody, and the next diagnostic comes") {
    diagnostics subject;
    int calls = 0;
    subject.set_handler(
        [](diagnostic_level, std::string_view, void* user) {
            ++*static_cast<int*>(user);
            throw std::runtime_error("from the handler");
        },
        &calls);
    subject.report(diagnostic_level::error, "a", "1");
    subject.report(diagnostic_level::error, "b", "2");
    CHECK(calls == 2);
}

TEST_CASE("a handler may report and replace the handler without a deadlock") {
    diagnostics subject;
    struct context {
        diagnostics* subject;
        heard ears;
        int calls = 0;
    } all{&subject, {}};
    subject.set_handler(
        [](diagnostic_level, std::string_view, void* user) {
            auto& here = *static_cast<context*>(user);
            ++here.calls;
            here.subject->report(diagnostic_level::error, "from inside", "is dropped");
            here.subject->set_handler(&heard::handle, &here.ears);
        },
        &all);
    subject.report(diagnostic_level::error, "a", "1");
    subject.report(diagnostic_level::error, "b", "2");
    CHECK(all.calls == 1);
    CHECK(all.ears.lines == std::vector<std::string>{"error: 2"});
}

TEST_CASE("when set_diagnostic_handler returns, the handler before is not running any more") {
    diagnostics subject;
    struct context {
        std::atomic<bool> running{false};
        std::atomic<bool> may_end{false};
    } state;
    subject.set_handler(
        [](diagnostic_level, std::string_view, void* user) {
            auto& here = *static_cast<context*>(user);
            here.running = true;
            while (!here.may_end) std::this_thread::yield();
            here.running = false;
        },
        &state);
    std::thread speaker([&] { subject.report(diagnostic_level::error, "a", "1"); });
    while (!state.running) std::this_thread::yield();
    std::thread releaser([&] { state.may_end = true; });
    subject.set_handler(nullptr, nullptr);
    CHECK_FALSE(state.running);
    speaker.join();
    releaser.join();
}

TEST_CASE("a child forked while another thread is in the handler can still report") {
    diagnostics subject;
    struct context {
        std::atomic<bool> running{false};
        std::atomic<bool> may_end{false};
    } state;
    subject.set_handler(
        [](diagnostic_level, std::string_view, void* user) {
            auto& here = *static_cast<context*>(user);
            here.running = true;
            while (!here.may_end) std::this_thread::yield();
        },
        &state);
    std::thread speaker([&] { subject.report(diagnostic_level::error, "a", "1"); });
    while (!state.running) std::this_thread::yield();
    const std::string written = standard_error_of([&] {
        subject.set_handler(nullptr, nullptr);
        subject.report(diagnostic_level::error, "b", "from the child");
    });
    CHECK(written == "nanotel: error: from the child\n");
    state.may_end = true;
    speaker.join();
}

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("threads that report at once reach the handler one at a time, once for each subject") {
    diagnostics subject;
    struct context {
        int plain = 0; // ThreadSanitizer sees a handler that runs twice at once
    } all;
    subject.set_handler(
        [](diagnostic_level, std::string_view, void* user) { ++static_cast<context*>(user)->plain; }, &all);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i)
                subject.report(diagnostic_level::error, "subject " + std::to_string(i % 20), "text");
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(all.plain == 20);
}

TEST_CASE("threads that report and one that tells what was held back do not disturb each other") {
    diagnostics subject;
    struct context {
        int plain = 0;
    } all;
    subject.set_handler(
        [](diagnostic_level, std::string_view text, void* user) {
            static_cast<context*>(user)->plain += text.starts_with("text") || text.ends_with(": text");
        },
        &all);
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i)
                subject.report(diagnostic_level::error, "subject " + std::to_string(i % 20), "text");
        });
    for (int i = 0; i < 100; ++i) subject.tell_what_was_held_back(true);
    for (std::thread& thread : threads) thread.join();
    subject.tell_what_was_held_back(true);
    CHECK(all.plain > 20);
}

TEST_SUITE_END();
