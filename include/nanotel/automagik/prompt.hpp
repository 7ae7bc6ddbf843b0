// SPDX-License-Identifier: MIT
// The question that a command-line program asks once: may it send telemetry?
#pragma once

#include <nanotel/automagik/opt_in.hpp>

#include <cstdio>

namespace automagik::inline NANOTEL_ABI {

/// How the question is asked.
struct prompt_options {
    std::string project_name = "this program";
    /// One line on what is sent; empty: the usual one.
    std::string what_is_sent{};
    std::FILE* input = stdin;
    std::FILE* output = stderr;
    /// Default: where input and output are terminals and no CI environment runs.
    std::optional<bool> interactive{};
    nanotel::environment environment{};
};

/// Asks `[y/N]`, once for each user: where the variable, a file or an earlier answer has decided, or nobody
/// is there to answer, it does not ask. The answer is saved; everything but y and yes is no, the end of the
/// input too. Waits for the answer as long as it takes. Returns whether telemetry is wanted. Call it before
/// the client is made.
inline bool ask_opt_in(const prompt_options& how = {}) {
    const detail::home_files files(how.environment);
    const opt_in_decision known = detail::decide(how.environment, files);
    const bool undecided = known.by == decided_by::nobody && !files.has_preference();
    const bool interactive =
        how.interactive.value_or(::isatty(::fileno(how.input)) && ::isatty(::fileno(how.output)));
    if (!undecided || !interactive) return known.enabled;
    std::fprintf(how.output,
                 "%s can send anonymous usage data: %s\nNothing is sent without your yes, and "
                 "AUTOMAGIK_TELEMETRY_ENABLED=false ends it at any time.\nEnable telemetry? [y/N]: ",
                 how.project_name.c_str(),
                 how.what_is_sent.empty()
                     ? "which commands are used, how long they take, which errors they have."
                     : how.what_is_sent.c_str());
    std::fflush(how.output);
    char line[64] = {};
    std::string answer;
    if (std::fgets(line, sizeof line, how.input)) answer = line;
    if (!answer.empty() && answer.back() != '\n')
        for (int c = std::fgetc(how.input); c != EOF && c != '\n';) c = std::fgetc(how.input);
    while (!answer.empty() && (answer.back() == '\n' || answer.back() == '\r')) answer.pop_back();
    const std::string_view said = nanotel::detail::trim(answer);
    const bool wanted =
        nanotel::detail::equal_ignoring_case(said, "y") || nanotel::detail::equal_ignoring_case(said, "yes");
    const std::string problem = files.save_preference(wanted);
    if (problem.empty())
        std::fprintf(how.output, wanted ? "Telemetry is enabled. Thank you.\n" : "Telemetry stays off.\n");
    else
        std::fprintf(how.output, "Telemetry %s, for now: %s\n", wanted ? "is enabled" : "stays off",
                     problem.c_str());
    std::fflush(how.output);
    return wanted;
}

} // namespace automagik::inline NANOTEL_ABI
