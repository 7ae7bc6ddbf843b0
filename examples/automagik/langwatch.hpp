// SPDX-License-Identifier: MIT
// Two destinations: anonymous telemetry of everything to the Collector, detailed traces of one in ten to
// LangWatch. LANGWATCH_API_KEY switches the second on; LANGWATCH_ENDPOINT is another place than LangWatch's
// own.
#pragma once

#include <nanotel/automagik.hpp>

#include <cstdio>

namespace automagik_examples {

NANOTEL_INSTRUMENTATION_SCOPE("assistant", "1.0.0");

// For client_options::adjust.
inline void add_langwatch(nanotel::options& options) {
    // Without the last line break of the file that it was read from.
    const auto variable = [&](const char* name) {
        std::string value = options.environment.text(name).value_or("");
        while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
        return value;
    };
    const std::string key = variable("LANGWATCH_API_KEY");
    if (key.empty()) return;
    // The first destination, which the client has made, gets the events of the client alone; what is
    // LangWatch's stays so where LangWatch cannot be reached.
    options.destinations.front().filter = [](const nanotel::span_view& span) {
        return span.scope_name().ends_with(".telemetry");
    };
    std::string endpoint = variable("LANGWATCH_ENDPOINT");
    if (endpoint.empty()) endpoint = "https://app.langwatch.ai";
    while (endpoint.ends_with('/')) endpoint.pop_back();
    try {
        options.destinations.push_back(
            {.exporter = nanotel::otlp_http({.endpoint = endpoint + "/api/otel",
                                             .headers = {{"Authorization", "Bearer " + key}},
                                             .compression = nanotel::compression::gzip},
                                            options.environment),
             .name = "langwatch",
             .signals = {.traces = true, .metrics = false, .logs = false},
             .ratio = 0.1});
    } catch (const std::exception& problem) { // a bad variable is no reason to end
        std::fprintf(stderr,
                     "nothing goes to LangWatch; check LANGWATCH_ENDPOINT and LANGWATCH_API_KEY: %s\n",
                     problem.what());
    }
}

inline void converse(automagik::telemetry& client, std::string_view question) {
    using namespace nanotel::literals;
    NANOTEL_SPAN(conversation, "conversation", "langwatch.input"_attr = question);
    automagik::agent_run run(client, "assistant", {.framework = "pydantic_ai"});
    NANOTEL_SPAN(generation, nanotel::client("chat"), "gen_ai.operation.name"_attr = "chat");
    generation.set("gen_ai.usage.input_tokens"_attr = question.size());
    conversation.set("langwatch.output"_attr = "you can reach me at assistant@example.com");
}

inline int langwatch(automagik::client_options options, int conversations) {
    options.adjust = add_langwatch;
    options.privacy.attribute_limit = 0; // questions are longer than what the anonymous events say
    automagik::telemetry client(std::move(options));
    for (int i = 0; i < conversations; ++i) converse(client, "what is six times seven?");
    return client.flush() ? 0 : 1;
}

} // namespace automagik_examples
