// SPDX-License-Identifier: MIT
#include "variables.hpp"

#include <nanotel/automagik/prompt.hpp>

#include <support/child_process.hpp>

#include <doctest/doctest.h>

using automagik::decided_by;
using nanotel_test::environment_of;
using nanotel_test::read_file;
using nanotel_test::temporary_folder;
using nanotel_test::variable_map;

namespace {

struct home {
    temporary_folder folder;
    void write(const std::string& name, const std::string& content) const {
        std::filesystem::create_directories(std::filesystem::path(folder / name).parent_path());
        std::ofstream(folder / name) << content;
    }
    nanotel::environment with(variable_map variables = {}) const {
        variables.emplace("HOME", folder.path());
        return environment_of(std::move(variables));
    }
    automagik::opt_in_decision decide(variable_map variables = {}) const {
        return automagik::decide_opt_in(with(std::move(variables)));
    }
};

const std::string opt_out = ".automagik-no-telemetry";
const std::string preference = ".automagik/telemetry_preference";

} // namespace

TEST_CASE("without a yes it is off") {
    const home here;
    CHECK_FALSE(here.decide().enabled);
    CHECK(here.decide().by == decided_by::nobody);
}

TEST_CASE("each step decides before those that come after it") {
    const home here;
    here.write(preference, "enabled");
    CHECK(here.decide().enabled);
    CHECK(here.decide().by == decided_by::preference);

    const variable_map development{{"ENVIRONMENT", "Development"}};
    CHECK(here.decide(development).by == decided_by::development);
    CHECK_FALSE(here.decide(development).enabled);
    CHECK(here.decide({{"ENVIRONMENT", "production"}}).enabled);

    variable_map ci = development;
    ci["GITHUB_ACTIONS"] = "true";
    CHECK(here.decide(ci).by == decided_by::continuous_integration);
    CHECK_FALSE(here.decide(ci).enabled);
    CHECK(here.decide(ci).because == "GITHUB_ACTIONS");

    here.write(opt_out, "");
    CHECK(here.decide(ci).by == decided_by::opt_out_file);
    CHECK_FALSE(here.decide(ci).enabled);

    variable_map asked = ci;
    asked["AUTOMAGIK_TELEMETRY_ENABLED"] = "true";
    CHECK(here.decide(asked).by == decided_by::variable);
    CHECK(here.decide(asked).enabled);

    asked["AUTOMAGIK_DISABLE_ALL_TRACING"] = "true";
    CHECK(here.decide(asked).by == decided_by::master_switch);
    CHECK_FALSE(here.decide(asked).enabled);
    asked["AUTOMAGIK_DISABLE_ALL_TRACING"] = "false";
    CHECK(here.decide(asked).enabled);
}

TEST_CASE("the variable says yes in four ways, and everything else is no") {
    const home here;
    here.write(preference, "enabled");
    for (const char* const yes : {"true", "TRUE", "1", "yes", "On", " true "})
        CHECK(here.decide({{"AUTOMAGIK_TELEMETRY_ENABLED", yes}}).enabled);
    for (const char* const no : {"false", "0", "no", "off", "", "maybe", "2"})
        CHECK_FALSE(here.decide({{"AUTOMAGIK_TELEMETRY_ENABLED", no}}).enabled);
}

