// SPDX-License-Identifier: MIT
#include "diagnostics_heard.hpp"
#include "prometheus_client.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <future>
#include <string>
#include <thread>
#include <vector>

using namespace nanotel_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";

// Some megabytes, more than the buffers of a socket hold.
void make_large(given_source& source) {
    auto& metric = source.add(gauge_of("g"));
    for (int i = 0; i < 6'000; ++i)
        metric.add({{"number", i}, {"padding", std::string(2'000, 'x')}}).value = i;
}

} // namespace

TEST_SUITE_BEGIN("concurrent");

// Fails when a silent connection keeps its thread for as long as it likes: there are fewer threads than
// silent clients. Fails too when a client that drips is never told to go.
TEST_CASE("clients that are silent or slow to ask hold nobody") {
    given_source source;
    source.add(counter_of("c"), 5);
    const endpoint_under_test endpoint(source);
    std::vector<std::unique_ptr<raw_client>> silent;
    for (std::size_t i = 0; i < detail::scrape_workers::count; ++i)
        silent.push_back(std::make_unique<raw_client>(endpoint.reader->port()));
    raw_client dripping(endpoint.reader->port());
    std::atomic<bool> gone = false;
    std::thread drip([&] {
        const auto late = in(patience);
        while (std::chrono::steady_clock::now() < late && dripping.write("G"))
            std::this_thread::sleep_for(20ms);
        gone = std::chrono::steady_clock::now() < late;
    });
    const auto answer = endpoint.client().Get("/metrics");
    REQUIRE(answer);
    CHECK(answer->status == 200);
    drip.join();
    CHECK(gone);
}

// Fails when a client that does not read its answer keeps what others need.
TEST_CASE("a client that does not read its answer holds nobody") {
    given_source source;
    make_large(source);
    const endpoint_under_test endpoint(source);
    raw_client unread(endpoint.reader->port());
    REQUIRE(unread.write(request));
    const auto answer = endpoint.client().Get("/metrics");
    REQUIRE(answer);
    CHECK(answer->body.size() > 10'000'000);
}

// Fails when a client that goes away in the middle ends the program: a write without MSG_NOSIGNAL raises
// SIGPIPE, whose default is that.
TEST_CASE("a client that goes away harms nobody") {
    given_source source;
    make_large(source);
    const endpoint_under_test endpoint(source);
    for (int i = 0; i < 8; ++i) {
        raw_client leaving(endpoint.reader->port());
        REQUIRE(leaving.write(request));
        char byte = 0;
        REQUIRE(::recv(leaving.socket(), &byte, 1, 0) == 1);
        const linger at_once{1, 0};
        ::setsockopt(leaving.socket(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    const auto answer = endpoint.client().Get("/metrics");
    REQUIRE(answer);
    CHECK(answer->status == 200);
}

// Fails when a request may be as long as it likes.
TEST_CASE("a request without end is refused") {
    given_source source;
    const endpoint_under_test endpoint(source);
    raw_client endless(endpoint.reader->port());
    endless.write("GET /metrics HTTP/1.1\r\n");
    for (int i = 0; i < 100'000 && endless.write("X-Header: value value value value value\r\n"); ++i) {
    }
    CHECK(!endless.write(std::string(8'000'000, 'x')));
    CHECK(source.collections == 0);
}

// Fails when stop waits for those who are connected, who have an hour here.
TEST_CASE("stop does not wait for those who are connected") {
    constexpr auto hour = std::chrono::hours(1);
    detail::scrape_server server({"127.0.0.1"}, 0, "/metrics",
                                 [](const detail::scrape_request&) {
                                     return detail::scrape_answer{.body = std::string(12'000'000, 'x')};
                                 },
                                 {.to_ask = hour, .to_answer = hour});
    const int port = server.start();
    REQUIRE(port != 0);
    std::vector<std::unique_ptr<raw_client>> clients;
    for (int i = 0; i < 12; ++i) clients.push_back(std::make_unique<raw_client>(port));
    CHECK(clients[0]->write(request)); // and never reads
    CHECK(clients[1]->write("GET /metr"));
    // It is being answered: one byte is there.
    char byte = 0;
    REQUIRE(::recv(clients[0]->socket(), &byte, 1, 0) == 1);
    server.stop();
    for (std::size_t i = 1; i < clients.size(); ++i) clients[i]->read_to_end();
}

// Fails when stop cuts off who is being answered.
TEST_CASE("a scrape that has begun when stop is called gets its answer") {
    std::promise<void> answering;
    std::promise<void> stopping;
    detail::scrape_server server({"127.0.0.1"}, 0, "/metrics",
                                 [&](const detail::scrape_request&) {
                                     answering.set_value();
                                     stopping.get_future().wait();
                                     return detail::scrape_answer{.body = "c_total 5\n"};
                                 },
                                 {.to_end = patience});
    const int port = server.start();
    REQUIRE(port != 0);
    raw_client client(port);
    REQUIRE(client.write(request));
    answering.get_future().wait();
    std::thread stop([&] {
        stopping.set_value();
        server.stop();
    });
    CHECK(client.read_to_end().find("\r\n\r\nc_total 5\n") != std::string::npos);
    stop.join();
}

// Fails when a client that wants its connection kept holds a thread for it.
TEST_CASE("a connection is closed after its answer") {
    given_source source;
    source.add(counter_of("c"), 5);
    const endpoint_under_test endpoint(source);
    raw_client client(endpoint.reader->port());
    REQUIRE(client.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"));
    const std::string answer = client.read_to_end();
    CHECK(answer.find("HTTP/1.1 200") == 0);
    CHECK(answer.find("\r\nConnection: close\r\n") != answer.npos);
    CHECK(answer.find("\r\n\r\n# TYPE c_total counter\nc_total 5\n") != answer.npos);
}

// Fails when two collections run at once, or when one of many scrapers gets nothing.
TEST_CASE("scrapes at once wait for each other") {
    given_source source;
    source.add(counter_of("c"), 5);
    std::atomic<int> at_once{0};
    std::atomic<bool> overlapped{false};
    source.while_collecting = [&] {
        if (++at_once != 1) overlapped = true;
        std::this_thread::yield();
        --at_once;
    };
    const endpoint_under_test endpoint(source);
    std::vector<std::thread> scrapers;
    std::atomic<int> answered{0};
    for (int i = 0; i < 8; ++i)
        scrapers.emplace_back([&] {
            for (int round = 0; round < 10; ++round) {
                const auto answer = endpoint.client().Get("/metrics");
                if (answer && answer->body == "# TYPE c_total counter\nc_total 5\n") ++answered;
            }
        });
    for (auto& scraper : scrapers) scraper.join();
    CHECK(answered == 80);
    CHECK(source.collections == 80);
    CHECK(!overlapped);
}

// Fails when stop lets a collection go on that the source does not outlive, or when a reader serves once
// only.
TEST_CASE("nothing is collected after stop, and start serves again") {
    given_source source;
    source.add(counter_of("c"), 5);
    const auto reader = nanotel::prometheus_exporter({.port = 0}, variables());
    for (int round = 0; round < 3; ++round) {
        reader->start(source);
        const int port = reader->port();
        REQUIRE(port != 0);
        std::promise<void> collecting;
        source.while_collecting = [&] { collecting.set_value(); };
        raw_client client(port);
        REQUIRE(client.write(request));
        collecting.get_future().wait();
        reader->stop();
        CHECK(reader->port() == 0);
        CHECK(source.collections == round + 1);
        client.read_to_end();
    }
    reader->stop();
}

TEST_SUITE_END();

// Fails when the library selects on the descriptor, which it cannot from FD_SETSIZE on.
TEST_CASE("descriptors may have any number") {
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    const rlimit before = limit;
    limit.rlim_cur = limit.rlim_max;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < 1200) return;
    std::vector<int> taken;
    while (taken.empty() || taken.back() < 1100) taken.push_back(::dup(0));
    {
        given_source source;
        source.add(counter_of("c"), 5);
        const endpoint_under_test endpoint(source);
        raw_client client(endpoint.reader->port());
        REQUIRE(client.write(request));
        CHECK(client.read_to_end().find("HTTP/1.1 200") == 0);
    }
    for (const int one : taken) ::close(one);
    ::setrlimit(RLIMIT_NOFILE, &before);
}

// Fails when a child waits for threads that only its parent has, or keeps the port from its parent's
// successor.
TEST_CASE("a forked child may stop and start") {
    given_source source;
    source.add(counter_of("c"), 5);
    auto endpoint = std::make_unique<endpoint_under_test>(source);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(20);
        endpoint->reader->stop();
        endpoint->reader->start(source);
        ::_exit(endpoint->reader->port() != 0 ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(endpoint->client().Get("/metrics")->status == 200);
}

namespace {

// Whether a port can be had that a process had which was killed, while a forked child of it lives.
bool port_is_free_again() {
    int told[2];
    int ending[2];
    REQUIRE(::pipe(told) == 0);
    REQUIRE(::pipe(ending) == 0);
    const pid_t server = ::fork();
    REQUIRE(server >= 0);
    if (server == 0) {
        ::alarm(60);
        given_source source;
        const auto reader = nanotel::prometheus_exporter({.host = "127.0.0.1", .port = 0});
        reader->start(source);
        if (::fork() == 0) {
            ::alarm(60);
            int port = reader->port();
            reader->leave_to_parent();
            ::close(ending[1]);
            if (reader->port() != 0 || ::write(told[1], &port, sizeof port) != sizeof port) ::_exit(1);
            ::_exit(static_cast<int>(::read(ending[0], &port, 1)));
        }
        for (;;) ::pause();
    }
    int port = 0;
    REQUIRE(::read(told[0], &port, sizeof port) == sizeof port);
    REQUIRE(::kill(server, SIGKILL) == 0);
    REQUIRE(::waitpid(server, nullptr, 0) == server);
    given_source source;
    const auto next =
        nanotel::prometheus_exporter({.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port)});
    next->start(source);
    const bool is_free = next->port() == port;
    next->stop();
    for (const int descriptor : {told[0], told[1], ending[0], ending[1]}) ::close(descriptor);
    return is_free;
}

} // namespace

// Fails when the child keeps its parent's port. A stranger may be given the port in between, but not each
// time.
TEST_CASE("the port of a process that was killed is free while a forked child of it lives") {
    const diagnostics_heard heard; // of a port that is taken
    bool is_free = false;
    for (int i = 0; i < 5 && !is_free; ++i) is_free = port_is_free_again();
    CHECK(is_free);
}
