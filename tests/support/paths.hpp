// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace nanotel_test {

/// The folder of the project.
std::string source_root();

inline std::string beside_this_program(const std::string& name) {
    return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

/// Where the module's programs/NAME.cpp was built.
inline std::string program(const std::string& name) {
    return beside_this_program(NANOTEL_TEST_MODULE "_programs/" + name);
}

/// Where the module's plugins/NAME.cpp was built.
inline std::string plugin(const std::string& name) {
    return beside_this_program(NANOTEL_TEST_MODULE "_plugins/" + name + ".so");
}

} // namespace nanotel_test
