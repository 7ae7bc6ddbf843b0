// SPDX-License-Identifier: MIT
// An environment that has these variables and no others.
#pragma once

#include <nanotel/core/environment.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nanotel_test {

// Of several of one name the last counts.
inline nanotel::environment environment_of(std::vector<std::pair<std::string, std::string>> variables) {
    nanotel::environment made;
    made.get = [variables = std::move(variables)](const std::string& name) {
        std::optional<std::string> found;
        for (const auto& [key, value] : variables)
            if (key == name) found = value;
        return found;
    };
    return made;
}

} // namespace nanotel_test
