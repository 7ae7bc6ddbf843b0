// SPDX-License-Identifier: MIT
// OTEL_EXPORTER_OTLP_HEADERS and OTEL_RESOURCE_ATTRIBUTES: what is taken can be written again and read back,
// no header that is taken can begin another line of a request, and what is refused is refused whole, without
// its values.
#include <nanotel/exporters/http_options.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

nanotel::environment of(const std::string& name, const std::string& value) {
    return {[=](const std::string& asked) { return asked == name ? std::optional(value) : std::nullopt; }};
}

std::string encoded(std::string_view text) {
    constexpr const char* digits = "0123456789abcdef";
    std::string all;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        all += '%';
        all += digits[byte >> 4];
        all += digits[byte & 15];
    }
    return all;
}

std::string said;

void hear(nanotel::diagnostic_level, std::string_view text, void*) { said += text; }

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    nanotel::set_diagnostic_handler(&hear, nullptr); // and forgets what it has held back
    const std::string input(reinterpret_cast<const char*>(data), size);
    const std::string name = "OTEL_RESOURCE_ATTRIBUTES";
    said.clear();
    if (const auto pairs = of(name, input).key_values(name)) {
        std::string again;
        for (const auto& [key, value] : *pairs) {
            expect(!key.empty());
            again += (again.empty() ? "" : ",") + encoded(key) + "=" + encoded(value);
        }
        if (!again.empty()) expect(of(name, again).key_values(name) == pairs);
        expect(said.empty());
    } else {
        expect(said.empty() == input.empty());
    }

    // The same as headers, with a secret that must not be heard of.
    said.clear();
    const std::string secret = "s3cret-marker", variable = "OTEL_EXPORTER_OTLP_HEADERS";
    const nanotel::otlp_http_options options;
    const nanotel::environment variables = of(variable, "x=" + secret + "," + input + secret);
    const auto target =
        nanotel::detail::otlp_http_resolver(options, variables).resolve(nanotel::signal::traces);
    for (const auto& [header, value] : target.headers) {
        expect(nanotel::detail::header_mistake(header, value).empty());
        expect(header.find_first_of(std::string(":\r\n\0 ", 5)) == header.npos);
        expect(value.find_first_of(std::string("\r\n\0", 3)) == value.npos);
    }
    expect(target.headers.empty() == !said.empty());
    // The names of headers are said, and the input may make the marker one of them.
    if (input.find('=') == input.npos && input.find(secret) == input.npos)
        expect(said.find(secret) == said.npos);
    return 0;
}
