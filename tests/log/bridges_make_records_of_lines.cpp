// SPDX-License-Identifier: MIT
#include "recording.hpp"
#include "support/skip.hpp"

#include <nanotel/log/clog.hpp>

#include <sstream>

#if __has_include(<spdlog/spdlog.h>)
#ifndef SPDLOG_FMT_EXTERNAL
#define SPDLOG_FMT_EXTERNAL
#endif
#include <nanotel/log/spdlog.hpp>

#include <spdlog/spdlog.h>
#define HAS_SPDLOG 1
#else
#define HAS_SPDLOG 0
#endif

using nanotel::severity;
using nanotel_test::hex;
using nanotel_test::recording;
using nanotel_test::recording_options;

TEST_CASE("a line of std::clog is a record, and what std::clog was is given back") {
    recording recorded;
    std::stringbuf before;
    std::streambuf* const original = std::clog.rdbuf(&before);
    nanotel::context context;
    {
        const nanotel::clog_bridge bridge(
            {.severity = severity::warn, .logger = "legacy of the program", .forward = true});
        NANOTEL_SPAN(span, "work");
        context = span.context();
        std::clog << "count is " << 3 << '\n' << std::endl;
        std::clog << "two lines\nat once\n" << std::flush;
        std::clog << std::string(40'000, 'x') << '\n';
        std::clog << "no end";
    }
    CHECK(std::clog.rdbuf() == &before);
    std::clog << "elsewhere\n";
    std::clog.rdbuf(original);
    CHECK(before.str() ==
          "count is 3\n\ntwo lines\nat once\n" + std::string(40'000, 'x') + "\nno endelsewhere\n");
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 6);
    CHECK(logs[0].body == "count is 3");
    CHECK(logs[1].body == "two lines");
    CHECK(logs[2].body == "at once");
    CHECK(logs[3].body == std::string(32 << 10, 'x'));
    CHECK(logs[4].body == std::string(40'000 - (32 << 10), 'x'));
    CHECK(logs[5].body == "no end");
    CHECK(logs[0].severity == severity::warn);
    CHECK(logs[0].scope.name == "legacy of the program");
    CHECK(logs[0].trace_id == hex(context.trace_id));
}

TEST_CASE("lines of std::clog are not forwarded where nobody asks for it") {
    recording recorded;
    std::stringbuf before;
    std::streambuf* const original = std::clog.rdbuf(&before);
    {
        const nanotel::clog_bridge bridge;
        std::clog << "a line\n";
    }
    std::clog.rdbuf(original);
    CHECK(before.str().empty());
    CHECK(recorded.log().body == "a line");
}

#if HAS_SPDLOG
TEST_CASE("messages of spdlog become records with their trace") {
    recording_options options;
    options.logs.levels = {{"quiet", severity::error}};
    recording recorded(options);
    const auto sink = std::make_shared<nanotel::spdlog_sink>();
    spdlog::logger cart("shop.cart", sink), quiet("quiet", sink);
    cart.set_level(spdlog::level::trace);
    quiet.set_level(spdlog::level::trace);
    nanotel::context context;
    const auto begin = spdlog::log_clock::now();
    {
        NANOTEL_SPAN(span, "work");
        context = span.context();
        cart.info("{} items of {:.1f}", 3, 2.5);
        cart.log(spdlog::source_loc{"cart.cpp", 17, "fill"}, spdlog::level::critical, "lost");
    }
    cart.trace("t");
    cart.debug("d");
    cart.warn("w");
    cart.error("e");
    quiet.warn("not kept");
    quiet.error("kept");
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 7);
    CHECK(logs[0].body == "3 items of 2.5");
    CHECK(logs[0].severity == severity::info);
    CHECK(logs[0].severity_text == "info");
    CHECK(logs[0].scope.name == "shop.cart");
    CHECK(logs[0].trace_id == hex(context.trace_id));
    CHECK(logs[0].span_id == hex(context.span_id));
    CHECK(logs[0].attributes.size() == 1);
    CHECK(logs[0].attributes.contains("thread.id"));
    CHECK(logs[0].time_unix_nano >= static_cast<std::uint64_t>(begin.time_since_epoch().count()));
    CHECK(logs[1].severity == severity::fatal);
    CHECK(logs[1].severity_text == "critical");
    CHECK(logs[1].attributes["code.file.path"] == "cart.cpp");
    CHECK(logs[1].attributes["code.line.number"] == 17);
    CHECK(logs[1].attributes["code.function.name"] == "fill");
    const severity expected[] = {severity::trace, severity::debug, severity::warn, severity::error};
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(logs[i + 2].severity == expected[i]);
        CHECK(logs[i + 2].trace_id.empty());
    }
    CHECK(logs[6].body == "kept");
    CHECK(logs[6].scope.name == "quiet");
}
#else
TEST_CASE("messages of spdlog become records with their trace") {
    nanotel_test::skip("spdlog is not installed (Debian: libspdlog-dev)");
}
#endif
