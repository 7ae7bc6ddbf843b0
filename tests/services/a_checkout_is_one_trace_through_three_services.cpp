// SPDX-License-Identifier: MIT
// Of the example itself, without a collector: each service writes OTLP lines to its standard output.
#include "services/three_services.hpp"
#include "services/traced_span.hpp"

#include <nanotel/otlp/decode.hpp>
#include <nanotel/otlp/decode_logs.hpp>

#include <map>
#include <string>
#include <vector>

using namespace nanotel_test;

namespace {

struct told {
    std::map<std::string, std::vector<traced_span>> traces; // by id
    std::vector<nanotel::finished_log> logs;

    // The only trace that is drawn so; its spans, or none.
    std::vector<traced_span> only(const std::string& drawing) const {
        std::vector<traced_span> found;
        std::string others;
        for (const auto& [id, spans] : traces) {
            const std::string one = drawn(spans);
            if (one != drawing) {
                others += one;
                continue;
            }
            CHECK(found.empty());
            found = spans;
        }
        INFO("wanted:" << drawing << "there are:" << others);
        CHECK(!found.empty());
        return found;
    }
};

told tell(const three_services& services) {
    told all;
    for (const std::string& line : services.lines()) {
        if (line.rfind('{', 0) != 0) continue;
        const auto spans = nanotel::decode_traces(line);
        for (const auto& span : spans.spans) all.traces[span.trace_id].push_back(traced(span));
        const auto logs = nanotel::decode_logs(line);
        all.logs.insert(all.logs.end(), logs.logs.begin(), logs.logs.end());
    }
    return all;
}

const std::vector<std::string> to_standard_output{"OTEL_TRACES_EXPORTER=otlp/stdout",
                                                  "OTEL_LOGS_EXPORTER=otlp/stdout"};

} // namespace

TEST_CASE("a checkout is one trace through three services, a pool of threads and coroutines") {
    three_services services(to_standard_output);
    CHECK(services.check_out("ada") == 200);
    CHECK(services.check_out("grace") == 402);
    services.end();

    const told all = tell(services);
    REQUIRE(all.traces.size() == 2);
    for (const std::string& drawing : {paid_checkout(), refused_checkout()}) {
        const auto spans = all.only(drawing);
        check_whole(spans);
        std::map<std::string, std::string> customers; // by span
        for (const traced_span& span : spans)
            if (span.attributes.count("customer") == 1) customers[span.name] = span.attributes.at("customer");
        CHECK(customers == std::map<std::string, std::string>{
                               {"authorize", drawing == paid_checkout() ? "ada" : "grace"}});
    }
    // Each within the span that was current where it was written: on a thread of the pool that of the
    // coroutine.
    std::map<std::string, std::string> names;
    for (const auto& [id, spans] : all.traces)
        for (const traced_span& span : spans) names[span.trace_id + span.span_id] = span.name;
    std::map<std::string, int> written; // by the name of the span
    for (const auto& log : all.logs) ++written[names[log.trace_id + log.span_id]];
    CHECK(written == std::map<std::string, int>{{"POST /checkout", 2}, {"price item", 5}, {"authorize", 2}});
}

TEST_CASE("a service that is gone, and an exception in a coroutine, are errors of the trace") {
    three_services services(to_standard_output);
    CHECK(services.check_out("mallory") == 500);
    CHECK(services.check_out("nobody") == 404);
    services.end_payment();
    CHECK(services.check_out("ada") == 502);
    services.end();

    const told all = tell(services);
    CHECK(all.traces.size() == 3);
    check_whole(all.only(R"(
front-end server POST /checkout ERROR
  front-end client POST ERROR
    cart server POST /orders ERROR
      cart internal check out ERROR: nobody sells a forgery
        cart internal price item (a forgery) ERROR: unknown item
)"));
    check_whole(all.only(R"(
front-end server POST /checkout
  front-end client POST ERROR
    cart server POST /orders
)"));
    check_whole(all.only(R"(
front-end server POST /checkout ERROR
  front-end client POST ERROR
    cart server POST /orders ERROR
      cart internal check out ERROR: payment does not answer
        cart internal price item (Emma)
        cart internal price item (Persuasion)
        cart internal price item (Ulysses)
        cart client POST ERROR
)"));
}
