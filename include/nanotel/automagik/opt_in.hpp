// SPDX-License-Identifier: MIT
// Whether the user of a program wants its telemetry to be sent. Nobody is asked to opt out: without a yes it
// is off.
#pragma once

#include <nanotel/automagik/home_files.hpp>

namespace automagik::inline NANOTEL_ABI {

/// What decided whether telemetry is sent.
enum class decided_by : std::uint8_t {
    master_switch,          ///< AUTOMAGIK_DISABLE_ALL_TRACING=true: off, whatever else is said
    variable,               ///< AUTOMAGIK_TELEMETRY_ENABLED
    opt_out_file,           ///< ~/.automagik-no-telemetry: off
    continuous_integration, ///< CI, GITHUB_ACTIONS and their like: off
    development,            ///< ENVIRONMENT=development or test: off
    preference,             ///< ~/.automagik/telemetry_preference
    nobody,                 ///< off
    program,                ///< client.enable() or client.disable()
};

struct opt_in_decision {
    bool enabled = false;
    decided_by by = decided_by::nobody;
    std::string because{}; ///< the variable or the file, with its value where it is a variable
};

namespace detail {

// "true", "1", "yes" and "on" in any case; nothing where it is neither these nor their opposites.
inline std::optional<bool> yes_or_no(std::string_view value) noexcept {
    value = nanotel::detail::trim(value);
    for (const std::string_view yes : {"true", "1", "yes", "on"})
        if (nanotel::detail::equal_ignoring_case(value, yes)) return true;
    for (const std::string_view no : {"false", "0", "no", "off", ""})
        if (nanotel::detail::equal_ignoring_case(value, no)) return false;
    return std::nullopt;
}

// A variable that is yes or no; where it is neither, that is reported with what counts instead.
inline std::optional<bool> switch_of(const nanotel::environment& variables, const std::string& name,
                                     const char* otherwise) {
    const auto value = variables.text(name);
    if (!value) return std::nullopt;
    const auto said = yes_or_no(*value);
    if (!said)
        nanotel::environment::ignore(
            name, *value, std::string("true, 1, yes, on, false, 0, no or off. Used instead: ") + otherwise);
    return said;
}

inline constexpr const char* continuous_integration_variables[] = {
    "CI",        "GITHUB_ACTIONS", "TRAVIS",    "JENKINS",          "JENKINS_URL",
    "GITLAB_CI", "CIRCLECI",       "BUILDKITE", "TEAMCITY_VERSION", "TF_BUILD"};

inline std::optional<std::string> continuous_integration(const nanotel::environment& variables) {
    for (const char* const name : continuous_integration_variables)
        if (variables.text(name)) return name;
    return std::nullopt;
}

inline opt_in_decision decide(const nanotel::environment& variables, const home_files& files) {
    const std::string all = "AUTOMAGIK_DISABLE_ALL_TRACING", enabled = "AUTOMAGIK_TELEMETRY_ENABLED";
    // What is set and says nothing that is known is a wish for silence, and no yes.
    if (const auto value = variables.text(all))
        if (switch_of(variables, all, "true").value_or(true)) return {false, decided_by::master_switch, all};
    if (const auto value = variables.get(enabled)) {
        const auto said = yes_or_no(*value);
        if (!said)
            nanotel::detail::diagnose_once(
                nanotel::diagnostic_level::warning, "environment:" + enabled + *value,
                enabled + "=\"" + value->substr(0, 200) +
                    "\" counts as false. Allowed: true, 1, yes, on, false, 0, no, off");
        return {said.value_or(false), decided_by::variable, enabled + '=' + *value};
    }
    if (files.opted_out()) return {false, decided_by::opt_out_file, files.opt_out_file()};
    if (const auto ci = continuous_integration(variables))
        return {false, decided_by::continuous_integration, *ci};
    if (const auto environment = variables.text("ENVIRONMENT"))
        for (const std::string_view off : {"development", "dev", "test", "testing"})
            if (nanotel::detail::equal_ignoring_case(nanotel::detail::trim(*environment), off))
                return {false, decided_by::development, "ENVIRONMENT=" + *environment};
    if (const auto wanted = files.preference())
        return {*wanted, decided_by::preference, files.preference_file()};
    return {};
}

} // namespace detail

/// Whether telemetry would be sent by a client of these variables, and why.
[[nodiscard]] inline opt_in_decision decide_opt_in(const nanotel::environment& variables = {}) {
    return detail::decide(variables, detail::home_files(variables));
}

} // namespace automagik::inline NANOTEL_ABI
