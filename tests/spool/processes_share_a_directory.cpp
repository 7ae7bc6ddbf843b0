// SPDX-License-Identifier: MIT
#include "spool/spool_support.hpp"

#include <fcntl.h>

#include <map>
#include <mutex>
#include <random>
#include <thread>

using namespace nanotel_test;

namespace {

// Puts a few, takes over, delivers some, goes and leaves the rest; what it delivers it says, on the way.
// Nobody else may have said so before: a claim that two hold delivers twice.
template <class Function>
bool come_and_go(const spool_options& options, unsigned who, unsigned rounds, Function say) {
    std::mt19937 random(who);
    byte_buffer body;
    for (unsigned round = 0; round < rounds; ++round) {
        spool one(options, "here");
        for (unsigned i = random() % 4; i != 0; --i) {
            const std::string text =
                std::to_string(who) + "." + std::to_string(round) + "." + std::to_string(i) + "\n";
            if (one.put(nanotel::signal::traces, 1, text) != outcome::written) return false;
        }
        if (random() % 3 != 0) one.take_over();
        for (unsigned i = random() % 8; i != 0; --i) {
            const auto next = one.oldest();
            if (!next) break;
            if (one.read(*next, body) != content::intact) return false;
            say(std::string_view(body.data(), body.size()));
            if (!one.remove(*next)) return false;
        }
    }
    return true;
}

void check_each_once(const std::map<std::string, int>& delivered) {
    for (const auto& one : delivered) {
        CAPTURE(one.first);
        CHECK(one.second == 1);
    }
}

} // namespace

TEST_CASE("processes that come and go deliver every payload once") {
    const temporary_folder here, log;
    constexpr unsigned processes = 4;
    constexpr unsigned rounds = 40;
    pid_t children[processes];
    for (unsigned who = 0; who < processes; ++who) {
        children[who] = ::fork();
        REQUIRE(children[who] >= 0);
        if (children[who] != 0) continue;
        const int file =
            ::open((log.path + "/delivered").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        ::_exit(come_and_go(here, who, rounds,
                            [&](std::string_view body) {
                                if (::write(file, body.data(), body.size()) !=
                                    static_cast<ssize_t>(body.size()))
                                    ::_exit(2);
                            })
                    ? 0
                    : 1);
    }
    for (const pid_t child : children) {
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    spool last(here, "here");
    last.take_over();
    std::map<std::string, int> delivered;
    for (const std::string& body : all_bodies(last)) ++delivered[body];
    CHECK(names(folder_of(here)).empty());
    std::istringstream lines(file_content(log.path + "/delivered"));
    for (std::string line; std::getline(lines, line);) ++delivered[line + "\n"];
    check_each_once(delivered);
    // Each puts the numbers from some i down to 1, so where there is a 3 there are a 2 and a 1.
    for (const auto& [body, times] : delivered)
        if (const std::size_t dot = body.rfind('.'); body[dot + 1] > '1') {
            std::string below = body;
            --below[dot + 1];
            CHECK(delivered.count(below) == 1);
        }
    CHECK(delivered.size() > processes * rounds);
}

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("spools of one destination in one process deliver every payload once") {
    const temporary_folder here;
    std::mutex mutex;
    std::map<std::string, int> delivered;
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (unsigned who = 0; who < 4; ++who)
        threads.emplace_back([&, who] {
            if (!come_and_go(here, who, 20, [&](std::string_view body) {
                    const std::lock_guard lock(mutex);
                    ++delivered[std::string(body)];
                }))
                ++failed;
        });
    for (std::thread& one : threads) one.join();
    CHECK(failed == 0);
    spool last(here, "here");
    last.take_over();
    for (const std::string& body : all_bodies(last)) ++delivered[body];
    check_each_once(delivered);
    CHECK(delivered.size() > 80);
    CHECK(names(folder_of(here)).empty());
}

TEST_CASE("a claim that comes and goes is never held by two") {
    const temporary_folder here;
    const int folder = ::open(here.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(folder >= 0);
    std::atomic<int> holders{0};
    std::atomic<int> together{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            nanotel::detail::spool_claim claim;
            for (int held = 0; held < 250;) {
                if (claim.take(folder, 7) != 0) {
                    std::this_thread::yield();
                    continue;
                }
                if (++holders != 1) ++together;
                std::this_thread::yield();
                --holders;
                claim.release(folder, ++held % 2 == 0); // with its file, and without
            }
        });
    for (std::thread& one : threads) one.join();
    ::close(folder);
    CHECK(together == 0);
}

TEST_CASE("one spool may be used by several threads") {
    const temporary_folder here;
    constexpr int each = 60;
    {
        spool before(here, "here");
        for (int i = 0; i < each; ++i) before.put(nanotel::signal::logs, 1, "left");
    }
    spool one(here, "here");
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> delivered{0};
    std::uint64_t found = 0;
    std::vector<std::thread> threads;
    for (const auto kind : {nanotel::signal::traces, nanotel::signal::metrics})
        threads.emplace_back([&, kind] {
            for (int i = 0; i < each; ++i) one.put(kind, 1, "body");
        });
    threads.emplace_back([&] {
        while (!done) {
            found += one.take_over().files;
            one.expire(std::chrono::system_clock::now());
            const spool::tally waiting = one.waiting();
            if (waiting.items[0] + waiting.items[1] + waiting.items[2] != waiting.files) std::abort();
        }
    });
    threads.emplace_back([&] {
        byte_buffer body;
        while (delivered < 3 * each) {
            const auto next = one.oldest();
            if (!next) continue;
            if (one.read(*next, body) != content::intact || !one.remove(*next)) std::abort();
            ++delivered;
        }
        done = true;
    });
    for (std::thread& thread : threads) thread.join();
    CHECK(delivered == 3 * each);
    CHECK(found == each);
    CHECK(one.waiting().files == 0);
}

TEST_SUITE_END();
