// SPDX-License-Identifier: MIT
#include "recording.hpp"
#include "support/paths.hpp"
#include "support/skip.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>

#include <simdjson.h>

using namespace nanotel::literals;
using nanotel_test::recording;
using nanotel_test::recording_options;

namespace my_library {
NANOTEL_INSTRUMENTATION_SCOPE("my.library", "1.0.0", "", "my.scope.attribute"_attr = "some scope attribute");

void serve(const nanotel::context& parent) {
    using std::chrono::seconds;
    const std::chrono::system_clock::time_point begin{seconds(1'544'712'660)};
    NANOTEL_SPAN_FROM(span, parent, nanotel::server("I'm a server span"), "my.span.attr"_attr = "some value");
    span.set_start_time(begin);
    span.end(begin + seconds(1));
}
} // namespace my_library

namespace {

std::uint64_t example_span_id() noexcept { return nanotel::span_id::from_hex("EEE19B7EC3C1B174").word; }

std::string lower(std::string_view text) {
    std::string made(text);
    for (char& c : made)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return made;
}

// One line a leaf, sorted, with its path: two documents are the same when these are.
void flatten(simdjson::dom::element from, const std::string& path, std::vector<std::string>& into) {
    simdjson::dom::object object;
    simdjson::dom::array array;
    std::string_view text;
    if (!from.get(object)) {
        for (const auto& [key, member] : object) flatten(member, path + "/" + std::string(key), into);
    } else if (!from.get(array)) {
        std::size_t i = 0;
        for (const auto element : array) flatten(element, path + "/" + std::to_string(i++), into);
        into.push_back(path + " has " + std::to_string(i));
    } else if (path.ends_with("Id") && !from.get(text)) {
        into.push_back(path + " = " + lower(text));
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

} // namespace

TEST_CASE("the example of OTLP comes out when its data goes in") {
    const std::string path = nanotel_test::source_root() + "/../shared/otlp-examples/trace.json";
    std::ifstream file(path);
    if (!file) {
        MESSAGE("NOT TESTED: the example of OTLP is not at " << path);
        return nanotel_test::skip("the example of OTLP is not at " + path);
    }
    std::stringstream example;
    example << file.rdbuf();

    recording_options options;
    options.service_name = "my.service";
    options.id_source = &example_span_id;
    recording recorded(options);
    my_library::serve({nanotel::trace_id::from_hex("5B8EFFF798038103D269B633813FC60C"),
                       nanotel::span_id::from_hex("EEE19B7EC3C1B173"), 1, false});
    REQUIRE(recorded.bodies().size() == 1);
    std::vector<std::string> ours = leaves(recorded.bodies()[0]);
    const std::vector<std::string> theirs = leaves(example.str());
    REQUIRE(theirs.size() > 15);
    // Ours says more of the resource, in front of the service's name; the example is of a program without an
    // sdk.
    const std::string attribute = "/resourceSpans/0/resource/attributes/";
    std::string at;
    for (const auto& line : ours)
        if (line.starts_with(attribute) && line.ends_with("/key = \"service.name\""))
            at = line.substr(attribute.size(), line.find('/', attribute.size()) - attribute.size());
    REQUIRE(!at.empty());
    std::vector<std::string> compared;
    for (std::string line : ours) {
        if (line == "/resourceSpans/0/scopeSpans/0/spans/0/flags = 257") continue;
        if (line.starts_with("/resourceSpans/0/resource/attributes has"))
            line = "/resourceSpans/0/resource/attributes has 1";
        if (line.starts_with(attribute)) {
            if (!line.starts_with(attribute + at + "/")) continue;
            line = attribute + "0" + line.substr((attribute + at).size());
        }
        compared.push_back(line);
    }
    std::sort(compared.begin(), compared.end());
    CHECK(compared.size() == theirs.size());
    for (std::size_t i = 0; i < std::min(compared.size(), theirs.size()); ++i)
        CHECK(compared[i] == theirs[i]);
}
