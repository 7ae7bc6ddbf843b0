// SPDX-License-Identifier: MIT
#include "../support/child_process.hpp"
#include "collected.hpp"

#include <nanotel/instrument/process.hpp>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using nanotel_test::collecting;
using nanotel_test::collection;
using nanotel_test::read_file;

constexpr std::int64_t mebibyte = 1 << 20;

rusage usage_now() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage;
}
double seconds(const timeval& time) { return double(time.tv_sec) + 1e-6 * double(time.tv_usec); }

std::int64_t entries(const char* folder) {
    std::int64_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
    return count;
}

// A number of /proc/self/io.
std::int64_t disk_bytes(const std::string& name) {
    const std::string text = read_file("/proc/self/io");
    const auto at = text.find("\n" + name + ": ");
    return at == text.npos ? -1 : std::stoll(text.substr(at + name.size() + 3));
}

// Pages that are there when it is made, and gone after it.
class touched_memory {
public:
    explicit touched_memory(std::int64_t size) : size_(static_cast<std::size_t>(size)) {
        memory_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(memory_ != MAP_FAILED);
        for (std::size_t at = 0; at < size_; at += 4096) static_cast<volatile char*>(memory_)[at] = 1;
    }
    ~touched_memory() { ::munmap(memory_, size_); }

private:
    std::size_t size_;
    void* memory_;
};

} // namespace

// Fails where usage and virtual are those of something else, or in another unit. Meanwhile the system may
// take pages of files away, and other threads of the test may map or give back memory: not each time.
TEST_CASE("memory that is touched shows in usage and virtual, and goes again") {
    auto process = nanotel::observe_process();
    collecting telemetry;
    static_cast<void>(telemetry.collect()); // what the first collection needs is there
    const auto follows = [&] {
        const collection before = telemetry.collect();
        auto memory = std::make_unique<touched_memory>(64 * mebibyte);
        const collection with = telemetry.collect();
        memory.reset();
        const collection after = telemetry.collect();
        const auto differs = [](std::int64_t bytes) {
            return bytes > 56 * mebibyte && bytes < 128 * mebibyte;
        };
        const auto usage = with.value("process.memory.usage");
        const auto virtual_bytes = with.value("process.memory.virtual");
        CHECK(virtual_bytes > usage);
        return differs(usage - before.value("process.memory.usage")) &&
               differs(usage - after.value("process.memory.usage")) &&
               differs(virtual_bytes - before.value("process.memory.virtual")) &&
               differs(virtual_bytes - after.value("process.memory.virtual"));
    };
    bool followed = false;
    for (int i = 0; i < 10 && !followed; ++i) followed = follows();
    CHECK(followed);
}

TEST_CASE("each open descriptor counts, and that of the reading does not") {
    auto process = nanotel::observe_process();
    collecting telemetry;
    static_cast<void>(telemetry.collect());
    const auto before = telemetry.collect().value("process.unix.file_descriptor.count");
    CHECK(before == entries("/proc/self/fd") - 1); // the list's own
    std::vector<int> opened;
    for (int i = 0; i < 100; ++i) opened.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK(telemetry.collect().value("process.unix.file_descriptor.count") == before + 100);
    for (const int descriptor : opened) ::close(descriptor);
    CHECK(telemetry.collect().value("process.unix.file_descriptor.count") == before);
}

TEST_CASE("each thread counts") {
    auto process = nanotel::observe_process();
    collecting telemetry;
    static_cast<void>(telemetry.collect());
    const auto before = telemetry.collect().value("process.thread.count");
    CHECK(before == entries("/proc/self/task"));
    std::atomic<bool> ending = false;
    std::thread more([&] { ending.wait(false); });
    CHECK(telemetry.collect().value("process.thread.count") == before + 1);
    ending = true;
    ending.notify_all();
    more.join();
}

