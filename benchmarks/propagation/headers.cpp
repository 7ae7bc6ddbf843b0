// SPDX-License-Identifier: MIT
// What it costs to read the context of a request from its headers, and to write it into those of another.
#include "support/harness.hpp"

#include <nanotel/nanotel.hpp>

#include <map>
#include <stdexcept>

namespace bench {
namespace {

using headers = std::multimap<std::string, std::string>;

void require(bool holds, const char* otherwise) {
    if (!holds) throw std::runtime_error(otherwise);
}

const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// As a server is given them: most have nothing to do with it.
headers incoming(bool whole) {
    headers all{
        {"Host", "shop.example.com"},         {"User-Agent", "curl/7.88.1"}, {"Accept", "*/*"},
        {"Content-Type", "application/json"}, {"Content-Length", "127"},     {"traceparent", traceparent}};
    if (whole) {
        all.emplace("tracestate", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7");
        all.emplace("baggage", "userId=alice,serverNode=DF%2028,isProduction=false");
    }
    return all;
}

void check_extracted(const headers& carrier, bool whole) {
    const nanotel::context read = nanotel::extract(carrier);
    require(read.is_valid() && read.remote && read.is_sampled(), "no context");
    require(read.baggage.size() == (whole ? 3u : 0u), "another baggage");
    require(read.trace_state.empty() != whole, "another trace state");
}

double time_extract(const headers& carrier) {
    return time_batch([&](int) {
        const nanotel::context read = nanotel::extract(carrier);
        asm volatile("" : : "r"(&read) : "memory");
    });
}

void check_injected(bool whole) {
    headers outgoing;
    nanotel::inject(outgoing, nanotel::extract(incoming(whole)));
    require(outgoing.size() == (whole ? 3u : 1u) && outgoing.find("traceparent")->second == traceparent,
            "other headers");
}

double time_inject(bool whole) {
    const nanotel::context from = nanotel::extract(incoming(whole));
    headers outgoing;
    return time_batch([&](int) {
        nanotel::inject(outgoing, from); // in place of what is there
        asm volatile("" : : "r"(&outgoing) : "memory");
    });
}

const add extract_ids({"propagation/extract", "nanotel", "ns", 200,
                       [] { check_extracted(incoming(false), false); },
                       [] { return time_extract(incoming(false)); }});
const add extract_all({"propagation/extract_with_tracestate_and_baggage", "nanotel", "ns", 200,
                       [] { check_extracted(incoming(true), true); },
                       [] { return time_extract(incoming(true)); }});
const add inject_ids({"propagation/inject", "nanotel", "ns", 200, [] { check_injected(false); },
                      [] { return time_inject(false); }});
const add inject_all({"propagation/inject_with_tracestate_and_baggage", "nanotel", "ns", 200,
                      [] { check_injected(true); }, [] { return time_inject(true); }});

} // namespace
} // namespace bench
