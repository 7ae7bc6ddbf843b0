// SPDX-License-Identifier: MIT
#include "spool/spool_support.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include <map>
#include <random>
#include <set>
#include <thread>

using namespace nanotel_test;

namespace {

struct pipe_ends {
    int ends[2] = {-1, -1};
    pipe_ends() { REQUIRE(::pipe2(ends, O_CLOEXEC) == 0); }
    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;
    ~pipe_ends() {
        for (const int end : ends)
            if (end >= 0) ::close(end);
    }
    void close(int which) { ::close(std::exchange(ends[which], -1)); }
    void say(const std::string& line) const {
        const std::string whole = line + "\n";
        if (::write(ends[1], whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) ::_exit(2);
    }
    /// The next line; nothing when there is no writer any more.
    std::string hear() {
        std::string line;
        for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';) line += c;
        return line;
    }
};

std::string body_of(unsigned round, unsigned number) {
    std::string body = std::to_string(round) + "." + std::to_string(number);
    if (number % 7 == 3) body += std::string(300'000, ' '); // to be killed in the middle of it
    return body;
}
std::string name_of(const std::string& body) { return body.substr(0, body.find(' ')); }

// Puts and delivers without end, and says what is done.
[[noreturn]] void work(const spool_options& options, unsigned round, const pipe_ends& told) {
    spool one(options, "here");
    one.take_over();
    for (unsigned number = 0;; ++number) {
        if (one.put(signal::traces, 1, body_of(round, number)) == outcome::written)
            told.say("put " + std::to_string(round) + "." + std::to_string(number));
        if (number % 3 != 2) continue;
        byte_buffer body;
        const auto next = one.oldest();
        if (!next || one.read(*next, body) != content::intact) ::_exit(3);
        const std::string name = name_of(std::string(body.data(), body.size()));
        told.say("delivering " + name);
        one.remove(*next);
        told.say("delivered " + name);
    }
}

} // namespace

TEST_CASE("fifty kills lose no file that was in place, and bring none back that was delivered") {
    const temporary_folder here;
    std::mt19937 random(1);
    std::set<std::string> there;     // put, and not delivered so far
    std::set<std::string> uncertain; // killed while it was delivered: the file may be there or not
    std::set<std::string> delivered;
    for (unsigned round = 0; round < 50; ++round) {
        pipe_ends told;
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) work(here, round, told);
        told.close(1);
        std::string under_way;
        const auto hear = [&] {
            const std::string line = told.hear();
            const std::string name = line.substr(line.find(' ') + 1);
            if (line.starts_with("put ")) there.insert(name);
            if (line.starts_with("delivering ")) {
                CHECK(delivered.count(name) == 0);
                // It may have been in place without a word, for its process was killed just then.
                there.erase(name);
                under_way = name;
            }
            if (line.starts_with("delivered ")) {
                delivered.insert(name);
                under_way.clear();
            }
            return !line.empty();
        };
        for (unsigned lines = random() % 12 + 1; lines != 0; --lines) REQUIRE(hear());
        std::atomic<unsigned> spin = 0;
        for (const unsigned spins = random() % 100'000; spin < spins; ++spin) {
        }
        REQUIRE(::kill(child, SIGKILL) == 0);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));
        while (hear()) {
        }
        if (!under_way.empty()) uncertain.insert(under_way);
    }

    const std::size_t in_place = names(folder_of(here), ".otlp").size();
    CHECK(in_place >= there.size());
    spool last(here, "here");
    CHECK(last.take_over().files == in_place);
    CHECK(last.waiting().files == in_place);
    CHECK(names(folder_of(here), ".tmp").empty());
    std::map<std::string, int> read;
    for (const std::string& body : all_bodies(last)) {
        const std::string name = name_of(body);
        CAPTURE(name);
        CHECK(++read[name] == 1);
        CHECK(delivered.count(name) == 0);
        CHECK(body.size() >= 3);
    }
    for (const std::string& name : there) {
        CAPTURE(name);
        CHECK(read.count(name) + uncertain.count(name) == 1);
    }
    CHECK(names(folder_of(here)).size() == 0);
    CHECK(delivered.size() > 20);
}

TEST_CASE("who is alive keeps its files, and who is gone leaves them at once") {
    const temporary_folder here;
    pipe_ends told, ask;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        spool one(here, "here");
        one.put(signal::traces, 7, "a");
        told.say("ready");
        ask.hear();
        ::_exit(0); // without a destructor
    }
    CHECK(told.hear() == "ready");
    spool two(here, "here");
    CHECK(two.take_over().files == 0);
    CHECK_FALSE(two.oldest());
    ask.say("go");
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    const spool::tally found = two.take_over();
    CHECK(found.files == 1);
    CHECK(found.items[0] == 7);
    CHECK(two.take_over().files == 0); // once
    CHECK(next_body(two) == "a");
    CHECK(names(folder_of(here)).empty());
}

TEST_CASE("what the dead were writing is cleared away, what the living write stays") {
    const temporary_folder here;
    spool one(here, "here");
    one.put(signal::traces, 1, "a");
    const std::string folder = folder_of(here);
    const std::string own = names(folder, ".claim").at(0).substr(0, 16);
    write_file(folder + "/0000000009-" + own + ".tmp", "nanotel sp");
    write_file(folder + "/0000000009-00000000deadbeef.tmp", "nanotel sp");
    write_file(folder + "/00000000deadbeef.claim", "");
    spool two(here, "here");
    two.take_over();
    CHECK(names(folder, ".tmp") == std::vector<std::string>{"0000000009-" + own + ".tmp"});
    CHECK(names(folder, ".claim").size() == 1);
}

