// SPDX-License-Identifier: MIT
#include "recording.hpp"

using nanotel::status_code;
using nanotel_test::recording;

namespace {

nanotel::finished_status status_after(void (*use)(nanotel::span&)) {
    recording recorded;
    {
        NANOTEL_SPAN(span, "span");
        use(span);
    }
    return recorded.span("span").status;
}

} // namespace

TEST_CASE("a status is what was set last, and ok is final") {
    auto status = status_after([](nanotel::span&) {});
    CHECK(status.code == status_code::unset);

    status = status_after([](nanotel::span& s) { s.set_status(status_code::error, "card refused"); });
    CHECK(status.code == status_code::error);
    CHECK(status.message == "card refused");

    status = status_after([](nanotel::span& s) {
        s.set_status(status_code::error, "first");
        s.set_status(status_code::error, "second");
    });
    CHECK(status.code == status_code::error);
    CHECK(status.message == "second");

    status = status_after([](nanotel::span& s) { s.set_status(status_code::ok, "not kept"); });
    CHECK(status.code == status_code::ok);
    CHECK(status.message == "");

    status = status_after([](nanotel::span& s) {
        s.set_status(status_code::error, "overruled");
        s.set_status(status_code::ok);
    });
    CHECK(status.code == status_code::ok);
    CHECK(status.message == "");

    status = status_after([](nanotel::span& s) {
        s.set_status(status_code::ok);
        s.set_status(status_code::error, "too late");
    });
    CHECK(status.code == status_code::ok);
    CHECK(status.message == "");

    // Unset is what a span begins with, not what it can return to.
    status = status_after([](nanotel::span& s) {
        s.set_status(status_code::error, "stays");
        s.set_status(status_code::unset);
    });
    CHECK(status.code == status_code::error);
    CHECK(status.message == "stays");
}

TEST_CASE("an exception that unwinds a span sets its status to error") {
    recording recorded;
    try {
        NANOTEL_SPAN(outer, "outer");
        NANOTEL_SPAN(inner, "inner");
        throw std::runtime_error("away");
    } catch (const std::runtime_error&) {
        NANOTEL_SCOPED_SPAN("handler");
    }
    CHECK(recorded.span("inner").status.code == status_code::error);
    CHECK(recorded.span("outer").status.code == status_code::error);
    CHECK(recorded.span("inner").events.empty()); // a destructor cannot see which exception
    CHECK(recorded.span("handler").status.code == status_code::unset);
}

TEST_CASE("an exception leaves a status that was set as it is") {
    recording recorded;
    try {
        NANOTEL_SPAN(fine, "fine");
        NANOTEL_SPAN(failed, "failed");
        fine.set_status(status_code::ok);
        failed.set_status(status_code::error, "for another reason");
        throw std::runtime_error("away");
    } catch (const std::runtime_error&) {
    }
    CHECK(recorded.span("fine").status.code == status_code::ok);
    CHECK(recorded.span("failed").status.code == status_code::error);
    CHECK(recorded.span("failed").status.message == "for another reason");
}

TEST_CASE("a span that begins and ends while an exception unwinds is no error") {
    struct cleaner {
        ~cleaner() { NANOTEL_SCOPED_SPAN("cleaning"); }
    };
    recording recorded;
    try {
        const cleaner cleans;
        throw std::runtime_error("away");
    } catch (const std::runtime_error&) {
    }
    CHECK(recorded.span("cleaning").status.code == status_code::unset);
}

TEST_CASE("a description too large for a record does not take the status with it") {
    recording recorded;
    {
        NANOTEL_SPAN(span, "span");
        span.set_status(status_code::error, std::string(100'000, 'x'));
    }
    CHECK(recorded.span("span").status.code == status_code::error);
}
