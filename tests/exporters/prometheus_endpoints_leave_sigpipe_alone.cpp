// SPDX-License-Identifier: MIT
#include "prometheus_client.hpp"

#include <doctest/doctest.h>

#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace nanotel_test;

namespace {

std::atomic<int> raised{0};
void count(int) { ++raised; }

/// The application's handler of SIGPIPE for as long as it lives: the servers of the tests have changed it.
class handled {
public:
    handled() {
        raised = 0;
        ours_.sa_handler = count;
        ours_.sa_flags = SA_RESTART | SA_NODEFER;
        ::sigaddset(&ours_.sa_mask, SIGUSR2);
        ::sigaction(SIGPIPE, &ours_, &before_);
    }
    handled(const handled&) = delete;
    handled& operator=(const handled&) = delete;
    ~handled() { ::sigaction(SIGPIPE, &before_, nullptr); }

    [[nodiscard]] static bool still() {
        struct sigaction now{};
        ::sigaction(SIGPIPE, nullptr, &now);
        return now.sa_handler == count &&
               (now.sa_flags & (SA_RESTART | SA_NODEFER)) == (SA_RESTART | SA_NODEFER) &&
               ::sigismember(&now.sa_mask, SIGUSR2) == 1;
    }

private:
    struct sigaction ours_{};
    struct sigaction before_{};
};

} // namespace

TEST_SUITE_BEGIN("concurrent");

// Fails when cpp-httplib's server keeps SIGPIPE ignored, or when an answer is written without MSG_NOSIGNAL.
TEST_CASE("the action of SIGPIPE is as before, and no scraper that goes away raises one") {
    given_source source;
    auto& metric = source.add(gauge_of("g"));
    for (int i = 0; i < 2'000; ++i) // more than the buffers of a socket hold
        metric.add({{"number", i}, {"padding", std::string(4'000, 'x')}}).value = i;
    const handled by_us;
    {
        const endpoint_under_test endpoint(source);
        CHECK(handled::still());
        for (int i = 0; i < 4; ++i) {
            raw_client leaving(endpoint.reader->port());
            REQUIRE(leaving.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            char byte = 0;
            REQUIRE(::recv(leaving.socket(), &byte, 1, 0) == 1);
            ::shutdown(leaving.socket(), SHUT_WR); // an end, then a reset: the next write there raises it
            const linger at_once{1, 0};
            ::setsockopt(leaving.socket(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        }
    }
    CHECK(handled::still());
    CHECK(raised == 0);
}

// Fails when one listener takes another's SIG_IGN for the application's, as while a port is bound anew.
TEST_CASE("several listeners that are made at once leave it as well") {
    const handled by_us;
    const detail::scrape_function nothing = [](const detail::scrape_request&) {
        return detail::scrape_answer{};
    };
    detail::scrape_connections connections{detail::scrape_patience{}};
    std::vector<std::thread> makers;
    for (int i = 0; i < 4; ++i)
        makers.emplace_back([&] {
            for (int round = 0; round < 200; ++round)
                const detail::scrape_listener made("/metrics", nothing, connections);
        });
    for (auto& maker : makers) maker.join();
    CHECK(handled::still());
}

TEST_SUITE_END();

TEST_CASE("a SIGPIPE that is ignored stays ignored, and an action that was set meanwhile stays set") {
    struct library : detail::sigpipe_action {
        explicit library(void (*meanwhile)(int)) {
            ::signal(SIGPIPE, meanwhile);
            give_back();
        }
    };
    const handled by_us;
    {
        const library does(count);
    }
    CHECK((::signal(SIGPIPE, SIG_IGN) == count));
    {
        const library does(SIG_IGN);
    }
    CHECK((::signal(SIGPIPE, count) == SIG_IGN));
    {
        const library does(SIG_DFL);
    }
    CHECK((::signal(SIGPIPE, count) == SIG_DFL));
}

// Fails when a child waits for a listener that its parent was making.
TEST_CASE("a child that was forked in between makes listeners") {
    struct library : detail::sigpipe_action {
        library() {
            const pid_t child = ::fork();
            REQUIRE(child >= 0);
            if (child == 0) {
                ::alarm(20);
                struct one_more : detail::sigpipe_action {};
                {
                    const one_more made;
                }
                ::_exit(0);
            }
            int status = -1;
            REQUIRE(::waitpid(child, &status, 0) == child);
            CHECK(status == 0);
        }
    };
    const library made;
}
