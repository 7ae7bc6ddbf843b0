// SPDX-License-Identifier: MIT
// The URLs of endpoints and proxies: what is taken has a host, a port and nothing that could leave its line
// of a request, says the same when it is written and read again, and a password is never repeated.
#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/exporters/proxy.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace nanotel::detail;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

bool is_one_word(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

void check_endpoint(const std::string& url) {
    const endpoint_result parsed = parse_endpoint(url);
    const endpoint& to = parsed.value;
    if (!parsed) {
        expect(parsed.error.front() == '"' && parsed.error.size() < 700);
        return;
    }
    if (!to.socket.empty()) {
        expect(to.host.empty() && to.port == 0 && to.socket.size() <= 108 && to.socket.size() >= 2);
        expect(to.socket.front() == '/' || to.socket.front() == '@');
        expect(parse_endpoint(to.origin()).value.socket == to.socket);
        return;
    }
    expect(!to.host.empty() && to.port != 0);
    expect(is_one_word(to.authority()) && is_one_word(to.request_target()));
    expect(to.host.find_first_of("@/?#") == to.host.npos);
    expect(to.request_target().front() == '/');
    const endpoint_result again = parse_endpoint(to.origin() + to.request_target());
    expect(static_cast<bool>(again));
    expect(again.value.origin() == to.origin() && again.value.request_target() == to.request_target());
    expect(to.with_path_below("/v1/traces").path.ends_with("/v1/traces"));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    check_endpoint(input);
    const proxy_result proxy = parse_proxy(input);
    if (proxy) {
        expect(!proxy.value.host.empty() && proxy.value.port != 0 && is_one_word(proxy.value.text()));
        expect(parse_proxy(proxy.value.text()).value.host == proxy.value.host);
    }
    // As NO_PROXY: no answer is wrong, but a host and what is below it are always around it, and * is
    // everything.
    const endpoint to = parse_endpoint("http://a.example.com:4318").value;
    const bool around = goes_around_proxy(to, input);
    expect(goes_around_proxy(to, input + ",a.example.com"));
    expect(goes_around_proxy(to, "*," + input));
    expect(!around || goes_around_proxy(to, "x," + input));

    // With a password before the host of whatever stands there.
    const std::string secret = "s3cret-marker";
    if (input.find(secret) != input.npos) return 0;
    const std::string with_password = "http://user:" + secret + "@" + input;
    expect(parse_endpoint(with_password).error.find(secret) == std::string::npos);
    expect(parse_proxy(with_password).error.find(secret) == std::string::npos);
    expect(redacted_url(with_password).find(secret) == std::string::npos);
    return 0;
}
