// SPDX-License-Identifier: MIT
#include "recording.hpp"
#include "support/paths.hpp"
#include "support/skip.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include <simdjson.h>

using namespace nanotel::literals;
using nanotel::severity;
using nanotel_test::recording;
using nanotel_test::recording_options;

namespace my_library {
constinit const nanotel::logger log("my.library", "1.0.0", "",
                                    "my.scope.attribute"_attr = "some scope attribute");
} // namespace my_library

namespace {

std::uint64_t time_of_the_examples() noexcept { return 1'544'712'660'300'000'000; }

// One line a leaf, sorted, with its path: two documents are the same when these are. Of resources the service
// alone is compared, for ours say more, and of contexts no flags, which the example does not say.
void flatten(simdjson::dom::element from, const std::string& path, std::vector<std::string>& into) {
    simdjson::dom::object object;
    simdjson::dom::array array;
    std::string_view text;
    if (!from.get(object)) {
        for (const auto& [key, member] : object)
            if (key != "resource" && key != "flags") flatten(member, path + "/" + std::string(key), into);
    } else if (!from.get(array)) {
        std::size_t i = 0;
        for (const auto element : array) flatten(element, path + "/" + std::to_string(i++), into);
        into.push_back(path + " has " + std::to_string(i));
    } else if (path.ends_with("Id") && !from.get(text)) {
        std::string lower(text);
        for (char& c : lower)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        into.push_back(path + " = " + lower);
    } else {
        into.push_back(path + " = " + simdjson::minify(from));
    }
}

std::vector<std::string> leaves(const std::string& json) {
    simdjson::dom::parser parser;
    std::vector<std::string> made;
    flatten(parser.parse(json), "", made);
    std::sort(made.begin(), made.end());
    return made;
}

// Empty where it is not there.
std::string example(const std::string& name) {
    const std::string path = nanotel_test::source_root() + "/../shared/otlp-examples/" + name;
    std::ifstream file(path);
    if (!file) {
        MESSAGE("NOT TESTED: the example of OTLP is not at " << path);
        nanotel_test::skip("the example of OTLP is not at " + path);
        return {};
    }
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
}

void check_same(recording& recorded, const std::string& theirs) {
    REQUIRE(recorded.bodies().size() == 1);
    const auto ours = leaves(recorded.bodies()[0]);
    const auto wanted = leaves(theirs);
    REQUIRE(wanted.size() > 15);
    CHECK(ours == wanted);
    CHECK(recorded.logs()[0].resource["service.name"] == "my.service");
}

recording_options as_the_examples() {
    recording_options options;
    options.service_name = "my.service";
    options.clock = &time_of_the_examples;
    return options;
}

} // namespace

TEST_CASE("the example of a log record comes out when its data goes in") {
    const std::string theirs = example("logs.json");
    if (theirs.empty()) return;
    recording recorded(as_the_examples());
    const nanotel::context within{nanotel::trace_id::from_hex("5B8EFFF798038103D269B633813FC60C"),
                                  nanotel::span_id::from_hex("EEE19B7EC3C1B174"), 1, false};
    my_library::log.log({.severity = severity::info2, .severity_text = "Information", .context = &within},
                        "Example log record", "string.attribute"_attr = "some string",
                        "boolean.attribute"_attr = true, "int.attribute"_attr = 10,
                        "double.attribute"_attr = 637.704, "array.attribute"_attr = {"many", "values"},
                        "map.attribute"_attr = nanotel::map("some.map.key"_attr = "some value"));
    check_same(recorded, theirs);
}

TEST_CASE("the example of an event comes out when its data goes in") {
    const std::string theirs = example("events.json");
    if (theirs.empty()) return;
    recording recorded(as_the_examples());
    my_library::log.log({.severity = severity::info,
                         .severity_text = "test severity text",
                         .event_name = "browser.page_view"},
                        nanotel::map("type"_attr = 0,
                                     "url"_attr = "https://www.guidgenerator.com/online-guid-generator.aspx",
                                     "referrer"_attr = "https://wwww.google.com",
                                     "title"_attr = "Free Online GUID Generator"),
                        "event.attribute"_attr = "some event attribute");
    check_same(recorded, theirs);
}