TEST_CASE("files of others in the folder are left alone") {
    const temporary_folder here;
    const std::string folder = folder_of(here);
    {
        const spool make_the_folder(here, "here");
    }
    const std::vector<std::string> foreign = {
        "README",
        "00000000deadbeef.claim.bak",
        "deadbeef.claim",
        "00000000DEADBEEF.claim",
        "1-1-00000000deadbeef-traces-1.otlp",
        "01763744233123456789-0000000007-4f2a9c01d3e4b567-profiles-1.otlp",
        "01763744233123456789-0000000007-4f2a9c01d3e4b567-traces-01.otlp",
        "01763744233123456789-0000000007-4f2a9c01d3e4b567-traces-1.otlp~",
        "01763744233123456789-0000000007-4f2a9c01d3e4b567-traces-99999999999999999999.otlp",
        "x.tmp",
    };
    for (const std::string& name : foreign) write_file(folder + "/" + name, "mine");
    spool one(here, "here");
    CHECK(one.take_over().files == 0);
    CHECK(one.expire(std::chrono::system_clock::time_point::max()).files == 0);
    for (const std::string& name : foreign) {
        CAPTURE(name);
        CHECK(file_content(folder + "/" + name) == "mine");
    }
}

TEST_CASE("payloads copied in by hand are delivered, in any number of owners") {
    const temporary_folder here;
    std::string folder;
    {
        spool one(here, "here");
        folder = folder_of(here);
        one.put(signal::traces, 1, "body");
    }
    const std::string original = folder + "/" + names(folder, ".otlp")[0];
    const std::string whole = file_content(original);
    std::filesystem::remove(original);
    char name[100];
    for (int owner = 1; owner <= 150; ++owner)
        for (int sequence = 1; sequence <= 2; ++sequence) {
            std::snprintf(name, sizeof name, "/%020d-%010d-%016x-traces-1.otlp", 1000 * sequence + owner,
                          sequence, owner);
            write_file(folder + name, whole);
        }
    const diagnostics_heard heard;
    spool two(here, "here");
    std::uint64_t found = 0, last_time = 0;
    std::size_t delivered = 0;
    while (const auto some = two.take_over().files) {
        CHECK(some <= 128); // a descriptor for each owner: not for any number of them
        found += some;
        while (const auto one = two.oldest()) {
            if (some == 128 && delivered < 64) CHECK(one->order.time >= last_time);
            last_time = one->order.time;
            CHECK(next_body(two) == "body");
            ++delivered;
        }
    }
    CHECK(found == 300);
    CHECK(delivered == 300);
    CHECK(names(folder).empty());
    CHECK(heard.text() == "");
}

TEST_CASE("a child of fork that gives the spool up keeps no lock alive") {
    const temporary_folder here;
    pipe_ends told, ask;
    pid_t child = -1;
    {
        spool one(here, "here");
        one.put(signal::traces, 1, "parent's");
        child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            one.abandon_in_child();
            spool own(here, "here");
            const bool good = !one.usable() && !one.oldest() && one.waiting().files == 0 &&
                              one.put(signal::traces, 1, "x") == outcome::failed &&
                              own.take_over().files == 0 &&
                              own.put(signal::traces, 1, "child's") == outcome::written;
            told.say(good ? "good" : "bad");
            ask.hear();
            ::_exit(0);
        }
        CHECK(told.hear() == "good");
        CHECK(one.put(signal::traces, 1, "parent's second") == outcome::written);
        spool other(here, "here");
        CHECK(other.take_over().files == 0); // the parent's lock has outlived what the child closed
    }
    spool two(here, "here");
    CHECK(two.take_over().files == 2); // and not the parent
    CHECK(all_bodies(two) == std::vector<std::string>{"parent's", "parent's second"});
    ask.say("go");
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    two.take_over();
    CHECK(all_bodies(two) == std::vector<std::string>{"child's"});
}

TEST_CASE("a child of fork that nobody told leaves the parent's files alone") {
    const temporary_folder here;
    auto one = std::make_unique<spool>(here, "here");
    one->put(signal::traces, 1, "a");
    const int ended = in_child([&] {
        const bool unusable = !one->usable() && !one->oldest() && one->take_over().files == 0 &&
                              one->put(signal::traces, 1, "b") == outcome::failed;
        one.reset();
        return unusable;
    });
    CHECK(ended == 0);
    CHECK(names(folder_of(here), ".claim").size() == 1);
    spool two(here, "here");
    CHECK(two.take_over().files == 0);
    CHECK(all_bodies(*one) == std::vector<std::string>{"a"});
}

TEST_CASE("no descriptor goes through exec") {
    const temporary_folder here;
    spool one(here, "here");
    one.put(signal::traces, 1, "a");
    int ours = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (!std::filesystem::read_symlink(entry, gone).string().starts_with(here.path)) continue;
        ++ours;
        CHECK((::fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC) != 0);
    }
    CHECK(ours == 2);
}

TEST_CASE("who closes all descriptors keeps those that it opens then") {
    const temporary_folder here;
    const int ended = in_child([&] {
        auto one = std::make_unique<spool>(here, "here");
        one->put(signal::traces, 1, "a");
        for (int descriptor = 3; descriptor < 100; ++descriptor) ::close(descriptor);
        const std::string mine = here.path + "/mine";
        int opened[20];
        for (int& descriptor : opened) descriptor = ::open(mine.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        nanotel::set_diagnostic_handler([](nanotel::diagnostic_level, std::string_view, void*) {});
        bool good = one->put(signal::traces, 1, "b") == outcome::failed && !one->oldest();
        one.reset();
        for (const int descriptor : opened) good = good && ::fcntl(descriptor, F_GETFD) >= 0;
        return good;
    });
    CHECK(ended == 0);
    spool two(here, "here");
    CHECK(two.take_over().files == 1);
}