TEST_CASE("preferences are what siblings write, and nothing else is a yes") {
    const home here;
    for (const char* const yes : {"enabled", "Enabled\n", "true", "yes", "1"}) {
        here.write(preference, yes);
        CHECK(here.decide().enabled);
    }
    for (const char* const no : {"disabled", "false", "", "\n", "enabled enabled", "\xff\xfe"}) {
        here.write(preference, no);
        CHECK_FALSE(here.decide().enabled);
    }
    here.write(preference, std::string(100'000, 'x'));
    CHECK_FALSE(here.decide().enabled);
}

TEST_CASE("a home that is none decides nothing and keeps nothing") {
    for (const char* const path : {"", "relative", "/nonexistent/nanotel", "/dev/null", "/proc/self/mem"}) {
        CAPTURE(path);
        const auto variables = environment_of({{"HOME", path}});
        CHECK(automagik::decide_opt_in(variables).by == decided_by::nobody);
        const automagik::detail::home_files files(variables);
        const std::string id = files.user_id();
        CHECK(automagik::detail::home_files::is_uuid(id));
        CHECK(files.save_preference(true) != "");
        CHECK(files.save_preference(false) != "");
        CHECK_FALSE(automagik::decide_opt_in(variables).enabled);
    }
    CHECK_FALSE(automagik::decide_opt_in(environment_of({})).enabled);
}

TEST_CASE("the id of the user is one, whoever asks, and for that user's eyes") {
    const home here;
    const automagik::detail::home_files files(here.with());
    const std::string id = files.user_id();
    CHECK(automagik::detail::home_files::is_uuid(id));
    CHECK(files.user_id() == id);
    struct stat is{};
    REQUIRE(::stat(files.user_id_file().c_str(), &is) == 0);
    CHECK((is.st_mode & 0777) == 0600);
    REQUIRE(::stat(files.folder().c_str(), &is) == 0);
    CHECK((is.st_mode & 0777) == 0700);
    CHECK(std::distance(std::filesystem::directory_iterator(files.folder()),
                        std::filesystem::directory_iterator()) == 1); // nothing temporary is left
    // One of a sibling.
    here.write(".automagik/user_id", "550e8400-e29b-41d4-a716-446655440000\n");
    CHECK(files.user_id() == "550e8400-e29b-41d4-a716-446655440000");
    // What is none is replaced.
    for (const char* const bad : {"", "ada", "550e8400-e29b-41d4-a716-44665544000g", "\xff"}) {
        here.write(".automagik/user_id", bad);
        const std::string made = files.user_id();
        CHECK(automagik::detail::home_files::is_uuid(made));
        CHECK(files.user_id() == made);
    }
    // A pipe under that name holds up nobody.
    std::filesystem::remove(files.user_id_file());
    REQUIRE(::mkfifo(files.user_id_file().c_str(), 0600) == 0);
    CHECK(automagik::detail::home_files::is_uuid(files.user_id()));
}

TEST_CASE("a saved preference holds until the other one is saved") {
    const home here;
    const automagik::detail::home_files files(here.with());
    CHECK(files.save_preference(true) == "");
    CHECK(read_file(files.preference_file()) == "enabled");
    CHECK(here.decide().enabled);
    CHECK(files.save_preference(false) == "");
    CHECK(here.decide().by == decided_by::opt_out_file);
    CHECK_FALSE(files.has_preference());
    CHECK(files.save_preference(false) == "");
    CHECK(files.save_preference(true) == "");
    CHECK_FALSE(files.opted_out());
    CHECK(here.decide().enabled);
}

namespace {

// What the prompt makes of an answer, and what it says.
struct asked {
    bool wanted;
    std::string said;
};
asked ask(const home& here, const std::string& answer, variable_map variables = {}, bool interactive = true) {
    std::FILE* const input = std::tmpfile();
    std::FILE* const output = std::tmpfile();
    std::fputs(answer.c_str(), input);
    std::rewind(input);
    const bool wanted = automagik::ask_opt_in({.project_name = "my-tool",
                                               .input = input,
                                               .output = output,
                                               .interactive = interactive,
                                               .environment = here.with(std::move(variables))});
    std::rewind(output);
    std::string said;
    for (int c = std::fgetc(output); c != EOF; c = std::fgetc(output)) said += static_cast<char>(c);
    std::fclose(input);
    std::fclose(output);
    return {wanted, said};
}

} // namespace

TEST_CASE("the prompt asks once, and only y and yes are a yes") {
    for (const char* const yes : {"y\n", "Y\n", "yes\n", " YES \n", "y"}) {
        const home here;
        const asked first = ask(here, yes);
        CHECK(first.wanted);
        CHECK(first.said.find("my-tool") != std::string::npos);
        CHECK(first.said.find("[y/N]") != std::string::npos);
        CHECK(here.decide().enabled);
        const asked again = ask(here, "n\n");
        CHECK(again.wanted);
        CHECK(again.said.empty());
    }
    for (const std::string& no : {std::string("n\n"), std::string("\n"), std::string(), std::string("yy\n"),
                                  std::string(10'000, 'y')}) {
        const home here;
        CHECK_FALSE(ask(here, no).wanted);
        CHECK(here.decide().by == decided_by::opt_out_file);
        CHECK(ask(here, "y\n").said.empty());
    }
}

TEST_CASE("the prompt does not ask where nobody can answer or something has decided") {
    const home here;
    CHECK(ask(here, "y\n", {}, false).said.empty());
    CHECK(ask(here, "y\n", {{"CI", "1"}}).said.empty());
    CHECK(ask(here, "y\n", {{"AUTOMAGIK_TELEMETRY_ENABLED", "false"}}).said.empty());
    CHECK(ask(here, "n\n", {{"AUTOMAGIK_TELEMETRY_ENABLED", "true"}}).wanted);
    CHECK_FALSE(here.decide().enabled);
}