TEST_CASE("time, switches and faults lie between what the kernel told before and after") {
    auto process = nanotel::observe_process();
    collecting telemetry;
    // User and system are told apart.
    while (seconds(usage_now().ru_utime) < 0.05 + 3 * seconds(usage_now().ru_stime)) {
        volatile std::uint64_t work = 0;
        for (int i = 0; i < 10'000'000; ++i) work = work + 1;
    }
    const rusage low = usage_now();
    const collection all = telemetry.collect();
    const rusage high = usage_now();
    const auto lies_between = [](auto value, auto lowest, auto highest) {
        CHECK(value >= lowest);
        CHECK(value <= highest);
    };
    lies_between(all.value<double>("process.cpu.time", {{"cpu.mode", "user"}}), seconds(low.ru_utime),
                 seconds(high.ru_utime));
    lies_between(all.value<double>("process.cpu.time", {{"cpu.mode", "system"}}), seconds(low.ru_stime),
                 seconds(high.ru_stime));
    const std::string kind = "process.context_switch.type";
    lies_between(all.value("process.context_switches", {{kind, "voluntary"}}), low.ru_nvcsw, high.ru_nvcsw);
    lies_between(all.value("process.context_switches", {{kind, "involuntary"}}), low.ru_nivcsw,
                 high.ru_nivcsw);
    const std::string fault = "system.paging.fault.type";
    lies_between(all.value("process.paging.faults", {{fault, "minor"}}), low.ru_minflt, high.ru_minflt);
    lies_between(all.value("process.paging.faults", {{fault, "major"}}), low.ru_majflt, high.ru_majflt);
}

TEST_CASE("the utilization is the time used, of the time passed on the available processors") {
    using clock = std::chrono::steady_clock;
    const auto total = [](const rusage& usage) { return seconds(usage.ru_utime) + seconds(usage.ru_stime); };
    const auto wall = [](clock::time_point from, clock::time_point to) {
        return std::chrono::duration<double>(to - from).count();
    };
    const double processors = nanotel::detail::available_processors();

    collecting telemetry;
    const auto outer_began = clock::now();
    const rusage outer_first = usage_now();
    auto process = nanotel::observe_process();
    const rusage inner_first = usage_now();
    const auto inner_began = clock::now();
    while (wall(inner_began, clock::now()) < 0.2) {
    }
    const auto inner_ended = clock::now();
    const rusage inner_last = usage_now();
    const collection all = telemetry.collect();
    const rusage outer_last = usage_now();
    const auto outer_ended = clock::now();

    const double share = all.value<double>("process.cpu.utilization", {{"cpu.mode", "user"}}) +
                         all.value<double>("process.cpu.utilization", {{"cpu.mode", "system"}});
    const double least = (total(inner_last) - total(inner_first)) / wall(outer_began, outer_ended);
    const double most = (total(outer_last) - total(outer_first)) / wall(inner_began, inner_ended);
    CHECK(share * processors >= least * 0.999);
    CHECK(share * processors <= most * 1.001);
}

TEST_CASE("bytes that are written to storage count") {
    if (disk_bytes("write_bytes") < 0) return; // a sandbox that does not tell
    auto process = nanotel::observe_process();
    collecting telemetry;
    const auto before_write = disk_bytes("write_bytes");
    {
        const nanotel_test::temporary_folder folder;
        const std::string path = folder / "file";
        std::FILE* const file = std::fopen(path.c_str(), "we");
        REQUIRE(file != nullptr);
        const std::string block(static_cast<std::size_t>(mebibyte), 'x');
        for (int i = 0; i < 4; ++i) std::fwrite(block.data(), 1, block.size(), file);
        std::fflush(file);
        ::fsync(::fileno(file));
        std::fclose(file);
    }
    const auto low_read = disk_bytes("read_bytes");
    const auto low = disk_bytes("write_bytes");
    const collection all = telemetry.collect();
    const auto written = all.value("process.disk.io", {{"disk.io.direction", "write"}});
    CHECK(written >= low);
    CHECK(written <= disk_bytes("write_bytes"));
    const auto read = all.value("process.disk.io", {{"disk.io.direction", "read"}});
    CHECK(read >= low_read);
    CHECK(read <= disk_bytes("read_bytes"));
    // A file system in memory writes nothing to storage.
    if (low != before_write) CHECK(written >= before_write + 4 * mebibyte);
}

TEST_CASE("the uptime is the time since the process began") {
    auto process = nanotel::observe_process();
    collecting telemetry;
    // Its own words, as ps(1) computes it: the 22nd field of stat, in ticks since boot.
    std::string fields = read_file("/proc/self/stat");
    fields.erase(0, fields.rfind(')') + 2);
    for (int field = 3; field < 22; ++field) fields.erase(0, fields.find(' ') + 1);
    const double began = double(std::stoll(fields)) / double(::sysconf(_SC_CLK_TCK));
    const auto since_boot = [] {
        timespec now{};
        ::clock_gettime(CLOCK_BOOTTIME, &now);
        return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
    };
    const double low = since_boot() - began;
    const double uptime = telemetry.collect().value<double>("process.uptime");
    CHECK(uptime >= low);
    CHECK(uptime <= since_boot() - began);
}
