// SPDX-License-Identifier: MIT
// OTEL_RESOURCE_ATTRIBUTES, as an environment may hold it: pairs come out, or nothing and a diagnostic, and
// what came out is found again in the resource's JSON, which is valid.
#include <nanotel/core/environment.hpp>
#include <nanotel/otlp/resource.hpp>

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

// What names a pair in the manner of the specification.
std::string encoded(const std::string& text) {
    constexpr char digits[] = "0123456789abcdef";
    std::string all;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        all += '%';
        all += digits[byte >> 4];
        all += digits[byte & 15];
    }
    return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    nanotel::set_diagnostic_handler([](nanotel::diagnostic_level, std::string_view line, void*) {
        expect(line.size() <= 4096 && line.find('\n') == line.npos);
    });
    std::string value(reinterpret_cast<const char*>(data), size);
    const nanotel::environment variables{
        [&](const std::string&) -> std::optional<std::string> { return value; }};
    const auto pairs = variables.key_values("OTEL_RESOURCE_ATTRIBUTES");
    if (!pairs) return 0;

    nanotel::resource described;
    for (const auto& [key, text] : *pairs) described.set(key, text);
    for (const auto& [key, text] : *pairs) expect(!key.empty() && described.find(key) != nullptr);
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    expect(parser.parse(nanotel::detail::resource_json(described)).get(root) == simdjson::SUCCESS);

    // Written down again, they are read as they were.
    std::string again;
    for (const auto& [key, text] : *pairs) again += encoded(key) + "=" + encoded(text) + ",";
    value = again;
    const auto same = variables.key_values("OTEL_RESOURCE_ATTRIBUTES");
    expect(again.empty() || (same && *same == *pairs));
    return 0;
}
