// SPDX-License-Identifier: MIT
#include "user.hpp"

#include <support/paths.hpp>

using nanotel_test::came;
using nanotel_test::http_peer;
using nanotel_test::temporary_folder;

namespace {

struct ended {
    int code = -1;
    std::string said;
    came told;

    explicit ended(const std::string& way) {
        http_peer receiver;
        const temporary_folder home;
        nanotel_test::child_process child;
        child.start({nanotel_test::program("ends"), way, receiver.url(), home.path()}, home / "said");
        code = child.wait();
        said = nanotel_test::read_file(home / "said");
        told = came(receiver.requests());
    }
};

void check_all(const ended& program) {
    CHECK(program.said == "");
    CHECK(program.told.spans.size() == 3);
    for (const auto& span : program.told.spans) CHECK(span.name == "tracked");
    CHECK(program.told.metric("counted").points.size() == 1);
    CHECK(program.told.logs.size() == 1);
}

} // namespace

TEST_CASE("what was tracked is sent when main returns, wherever the client lives") {
    for (const std::string way :
         {"return", "return with a static client", "return with a client of the namespace"}) {
        CAPTURE(way);
        const ended program(way);
        CHECK(program.code == 0);
        check_all(program);
    }
}

TEST_CASE("what was tracked is sent by exit and quick_exit, which destroy no client of main") {
    for (const std::string way : {"exit", "quick_exit"}) {
        CAPTURE(way);
        const ended program(way);
        CHECK(program.code == 3);
        check_all(program);
    }
}

TEST_CASE("a run that exit is called in is not sent, what was tracked below it is") {
    const ended program("exit within a run");
    CHECK(program.code == 3);
    check_all(program);
}

TEST_CASE("_exit sends nothing") {
    const ended program("_exit");
    CHECK(program.code == 3);
    CHECK(program.told.spans.empty());
    CHECK(program.told.logs.empty());
}
