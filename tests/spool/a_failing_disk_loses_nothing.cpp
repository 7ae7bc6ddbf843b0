// SPDX-License-Identifier: MIT
#include "spool/spool_support.hpp"
#include "support/skip.hpp"
#include "support/small_disk.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>

using namespace nanotel_test;

namespace {

// For children of fork, where doctest does not count.
#define EXPECT(condition)                                                                                    \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            std::fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);               \
            return false;                                                                                    \
        }                                                                                                    \
    } while (false)

constexpr int no_namespace = 77;

template <class Function>
void on_a_small_disk(Function function) {
    const temporary_folder here;
    const int status = in_child([&] {
        if (!mount_small_disk(here.path.c_str(), 256 << 10)) ::_exit(no_namespace);
        return function(here);
    });
    if (WIFEXITED(status) && WEXITSTATUS(status) == no_namespace) {
        skip("no file system can be mounted here, in a namespace of the user's or as root");
        return;
    }
    CHECK(status == 0);
}

} // namespace

TEST_CASE("a full disk refuses and works again when there is room") {
    on_a_small_disk([](const temporary_folder& here) {
        const diagnostics_heard heard;
        const std::string large(50'000, 'x');
        int written = 0;
        {
            spool one(here, "here");
            while (written < 10 && one.put(signal::traces, 1, large) == outcome::written) ++written;
            EXPECT(written >= 3 && written <= 5);
            EXPECT(heard.lines().size() == 1);
            EXPECT(heard.text().find("No space left on device; make room") != std::string::npos);
            EXPECT(heard.text().starts_with("error: "));
            for (int i = 0; i < 5; ++i) EXPECT(one.put(signal::traces, 1, large) == outcome::failed);
            EXPECT(heard.lines().size() == 1); // once until it works again
            EXPECT(names(folder_of(here), ".tmp").empty());
            EXPECT(one.waiting().files == static_cast<std::uint64_t>(written));
            EXPECT(next_body(one) == large);
            EXPECT(one.put(signal::traces, 1, large) == outcome::written);
            EXPECT(heard.lines().size() == 2);
            EXPECT(heard.lines()[1].starts_with("info: ") &&
                   heard.lines()[1].find("again") != std::string::npos);
        }
        // Now it is full to the last byte: what lies there can be taken over all the same.
        const int filler = ::open((here.path + "/filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        while (::write(filler, large.data(), 4096) > 0) {
        }
        while (::write(filler, large.data(), 1) > 0) {
        }
        spool two(here, "here");
        EXPECT(two.take_over().files == static_cast<std::uint64_t>(written));
        EXPECT(two.put(signal::traces, 1, large) == outcome::failed);
        EXPECT(all_bodies(two) == std::vector<std::string>(static_cast<std::size_t>(written), large));
        EXPECT(two.put(signal::traces, 1, large) == outcome::written);
        return true;
    });
}

TEST_CASE("a disk without room for one more file still gives what it has") {
    on_a_small_disk([](const temporary_folder& here) {
        const diagnostics_heard heard;
        {
            spool one(here, "here");
            EXPECT(one.put(signal::traces, 1, "a") == outcome::written);
        }
        EXPECT(::mount("none", here.path.c_str(), nullptr, MS_REMOUNT | MS_NOSUID | MS_NODEV,
                       "size=256k,nr_inodes=5,mode=0700") == 0);
        write_file(here.path + "/last", "");
        spool two(here, "here");
        EXPECT(two.put(signal::traces, 1, "b") == outcome::failed); // not even a claim of its own
        EXPECT(heard.lines().size() == 1);
        EXPECT(two.take_over().files == 1);
        EXPECT(next_body(two) == "a");
        EXPECT(two.put(signal::traces, 1, "b") == outcome::written);
        return true;
    });
}

TEST_CASE("a read-only disk keeps what lies there until it can be removed") {
    on_a_small_disk([](const temporary_folder& here) {
        const diagnostics_heard heard;
        const auto remount = [&](unsigned long flag) {
            return ::mount("none", here.path.c_str(), nullptr, MS_REMOUNT | MS_NOSUID | MS_NODEV | flag,
                           nullptr) == 0;
        };
        {
            spool one(here, "here");
            EXPECT(one.put(signal::traces, 1, "a") == outcome::written);
        }
        EXPECT(remount(MS_RDONLY));
        {
            spool one(here, "here");
            EXPECT(one.usable());
            EXPECT(one.put(signal::traces, 1, "b") == outcome::failed);
            EXPECT(heard.lines().size() == 1);
            EXPECT(heard.text().find("Read-only file system") != std::string::npos);
            EXPECT(one.take_over().files == 0); // what cannot be removed would be delivered at every start
            EXPECT(heard.lines().size() == 2);
            const spool other(here, "other");
            EXPECT(!other.usable());
            EXPECT(heard.lines().size() == 3);
            EXPECT(heard.lines()[2].find("cannot be made: Read-only file system") != std::string::npos);
        }
        EXPECT(remount(0));
        spool two(here, "here");
        EXPECT(two.take_over().files == 1);
        EXPECT(next_body(two) == "a");
        EXPECT(names(folder_of(here)).empty());
        return true;
    });
}

TEST_CASE("a file that cannot be removed is emptied, and nobody delivers it again") {
    const temporary_folder here;
    const diagnostics_heard heard;
    const int ended = in_child([&] {
        // Root may remove everything.
        if (::geteuid() == 0) {
            if (::chown(here.path.c_str(), 65534, 65534) != 0) return false;
            if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) return false;
        }
        const std::string folder = folder_of(here);
        {
            spool one(here, "here");
            EXPECT(one.put(signal::traces, 1, "a") == outcome::written);
            EXPECT(::chmod(folder.c_str(), 0500) == 0);
            EXPECT(one.put(signal::traces, 1, "b") == outcome::failed);
            EXPECT(heard.lines().size() == 1);
            EXPECT(heard.text().find("Permission denied; let this user write there") != std::string::npos);
            EXPECT(next_body(one) == "a");
            EXPECT(heard.lines().size() == 2);
            EXPECT(names(folder, ".otlp").size() == 1);
            EXPECT(::chmod(folder.c_str(), 0700) == 0);
        }
        {
            spool two(here, "here");
            EXPECT(two.take_over().files == 0);
            EXPECT(names(folder).empty());
            EXPECT(heard.lines().size() == 2);
            EXPECT(two.put(signal::traces, 1, "b") == outcome::written);
        }
        // Where it cannot be emptied either, at least this process does not find it again.
        EXPECT(::chmod((folder + "/" + names(folder, ".otlp")[0]).c_str(), 0400) == 0);
        EXPECT(::chmod(folder.c_str(), 0500) == 0);
        spool three(here, "here");
        EXPECT(three.take_over().files == 1);
        EXPECT(next_body(three) == "b");
        EXPECT(three.take_over().files == 0);
        EXPECT(three.waiting().files == 0);
        EXPECT(::chmod(folder.c_str(), 0700) == 0);
        return true;
    });
    CHECK(ended == 0);
}

TEST_CASE("the limit of a file's size does not end the process") {
    const temporary_folder here;
    const int ended = in_child([&] {
        const diagnostics_heard heard;
        ::signal(SIGXFSZ, SIG_DFL);
        const rlimit limit{10'000, RLIM_INFINITY};
        EXPECT(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
        spool one(here, "here");
        EXPECT(one.put(signal::traces, 1, std::string(20'000, 'x')) == outcome::failed);
        EXPECT(heard.text().find("File too large; raise the limit") != std::string::npos);
        EXPECT(names(folder_of(here), ".tmp").empty());
        EXPECT(one.put(signal::traces, 1, "small") == outcome::written);
        sigset_t pending;
        ::sigpending(&pending);
        EXPECT(::sigismember(&pending, SIGXFSZ) == 0);
        sigset_t blocked;
        ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
        EXPECT(::sigismember(&blocked, SIGXFSZ) == 0);
        return true;
    });
    CHECK(ended == 0);
}

TEST_CASE("without descriptors everything waits") {
    const temporary_folder here;
    const int ended = in_child([&] {
        const diagnostics_heard heard;
        {
            spool before(here, "here");
            EXPECT(before.put(signal::traces, 1, "left") == outcome::written);
        }
        spool one(here, "here");
        EXPECT(one.put(signal::traces, 1, "own") == outcome::written);
        // UndefinedBehaviorSanitizer opens a pipe when it first sees a class.
        EXPECT(!nanotel::detail::spool_error_text(EMFILE).empty());
        rlimit limit{};
        EXPECT(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
        const rlim_t before = std::exchange(limit.rlim_cur, 3);
        EXPECT(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
        byte_buffer body;
        const auto own = one.oldest();
        EXPECT(own);
        EXPECT(one.read(*own, body) == content::later);
        EXPECT(one.read(*own, body) == content::later);
        EXPECT(one.put(signal::traces, 1, "more") == outcome::failed);
        EXPECT(one.put(signal::traces, 1, "more") == outcome::failed);
        EXPECT(one.take_over().files == 0);
        EXPECT(heard.lines().size() == 3); // one each for reading, writing and looking
        for (const std::string& line : heard.lines()) EXPECT(line.find("ulimit -n") != std::string::npos);
        EXPECT(one.waiting().files == 1);
        const spool none(here, "other");
        EXPECT(!none.usable());

        // Enough to look, not to claim.
        limit.rlim_cur = before;
        EXPECT(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
        EXPECT(one.read(*own, body) == content::intact);
        EXPECT(one.put(signal::traces, 1, "more") == outcome::written);
        EXPECT(one.take_over().files == 1);
        EXPECT((all_bodies(one) == std::vector<std::string>{"left", "own", "more"}));
        return true;
    });
    CHECK(ended == 0);
}

TEST_CASE("a folder that is removed is reported once") {
    const temporary_folder here;
    const diagnostics_heard heard;
    spool one(here, "here");
    one.put(signal::traces, 1, "a");
    std::filesystem::remove_all(folder_of(here));
    CHECK(one.put(signal::traces, 1, "b") == outcome::failed);
    CHECK(one.put(signal::traces, 1, "b") == outcome::failed);
    CHECK(heard.lines().size() == 1);
    CHECK(heard.text().find("was the folder removed?") != std::string::npos);
    CHECK(next_body(one) == "-damaged");
    CHECK(one.waiting().files == 0);
}
