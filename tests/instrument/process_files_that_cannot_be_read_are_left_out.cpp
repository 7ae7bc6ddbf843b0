// SPDX-License-Identifier: MIT
#include "../exporters/diagnostics_heard.hpp"
#include "../support/child_process.hpp"
#include "collected.hpp"

#include <nanotel/instrument/process.hpp>

#include <filesystem>
#include <fstream>
#include <map>

#include <sys/inotify.h>
#include <sys/resource.h>

namespace {

using nanotel_test::collecting;
using nanotel_test::collection;
using nanotel_test::diagnostics_heard;
using nanotel_test::temporary_folder;

using names = std::set<std::string>;

const names of_every_system{"process.cpu.time", "process.context_switches", "process.paging.faults"};

// Without the utilization, whose presence is a matter of time.
names names_of(const collection& all) {
    names found = all.names();
    found.erase("process.cpu.utilization");
    return found;
}

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

// A process as Linux might show it: 7 threads, 4096 bytes, 3 pages, 2 descriptors.
const std::string status_text = "4711 (a) (b c) S 1 4711 4711 0 -1 4194304 100 0 2 0 10 20 0 0 20 0 7 0 "
                                "50 4096 3 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n";
const std::string disk_text = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 8192\nwrite_bytes: 12288\n"
                              "cancelled_write_bytes: 4096\n";

struct made_up_process {
    made_up_process() {
        write(folder / "stat", status_text);
        write(folder / "io", disk_text);
        std::filesystem::create_directory(folder / "fd");
        for (const char* const name : {"fd/0", "fd/1"}) write(folder / name, "");
    }
    temporary_folder folder;
};

} // namespace

TEST_CASE("the files of a process are read as proc(5) describes them") {
    const diagnostics_heard heard;
    const made_up_process made_up;
    collecting telemetry;
    auto process = nanotel::detail::observe_process_in(made_up.folder.path().c_str());
    const collection all = telemetry.collect();
    CHECK(all.value("process.thread.count") == 7);
    CHECK(all.value("process.memory.virtual") == 4096);
    CHECK(all.value("process.memory.usage") == 3 * ::sysconf(_SC_PAGESIZE));
    CHECK(all.value("process.disk.io", {{"disk.io.direction", "read"}}) == 8192);
    CHECK(all.value("process.disk.io", {{"disk.io.direction", "write"}}) == 12288);
    CHECK(all.value("process.unix.file_descriptor.count") == 2 - 1); // one is taken for the list's own
    CHECK(heard.text() == "");
}

TEST_CASE("without /proc there is what every system tells, and one diagnostic") {
    const diagnostics_heard heard;
    const temporary_folder folder;
    const std::string nowhere = folder / "nowhere";
    collecting telemetry;
    auto process = nanotel::detail::observe_process_in(nowhere.c_str());
    for (int i = 0; i < 3; ++i) CHECK(names_of(telemetry.collect()) == of_every_system);
    REQUIRE(heard.lines().size() == 1);
    const std::string line = heard.lines()[0];
    CAPTURE(line);
    CHECK(line.starts_with("warning: "));
    for (const char* const part : {"/stat", "/io", "/fd", "No such file", "process.memory.usage",
                                   "process.disk.io", "process.unix.file_descriptor.count"})
        CHECK(line.find(part) != line.npos);
}

TEST_CASE("a file that is gone takes its own metrics along, and is missed again after it was back") {
    const diagnostics_heard heard;
    const made_up_process made_up;
    collecting telemetry;
    auto process = nanotel::detail::observe_process_in(made_up.folder.path().c_str());
    const names everything = names_of(telemetry.collect());
    names expected = everything;
    expected.erase("process.disk.io");
    std::filesystem::remove(made_up.folder / "io");
    CHECK(names_of(telemetry.collect()) == expected);
    CHECK(names_of(telemetry.collect()) == expected);
    REQUIRE(heard.lines().size() == 1);
    CHECK(heard.lines()[0].find("/stat") == std::string::npos);
    write(made_up.folder / "io", disk_text);
    CHECK(names_of(telemetry.collect()) == everything);
    std::filesystem::remove(made_up.folder / "stat");
    for (const char* const name :
         {"process.memory.usage", "process.memory.virtual", "process.thread.count", "process.uptime"})
        expected.erase(name);
    expected.insert("process.disk.io");
    CHECK(names_of(telemetry.collect()) == expected);
    CHECK(heard.lines().size() == 2);
}

TEST_CASE("what is not as proc(5) has it is left out and said") {
    const made_up_process made_up;
    collecting telemetry;
    for (const std::string& text :
         {std::string(), std::string("nothing"), std::string("1 (x"), std::string("1 (x) S 1 2 3"),
          std::string("1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"), // no rss
          std::string("1 (x) S a b c d e f g h i j k l m n o p q r s t u v w x y z"),
          std::string("1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 99999999999999999999 21 22"),
          std::string(5000, ' '), std::string(5000, ')'), std::string(1, '\0')}) {
        CAPTURE(text);
        write(made_up.folder / "stat", text);
        write(made_up.folder / "io", text);
        const diagnostics_heard heard;
        auto process = nanotel::detail::observe_process_in(made_up.folder.path().c_str());
        names expected = of_every_system;
        expected.insert("process.unix.file_descriptor.count");
        CHECK(names_of(telemetry.collect()) == expected);
        REQUIRE(heard.lines().size() == 1);
        CHECK(heard.lines()[0].find("is not as proc(5) has it") != std::string::npos);
    }
}

TEST_CASE("descriptors are counted when there are none left") {
    struct stat folder{};
    if (::stat("/proc/self/fd", &folder) != 0 || folder.st_size == 0) return; // Linux before 6.2
    auto process = nanotel::observe_process();
    collecting telemetry;
    const auto before = telemetry.collect().value("process.unix.file_descriptor.count");
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    rlimit none = limit;
    none.rlim_cur = 0;
    const diagnostics_heard heard;
    ::setrlimit(RLIMIT_NOFILE, &none);
    const collection all = telemetry.collect();
    ::setrlimit(RLIMIT_NOFILE, &limit);
    CHECK(all.value("process.unix.file_descriptor.count") == before);
    CHECK(all.find("process.memory.usage") == nullptr);
    REQUIRE(heard.lines().size() == 1);
    CHECK(heard.lines()[0].find("Too many open files") != std::string::npos);
    CHECK(telemetry.collect().find("process.memory.usage") != nullptr);
}

TEST_CASE("each file is read once a collection") {
    const made_up_process made_up;
    collecting telemetry;
    auto process = nanotel::detail::observe_process_in(made_up.folder.path().c_str());
    static_cast<void>(telemetry.collect());

    const int watching = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    REQUIRE(watching >= 0);
    std::map<int, std::string> watched;
    for (const char* const name : {"stat", "io"}) {
        const std::string path = made_up.folder / name;
        watched[::inotify_add_watch(watching, path.c_str(), IN_OPEN)] = name;
    }
    constexpr int collections = 3;
    for (int i = 0; i < collections; ++i) static_cast<void>(telemetry.collect());
    std::map<std::string, int> opened;
    alignas(inotify_event) char events[4096];
    for (ssize_t size; (size = ::read(watching, events, sizeof events)) > 0;)
        for (ssize_t at = 0; at < size;) {
            const auto* const event = reinterpret_cast<const inotify_event*>(events + at);
            ++opened[watched[event->wd]];
            at += static_cast<ssize_t>(sizeof *event + event->len);
        }
    ::close(watching);
    CHECK(opened["stat"] == collections);
    CHECK(opened["io"] == collections);
}
