// SPDX-License-Identifier: MIT
// Programs as users of automagik-telemetry write them, one a word: smoke, agent, tool, langwatch. They send
// to what AUTOMAGIK_TELEMETRY_* say, and only with AUTOMAGIK_TELEMETRY_ENABLED=true or a preference that says
// so.
#include "agent.hpp"
#include "langwatch.hpp"
#include "smoke_test.hpp"
#include "tool.hpp"

#include <cstdio>

int main(int argc, char** argv) {
    using namespace automagik_examples;
    const std::string_view which = argc > 1 ? argv[1] : "";
    if (which == "smoke") return smoke_test({.project_name = "smoke-test", .version = "1.0.0"});
    if (which == "agent") return agent({.project_name = "my-agents", .version = "1.0.0"});
    if (which == "langwatch") return langwatch({.project_name = "assistant", .version = "1.0.0"}, 100);
    if (which == "tool" && argc > 2)
        return tool({.project_name = "my-tool", .version = "1.0.0"}, {}, argv[2], argc > 3 ? argv[3] : "");
    std::fputs("usage: nanotel_automagik smoke | agent | langwatch | tool COMMAND [WHAT]\n", stderr);
    return 2;
}
