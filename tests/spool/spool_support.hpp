#pragma once

#include "exporters/diagnostics_heard.hpp"

#include <nanotel/pipeline/spool.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace nanotel_test {

using nanotel::signal;
using nanotel::spool_options;
using nanotel::detail::byte_buffer;
using nanotel::detail::spool;
using nanotel::detail::spool_clock;
using nanotel::detail::spooled;
using content = spool::content;
using outcome = spool::outcome;

/// A disk that never makes anybody wait, where the system has one: for tests in which others use the real one
/// up, and the time that the library gives it.
inline std::string fast_disk() { return ::access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp"; }

/// A folder of its own for a test.
struct temporary_folder {
    std::string path;
    explicit temporary_folder(const std::string& below = "/tmp") : path(below + "/nanotel-test-XXXXXX") {
        REQUIRE(::mkdtemp(path.data()) != nullptr);
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    operator spool_options() const { return {.directory = path}; }
};

inline std::string file_content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}
inline void write_file(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

/// Where the payloads of a destination lie.
inline std::string folder_of(const spool_options& options, std::string_view destination = "here") {
    return options.directory + "/" + nanotel::detail::spool_folder_name(destination);
}

/// The names in a folder that end so, sorted.
inline std::vector<std::string> names(const std::string& folder, std::string_view ending = "") {
    std::vector<std::string> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
        if (entry.path().filename().string().ends_with(ending)) found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
}

/// The body of the oldest payload, which is then removed; nothing else than bodies begins with '-'.
inline std::string next_body(spool& from) {
    const auto one = from.oldest();
    if (!one) return "-nothing";
    byte_buffer body;
    switch (from.read(*one, body)) {
    case content::damaged:
        return "-damaged";
    case content::later:
        return "-later";
    case content::intact:
        break;
    }
    return from.remove(*one) ? std::string(body.data(), body.size()) : "-not removed";
}
inline std::vector<std::string> all_bodies(spool& from) {
    std::vector<std::string> bodies;
    while (from.oldest()) bodies.push_back(next_body(from));
    return bodies;
}

/// Runs a function in a child of fork and says how the child ended; 0: it returned true.
template <class Function>
int in_child(Function function) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(function() ? 0 : 1);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

/// Clocks that a test sets, in nanoseconds.
inline std::atomic<std::int64_t> test_wall{1'763'744'000'000'000'000};
inline std::atomic<std::int64_t> test_elapsed{1'000'000'000};
inline constexpr spool_clock test_clock{.wall = []() noexcept -> std::int64_t { return test_wall; },
                                        .elapsed = []() noexcept -> std::int64_t { return test_elapsed; }};
inline std::chrono::system_clock::time_point test_now() {
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds(test_wall)));
}
inline void let_pass(std::chrono::nanoseconds time) {
    test_wall += time.count();
    test_elapsed += time.count();
}

} // namespace nanotel_test
