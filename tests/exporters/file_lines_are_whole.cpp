// SPDX-License-Identifier: MIT
#include "diagnostics_heard.hpp"
#include "loopback.hpp"
#include "own_files.hpp"

#include <nanotel/exporters/file.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace nanotel_test;
using nanotel::export_outcome;
namespace fs = std::filesystem;

namespace {

struct folder {
    std::string path;
    folder() {
        char name[] = "/tmp/nanotel-test-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() { fs::remove_all(path); }
    [[nodiscard]] std::string file(const std::string& name = "traces.jsonl") const {
        return path + "/" + name;
    }
};

std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

/// Runs f in a child process, for limits that hold for a whole process; true when f returned true.
template <class Function>
bool in_child(Function f) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(f() ? 0 : 1);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status == 0;
}

} // namespace

TEST_CASE("each payload is a line in the file of its signal, for its owner alone") {
    const folder here;
    const std::string directory = here.path + "/made/for/it";
    const auto exporter = nanotel::otlp_file({.directory = directory, .file_prefix = "shop-"});
    CHECK(exporter->name() == "otlp_file");
    CHECK(exporter->description() == directory);
    CHECK(fs::is_empty(directory)); // no empty files
    CHECK(send(*exporter, R"({"a":1})").outcome == export_outcome::delivered);
    CHECK(send(*exporter, R"({"a":2})").outcome == export_outcome::delivered);
    CHECK(send(*exporter, R"({"m":1})", 1, nanotel::signal::metrics).outcome == export_outcome::delivered);
    CHECK(send(*exporter, R"({"l":1})", 1, nanotel::signal::logs).outcome == export_outcome::delivered);
    CHECK(content(directory + "/shop-traces.jsonl") == "{\"a\":1}\n{\"a\":2}\n");
    CHECK(content(directory + "/shop-metrics.jsonl") == "{\"m\":1}\n");
    CHECK(content(directory + "/shop-logs.jsonl") == "{\"l\":1}\n");
    struct stat info{};
    REQUIRE(::stat((directory + "/shop-traces.jsonl").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    REQUIRE(::stat(directory.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0700);
}

TEST_CASE("what is there stays, and a file that was moved away is made anew") {
    const folder here;
    write(here.file(), "{\"before\":1}\n");
    const auto exporter = nanotel::otlp_file({.directory = here.path});
    REQUIRE(send(*exporter, "{}").outcome == export_outcome::delivered);
    CHECK(content(here.file()) == "{\"before\":1}\n{}\n");
    fs::rename(here.file(), here.file("traces.jsonl.1"));
    REQUIRE(send(*exporter, "{\"after\":1}").outcome == export_outcome::delivered);
    CHECK(content(here.file()) == "{\"after\":1}\n");
    CHECK(content(here.file("traces.jsonl.1")) == "{\"before\":1}\n{}\n");
}

TEST_CASE("half a line that a killed process left is cut off, and a whole one is ended") {
    const folder here;
    const diagnostics_heard heard;
    const auto exporter = nanotel::otlp_file({.directory = here.path});
    struct damage {
        std::string left, after;
        bool reported;
    };
    const std::string large(10'000, 'x');
    for (const damage& one :
         {damage{"{\"a\":1}\n{\"b\":", "{\"a\":1}\n{}\n", true}, damage{"{\"b\":\"}", "{}\n", true},
          damage{"{\"a\":1}\n{\"b\":\"" + large, "{\"a\":1}\n{}\n", true},
          damage{"{\"a\":{}}", "{\"a\":{}}\n{}\n", false},
          damage{"{\"a\":\"\\\"}\"}", "{\"a\":\"\\\"}\"}\n{}\n", false},
          damage{"{\"" + large + "\":[{}]}", "{\"" + large + "\":[{}]}\n{}\n", false},
          damage{"", "{}\n", false}}) {
        write(here.file(), one.left);
        const diagnostics_heard listening;
        REQUIRE(send(*exporter, "{}").outcome == export_outcome::delivered);
        CHECK(content(here.file()) == one.after);
        CHECK((listening.text().find("ended in half a line") != std::string::npos) == one.reported);
    }
}

TEST_CASE("a write that stops half-way leaves the file as it was, and is retryable") {
    const folder here;
    const auto exporter = nanotel::otlp_file({.directory = here.path});
    REQUIRE(send(*exporter, "{\"whole\":1}").outcome == export_outcome::delivered);
    // A limit on the size of files makes a short write first and then an error, as a full disk does.
    CHECK(in_child([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{100'000, 100'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto result = send(*exporter, std::string(300'000, ' '));
        return result.outcome == export_outcome::retryable && !result.split &&
               result.message.find(here.file() + " cannot be written: File too large; ") == 0 &&
               content(here.file()) == "{\"whole\":1}\n" &&
               send(*exporter, "{\"small\":1}").outcome == export_outcome::delivered;
    }));
    CHECK(content(here.file()) == "{\"whole\":1}\n{\"small\":1}\n");
}

TEST_CASE("a full disk is retryable, and the diagnostic names the path and says what to do") {
    const folder here;
    fs::create_symlink("/dev/full", here.file());
    const auto exporter = nanotel::otlp_file({.directory = here.path});
    const auto result = send(*exporter, "{}");
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message == here.file() +
                                " cannot be written: No space left on device; make room: what was not "
                                "written is kept and tried again");
}

TEST_CASE("a directory that was removed is named") {
    const folder here;
    const auto exporter = nanotel::otlp_file({.directory = here.path});
    fs::remove_all(here.path);
    const auto result = send(*exporter, "{}");
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("No such file or directory; was the directory removed?") != std::string::npos);
}

TEST_CASE("several processes and threads share a file line by line") {
    const folder here;
    const auto exporter = nanotel::otlp_file({.directory = here.path});
    REQUIRE(send(*exporter, "{}").outcome == export_outcome::delivered); // the children inherit it open
    std::vector<pid_t> children;
    for (int c = 0; c < 3; ++c) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            const std::string line = "{\"" + std::string(100'000, static_cast<char>('a' + c)) + "\":1}";
            for (int i = 0; i < 20; ++i)
                if (send(*exporter, line).outcome != export_outcome::delivered) ::_exit(1);
            ::_exit(0);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    std::ifstream in(here.file());
    int lines = 0, damaged = 0;
    for (std::string line; std::getline(in, line); ++lines)
        if (line != "{}" && (line.size() != 100'006 || line.find_first_not_of(line[2], 2) != 100'002))
            ++damaged;
    CHECK(lines == 61);
    CHECK(damaged == 0);
}

// Fails when the kernel waits for the lock, which knows neither deadline nor interrupt.
TEST_CASE("a lock that another process does not let go of ends a send at its deadline or interrupt") {
    const folder here;
    const auto exporter = nanotel::otlp_file({.directory = here.path});
    REQUIRE(send(*exporter, "{}").outcome == export_outcome::delivered);
    const int other = ::open(here.file().c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(::flock(other, LOCK_EX) == 0); // by a descriptor of its own: as good as another process
    const std::string message =
        here.file() + " cannot be written: another process holds its lock; end that process (lslocks names "
                      "it), or give each a .file_prefix of its own";
    const auto until = in(std::chrono::milliseconds{50});
    auto result = exporter->send({nanotel::signal::traces, "{}", 1}, until);
    CHECK(std::chrono::steady_clock::now() >= until); // until then it may be let go
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message == message);

    std::atomic<bool> over{false};
    std::thread interrupts([&] {
        while (!over) exporter->interrupt();
    });
    result = exporter->send({nanotel::signal::traces, "{}", 1}, in(std::chrono::hours{1}));
    over = true;
    interrupts.join();
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message == message);

    ::close(other);
    CHECK(send(*exporter, "{}").outcome == export_outcome::delivered); // no interrupt is left over
    CHECK(content(here.file()) == "{}\n{}\n");
}

TEST_CASE("files that an application opened where the exporter's was are neither written nor closed") {
    const folder here;
    auto exporter = nanotel::otlp_file({.directory = here.path});
    REQUIRE(send(*exporter, "{}").outcome == export_outcome::delivered);
    const auto writes = [&] { return send(*exporter, "{}").outcome == export_outcome::delivered; };
    CHECK(in_child([&] { // the parent's
        const own_files own;
        return writes() && own.untouched();
    }));
    CHECK(in_child([&] { // its own
        if (!writes()) return false;
        const own_files own;
        return writes() && own.untouched();
    }));
    CHECK(in_child([&] {
        const own_files own;
        exporter.reset();
        return own.untouched();
    }));
    CHECK(fs::file_size(here.file()) == 4 * 3);
}

TEST_CASE("what cannot work is an exception at construction that says what to do") {
    const folder here;
    const auto error_of = [](const nanotel::otlp_file_options& options) -> std::string {
        try {
            (void)nanotel::otlp_file(options);
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "(none)";
    };
    CHECK(error_of({.directory = ""}).find(".directory is empty; name a directory") != std::string::npos);
    CHECK(error_of({.directory = here.path, .file_prefix = "a/b"}).find("put directories into .directory") !=
          std::string::npos);
    write(here.file("plain"), "x");
    CHECK(error_of({.directory = here.file("plain")}).find("is a file; name another directory") !=
          std::string::npos);
    CHECK(error_of({.directory = here.file("plain") + "/below"})
              .find("cannot be made: Not a directory; make it") != std::string::npos);
    // Root may write anywhere, so the check is made as nobody.
    fs::create_directory(here.file("closed"));
    fs::permissions(here.path, fs::perms::all);
    fs::permissions(here.file("closed"),
                    fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
    CHECK(in_child([&] {
        if (::getuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return false;
        if (::getuid() != 65534) fs::permissions(here.file("closed"), fs::perms::owner_exec);
        return error_of({.directory = here.file("closed")})
                       .find("cannot be written by this user: Permission denied; change its owner or mode") !=
                   std::string::npos &&
               error_of({.directory = here.file("closed") + "/below"})
                       .find("cannot be made: Permission denied") != std::string::npos;
    }));
}
