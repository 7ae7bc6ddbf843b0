// SPDX-License-Identifier: MIT
// Compiled alone: its namespaces show.
#include "recording.hpp"

#include <string>

using namespace nanotel::literals;
using nanotel::status_code;
using nanotel_test::recording;

namespace shop {
struct card_refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};
struct error_with_code {
    int code;
};
// Caught as what() is declared, it lies elsewhere than the object begins.
struct detail_of_error {
    virtual ~detail_of_error() = default;
    int more = 1;
};
struct two_bases : detail_of_error, std::runtime_error {
    two_bases() : std::runtime_error("with two bases") {}
};
} // namespace shop

namespace {

void check_exception(const nanotel::finished_span& span, std::size_t count, std::string_view type,
                     std::string_view message) {
    CAPTURE(span.name);
    CHECK(span.status.code == status_code::error);
    CHECK(span.status.message == message);
    REQUIRE(span.events.size() == count);
    for (const auto& event : span.events) {
        CHECK(event.name == "exception");
        CHECK(event.attributes["exception.type"] == type);
        CHECK(event.attributes["exception.message"] == message);
    }
}

} // namespace

TEST_CASE("in_span returns what its function returns") {
    recording recorded;
    CHECK(nanotel::in_span("value", "a"_attr = 1, "b"_attr = "two", [] { return 42; }) == 42);
    int there = 1;
    int& reference = nanotel::in_span("reference", [&]() -> int& { return there; });
    CHECK(&reference == &there);
    nanotel::in_span("void", [&] { there = 2; });
    CHECK(there == 2);
    auto owned = nanotel::in_span("move only", [] { return std::make_unique<int>(5); });
    CHECK(*owned == 5);
    static_assert(std::is_same_v<decltype(nanotel::in_span("x", [] {})), void>);
    static_assert(
        std::is_same_v<decltype(nanotel::in_span("x", [&]() -> int&& { return std::move(there); })), int&&>);
    nanotel::in_span({.name = "options", .kind = nanotel::span_kind::client}, "c"_attr = 3,
                     [](nanotel::span& span) {
                         CHECK(nanotel::current_context() == span.context());
                         span.set("d"_attr = 4);
                     });
    CHECK(recorded.span("value").attributes == nanotel::attribute_list{{"a", 1}, {"b", "two"}});
    CHECK(recorded.span("value").status.code == status_code::unset);
    CHECK(recorded.span("options").kind == nanotel::span_kind::client);
    CHECK(recorded.span("options").attributes == nanotel::attribute_list{{"c", 3}, {"d", 4}});
}

TEST_CASE("an exception is told once, by the innermost span, and flies on as it is") {
    recording recorded;
    const shop::card_refused* thrown = nullptr;
    try {
        nanotel::in_span("outer", [&] {
            nanotel::in_span("middle", [&] {
                nanotel::in_span("inner", [&] {
                    try {
                        throw shop::card_refused("no money");
                    } catch (const shop::card_refused& e) {
                        thrown = &e;
                        throw;
                    }
                });
            });
        });
        FAIL("was not thrown");
    } catch (const std::exception& e) {
        CHECK(&e == thrown);
        CHECK(dynamic_cast<const shop::card_refused*>(&e) != nullptr);
    }
    check_exception(recorded.span("inner"), 1, "shop::card_refused", "no money");
    check_exception(recorded.span("middle"), 0, "", "no money");
    check_exception(recorded.span("outer"), 0, "", "no money");
}

TEST_CASE("every attempt of a retry loop tells its own exception, and the last is not told twice") {
    recording recorded;
    std::vector<const void*> places;
    try {
        nanotel::in_span("retry", [&] {
            for (int attempt = 0;; ++attempt) try {
                    nanotel::in_span("attempt", [&] { throw std::runtime_error("equal"); });
                } catch (const std::runtime_error& e) {
                    places.push_back(&e);
                    if (attempt == 3) throw;
                }
        });
    } catch (const std::runtime_error&) {
    }
    int attempts = 0;
    for (const auto& span : recorded.spans())
        if (span.name == "attempt") {
            ++attempts;
            check_exception(span, 1, "std::runtime_error", "equal");
        }
    CHECK(attempts == 4);
    check_exception(recorded.span("retry"), 0, "", "equal");
    // The test tests what it says only where an address came again.
    WARN(places[0] == places[1]);
}

