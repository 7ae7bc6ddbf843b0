// SPDX-License-Identifier: MIT
// A program that runs agents: one that answers, and one whose model does not.
#pragma once

#include <nanotel/automagik.hpp>

namespace automagik_examples {

inline std::string answer(std::string_view question) {
    if (question.empty())
        throw std::runtime_error("the model at 10.1.2.3 refused the key of ada@example.com");
    return "42";
}

inline void run_agent(automagik::telemetry& client, std::string_view question) {
    using namespace nanotel::literals;
    automagik::agent_run run(
        client, "researcher",
        {.framework = "agno", .run_id = "run-7", .session_id = "session-1", .multimodal = true});
    try {
        const std::string said = answer(question);
        run.tokens(static_cast<std::int64_t>(question.size() + said.size()));
        client.track_metric("agent.tokens", static_cast<double>(question.size() + said.size()),
                            automagik::metric_type::histogram, "agent.name"_attr = "researcher");
    } catch (const std::exception& problem) {
        run.failed(problem);
        client.track_error(problem, "error_code"_attr = "AGENT-1001", "operation"_attr = "agent.run");
    }
}

inline int agent(automagik::client_options options) {
    automagik::telemetry client(std::move(options));
    run_agent(client, "what is six times seven?");
    run_agent(client, "");
    client.track_log("2 runs, 1 failed", nanotel::severity::warn);
    return client.flush() ? 0 : 1;
}

} // namespace automagik_examples
