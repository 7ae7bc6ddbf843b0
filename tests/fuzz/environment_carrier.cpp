// SPDX-License-Identifier: MIT
// The environment as a carrier, a variable a line, by all propagators at once: what a child is given it reads
// as its parent did.
#include <nanotel/propagation/environment.hpp>

#include "lines.hpp"

namespace {

constexpr const char* names[] = {"TRACEPARENT",  "TRACESTATE",  "BAGGAGE",      "B3",
                                 "X_B3_TRACEID", "X_B3_SPANID", "X_B3_SAMPLED", "X_B3_FLAGS"};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ::setenv("OTEL_PROPAGATORS", "tracecontext,baggage,b3,b3multi", 1);
    const auto lines = lines_of(data, size);
    for (std::size_t i = 0; i < std::size(names); ++i) {
        ::unsetenv(names[i]);
        if (i < lines.size()) ::setenv(names[i], lines[i].c_str(), 1);
    }
    const nanotel::context read = nanotel::extract(nanotel::environment_carrier{});
    const char* const before[] = {"PATH=/bin", "TRACEPARENT=!", "BAGGAGE=!", nullptr};
    const nanotel::child_environment child(read, before);
    std::set<std::string> given;
    for (char* const* entry = child.data(); *entry; ++entry) {
        const std::string whole = *entry;
        expect(given.insert(whole.substr(0, whole.find('='))).second);
    }
    expect(given.count("PATH") == 1);
    for (const char* const name : names) ::unsetenv(name);
    for (const std::string& entry : child.entries()) {
        const auto equals = entry.find('=');
        if (entry.substr(equals) != "=!" && entry != "PATH=/bin") // nothing is ever written so
            ::setenv(entry.substr(0, equals).c_str(), entry.substr(equals + 1).c_str(), 1);
    }
    expect(nanotel::extract(nanotel::environment_carrier{}) == read);
    return 0;
}