TEST_CASE("exceptions that are not of the standard library have their type told") {
    recording recorded;
    try {
        nanotel::in_span("outer int", [] { nanotel::in_span("int", [] { throw 7; }); });
    } catch (int i) {
        CHECK(i == 7);
    }
    try {
        nanotel::in_span("struct", [] { throw shop::error_with_code{3}; });
    } catch (const shop::error_with_code& e) {
        CHECK(e.code == 3);
    }
    for (int i = 0; i < 2; ++i) try {
            nanotel::in_span("again", [] { throw 7; });
        } catch (int) {
        }
    check_exception(recorded.span("int"), 1, "int", "");
    check_exception(recorded.span("outer int"), 0, "", "");
    check_exception(recorded.span("struct"), 1, "shop::error_with_code", "");
    int again = 0;
    for (const auto& span : recorded.spans())
        if (span.name == "again") {
            ++again;
            check_exception(span, 1, "int", "");
        }
    CHECK(again == 2);
}

TEST_CASE("what was recorded by hand and thrown again is not told again") {
    recording recorded;
    const auto run = [](nanotel::text name, auto thrower, auto catcher) {
        try {
            nanotel::in_span(name, [&](nanotel::span& span) {
                nanotel::in_span("inner", [&](nanotel::span&) { catcher(span, thrower); });
            });
        } catch (...) {
        }
    };
    run(
        "by reference", [] { throw shop::card_refused("by hand"); },
        [](nanotel::span& span, auto thrower) {
            try {
                thrower();
            } catch (const shop::card_refused& e) {
                span.record_exception(e);
                throw;
            }
        });
    run(
        "a copy", [] { throw shop::card_refused("by hand"); },
        [](nanotel::span& span, auto thrower) {
            try {
                thrower();
            } catch (const shop::card_refused& caught) {
                const shop::card_refused e = caught;
                span.record_exception(e);
                throw;
            }
        });
    run(
        "two bases", [] { throw shop::two_bases(); },
        [](nanotel::span& span, auto thrower) {
            try {
                thrower();
            } catch (const shop::two_bases& e) {
                span.record_exception(e);
                throw;
            }
        });
    run(
        "not standard", [] { throw 7; },
        [](nanotel::span& span, auto thrower) {
            try {
                thrower();
            } catch (int i) {
                span.record_exception(i);
                throw;
            }
        });
    run(
        "text", [] { throw "a text"; },
        [](nanotel::span& span, auto thrower) {
            try {
                thrower();
            } catch (const char* text) {
                span.record_exception(text);
                throw;
            }
        });
    CHECK(recorded.span("by reference").events.size() == 1);
    CHECK(recorded.span("a copy").events.size() == 1);
    CHECK(recorded.span("two bases").events.size() == 1);
    CHECK(recorded.span("not standard").events.size() == 1);
    CHECK(recorded.span("text").events.size() == 1);
    CHECK(recorded.span("text").events.at(0).attributes["exception.message"] == "a text");
    for (const auto& span : recorded.spans())
        if (span.name == "inner") CHECK(span.events.empty());
}

TEST_CASE("an exception that was handled is an event and no error") {
    recording recorded;
    {
        NANOTEL_SPAN(span, "handled");
        try {
            throw shop::card_refused("try another");
        } catch (const shop::card_refused& e) {
            span.record_exception(e);
        }
        span.record_exception(std::logic_error("never thrown"));
        span.record_exception(std::logic_error("never thrown"));
    }
    const auto span = recorded.span("handled");
    CHECK(span.status.code == status_code::unset);
    REQUIRE(span.events.size() == 3);
    CHECK(span.events[0].attributes["exception.type"] == "shop::card_refused");
    CHECK(span.events[0].attributes["exception.message"] == "try another");
    CHECK(span.events[2].attributes["exception.type"] == "std::logic_error");
}

TEST_CASE("a new exception thrown where another was handled is told") {
    recording recorded;
    try {
        nanotel::in_span("outer", [] {
            try {
                nanotel::in_span("inner", [] { throw std::runtime_error("first"); });
            } catch (const std::exception&) {
                throw std::runtime_error("second");
            }
        });
    } catch (const std::exception&) {
    }
    check_exception(recorded.span("inner"), 1, "std::runtime_error", "first");
    check_exception(recorded.span("outer"), 1, "std::runtime_error", "second");
}

TEST_CASE("in_span keeps a status of ok, and a message too large for a record costs the message alone") {
    recording recorded;
    try {
        nanotel::in_span("fine", [](nanotel::span& span) {
            span.set_status(status_code::ok);
            throw std::runtime_error("away");
        });
    } catch (const std::exception&) {
    }
    try {
        nanotel::in_span("large", [] { throw std::runtime_error(std::string(100'000, 'x')); });
    } catch (const std::exception&) {
    }
    CHECK(recorded.span("fine").status.code == status_code::ok);
    CHECK(recorded.span("fine").events.size() == 1);
    CHECK(recorded.span("large").status.code == status_code::error);
}
