// SPDX-License-Identifier: MIT
// Runs the programs of this folder and reads what they print.
#pragma once

#include <algorithm>
#include <cstdlib> // setenv
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/child_process.hpp"
#include "support/paths.hpp"

namespace nanotel_test {

inline bool has_plugin(const std::string& name) { return std::filesystem::exists(plugin(name)); }

/// The lines that the program prints, those of spans and metrics sorted: the order of rings is no matter. Its
/// words are commands of script.hpp.
inline std::vector<std::string> lines_of(const std::string& program_name,
                                         const std::vector<std::string>& words) {
    static const temporary_folder folder;
    ::setenv("PLUGINS", std::filesystem::path(plugin("any")).parent_path().c_str(), 1);
    std::vector<std::string> command{program(program_name)};
    command.insert(command.end(), words.begin(), words.end());
    std::string shown;
    for (const std::string& word : command) shown += word + ' ';
    INFO(shown);
    child_process running;
    running.start(command, folder / "log");
    const int code = running.wait();
    const std::string said = read_file(folder / "log");
    INFO(said);
    CHECK(code == 0);
    std::vector<std::string> lines;
    std::istringstream all(said);
    for (std::string line; std::getline(all, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
}

inline std::string joined(const std::vector<std::string>& lines) {
    std::string all;
    for (const std::string& line : lines) all += line + '\n';
    return all;
}
inline bool has(const std::vector<std::string>& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}
inline long count(const std::vector<std::string>& lines, const std::string& line) {
    return std::count(lines.begin(), lines.end(), line);
}

} // namespace nanotel_test

/// Fails with all lines where one of them is not this.
#define CHECK_LINE(lines, line)                                                                              \
    do {                                                                                                     \
        const std::vector<std::string> lines_checked = lines;                                                \
        const std::string wanted = line;                                                                     \
        CHECK_MESSAGE(nanotel_test::has(lines_checked, wanted), "no line \""                                 \
                                                                    << wanted << "\" in:\n"                  \
                                                                    << nanotel_test::joined(lines_checked)); \
    } while (false)
