// SPDX-License-Identifier: MIT
// A command-line tool that asks its user once whether it may send telemetry.
#pragma once

#include <nanotel/automagik.hpp>

namespace automagik_examples {

inline int tool(automagik::client_options options, automagik::prompt_options prompt, std::string_view command,
                std::string_view what) {
    using namespace nanotel::literals;
    prompt.project_name = options.project_name;
    automagik::ask_opt_in(prompt);
    automagik::telemetry client(std::move(options));
    automagik::command_run run(client, command, what);
    client.track_event(automagik::events::feature_used, "feature_name"_attr = command,
                       "feature_category"_attr = "cli");
    if (command != "list") {
        run.failed("there is no such command");
        run.exit_code(2);
        return 2;
    }
    run.exit_code(0);
    return 0;
} // what is left is sent before main returns

} // namespace automagik_examples
