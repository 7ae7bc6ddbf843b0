// SPDX-License-Identifier: MIT
#pragma once

#include <nanotel/core/environment.hpp>

#include <map>

namespace nanotel_test {

using variable_map = std::map<std::string, std::string>;

inline nanotel::environment environment_of(variable_map variables) {
    nanotel::environment made;
    made.get = [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
    return made;
}

} // namespace nanotel_test
