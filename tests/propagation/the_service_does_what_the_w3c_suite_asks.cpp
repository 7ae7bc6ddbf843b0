// SPDX-License-Identifier: MIT
// examples/trace_context_service before a harness such as W3C's: it is sent headers and an address to call,
// and what it calls with is looked at. The cases are those of w3c/trace-context, test/test.py, at level 2.
#include <nanotel/core/ids.hpp>
#include <nanotel/otlp/decode.hpp>

#include <support/child_process.hpp>
#include <support/paths.hpp>

#include <httplib.h>

#include <mutex>
#include <set>
#include <thread>

#include <doctest/doctest.h>

using namespace nanotel_test;

namespace {

const std::string trace = "12345678901234567890123456789012";
const std::string span = "1234567890123456";
const std::string good = "00-" + trace + "-" + span + "-01";
const std::string unsampled = "00-" + trace + "-" + span + "-00";

// What the service sent to one address.
struct called {
    std::string traceparent;
    std::string tracestate;
    std::string body;

    std::string trace_id() const { return traceparent.substr(3, 32); }
    std::string parent_id() const { return traceparent.substr(36, 16); }
    std::string flags() const { return traceparent.substr(53); }
};

class harness {
public:
    harness() {
        server_.Post(R"(/(\d+))", [this](const httplib::Request& request, httplib::Response& response) {
            const std::lock_guard lock(mutex_);
            // In one header, or the comparison with a list would not be exact.
            CHECK(request.get_header_value_count("traceparent") == 1);
            CHECK(request.get_header_value_count("tracestate") <= 1);
            CHECK(request.get_header_value("Content-Type") == "application/json");
            calls_.push_back({request.get_header_value("traceparent"), request.get_header_value("tracestate"),
                              request.body});
            response.set_content("null", "application/json");
        });
        port_ = server_.bind_to_any_port("127.0.0.1");
        serving_ = std::thread([this] { server_.listen_after_bind(); });
        service_.start({program("trace_context_service"), "0", "--port-file", folder_ / "port", "--file",
                        folder_ / "spans"},
                       folder_ / "log");
        REQUIRE(service_.wait_until([&] { return !read_file(folder_ / "port").empty(); }));
        service_port_ = std::stoi(read_file(folder_ / "port"));
    }
    ~harness() {
        server_.stop();
        serving_.join();
    }

    std::vector<called> calls(const httplib::Headers& headers, int count = 1) {
        std::string actions;
        for (int i = 0; i < count; ++i)
            actions += (i == 0 ? "" : ",") + std::string(R"({"url":"http://127.0.0.1:)") +
                       std::to_string(port_) + "/" + std::to_string(i) + R"(","arguments":[{"n":)" +
                       std::to_string(i) + "}]}";
        {
            const std::lock_guard lock(mutex_);
            calls_.clear();
        }
        const auto answer = post("[" + actions + "]", headers);
        REQUIRE(answer);
        CHECK(answer->status == 200);
        const std::lock_guard lock(mutex_);
        REQUIRE(calls_.size() == static_cast<std::size_t>(count));
        for (const called& one : calls_) {
            INFO(one.traceparent);
            REQUIRE(one.traceparent.size() == 55);
            CHECK(one.traceparent.substr(0, 3) == "00-");
            CHECK(nanotel::trace_id::from_hex(one.trace_id()).is_valid());
            CHECK(nanotel::span_id::from_hex(one.parent_id()).is_valid());
            CHECK(one.parent_id() != span);
        }
        return calls_;
    }
    called call(const httplib::Headers& headers) { return calls(headers)[0]; }

    httplib::Result post(const std::string& body, const httplib::Headers& headers) {
        httplib::Client client("127.0.0.1", service_port_);
        return client.Post("/test", headers, body, "application/json");
    }

    // After the service has ended.
    std::vector<nanotel::finished_span> spans() {
        service_.end(SIGTERM);
        std::vector<nanotel::finished_span> all;
        std::stringstream lines(read_file(folder_ / "spans/traces.jsonl"));
        for (std::string line; std::getline(lines, line);) {
            const auto decoded = nanotel::decode_traces(line);
            REQUIRE(decoded);
            all.insert(all.end(), decoded.spans.begin(), decoded.spans.end());
        }
        return all;
    }

private:
    temporary_folder folder_;
    httplib::Server server_;
    std::thread serving_;
    int port_ = 0;
    std::mutex mutex_;
    std::vector<called> calls_;
    child_process service_;
    int service_port_ = 0;
};

} // namespace

TEST_CASE("the service passes on what it can, and begins anew where it cannot") {
    harness harness;

    SUBCASE("without a traceparent, or with one that is none, a trace begins") {
        const std::string illegal[] = {"00-" + trace + "-" + span + "-01.",
                                       good + "-what-the-future-will-be-like",
                                       "cc-" + trace + "-" + span + "-01.what-the-future-will-be-like",
                                       "ff-" + trace + "-" + span + "-01",
                                       ".0-" + trace + "-" + span + "-01",
                                       "0.-" + trace + "-" + span + "-01",
                                       "000-" + trace + "-" + span + "-01",
                                       "0000-" + trace + "-" + span + "-01",
                                       "0-" + trace + "-" + span + "-01",
                                       "00-" + std::string(32, '0') + "-" + span + "-01",
                                       "00-.2345678901234567890123456789012-" + span + "-01",
                                       "00-1234567890123456789012345678901.-" + span + "-01",
                                       "00-" + trace + "3-" + span + "-01",
                                       "00-" + trace.substr(1) + "-" + span + "-01",
                                       "00-" + trace + "-0000000000000000-01",
                                       "00-" + trace + "-.234567890123456-01",
                                       "00-" + trace + "-123456789012345.-01",
                                       "00-" + trace + "-" + span + "7-01",
                                       "00-" + trace + "-" + span.substr(1) + "-01",
                                       "00-" + trace + "-" + span + "-.0",
                                       "00-" + trace + "-" + span + "-0.",
                                       "00-" + trace + "-" + span + "-001",
                                       "00-" + trace + "-" + span + "-1"};
        for (const std::string& one : illegal) {
            CAPTURE(one);
            const called made = harness.call({{"traceparent", one}, {"tracestate", "foo=1"}});
            CHECK(made.trace_id() != trace);
            CHECK(made.trace_id() != trace.substr(1) + "3");
            CHECK(made.tracestate == "");
            CHECK(made.flags() == "03"); // a new trace, sampled, whose id is random
        }
        CHECK(harness.call({}).body == R"([{"n":0}])");
        CHECK(harness.call({{"trace-parent", good}}).trace_id() != trace);
        CHECK(harness.call({{"trace.parent", good}}).trace_id() != trace);
        const std::string other = "00-" + trace.substr(0, 31) + "1-" + span + "-01";
        const called twice = harness.call({{"traceparent", other}, {"traceparent", good}});
        CHECK(twice.trace_id() != trace);
        CHECK(twice.trace_id() != other.substr(3, 32));
        CHECK(harness.call({{"tracestate", "foo=1,bar=2"}}).tracestate == "");
    }

    SUBCASE("a traceparent is continued") {
        CHECK(harness.call({{"traceparent", good}}).trace_id() == trace);
        for (const char* name : {"TraceParent", "TrAcEpArEnT", "TRACEPARENT"})
            CHECK(harness.call({{name, good}}).trace_id() == trace);
        for (const std::string& one :
             {" " + good, "\t" + good, good + " ", good + "\t", "\t " + good + " \t", "cc" + good.substr(2),
              "cc" + good.substr(2) + "-what-the-future-will-be-like"})
            CHECK(harness.call({{"traceparent", one}}).trace_id() == trace);
        CHECK(harness.call({{"traceparent", good}}).flags() == "01");
        CHECK(harness.call({{"traceparent", unsampled}}).flags() == "00");
        // Level 2.
        CHECK(harness.call({{"traceparent", "00-" + trace + "-" + span + "-02"}}).flags() == "02");
    }

    SUBCASE("a tracestate is continued") {
        const auto state = [&](const std::vector<std::pair<std::string, std::string>>& states) {
            httplib::Headers headers{{"traceparent", unsampled}};
            for (const auto& one : states) headers.insert(one);
            const called made = harness.call(headers);
            CHECK(made.trace_id() == trace);
            return made.tracestate;
        };
        const std::string name = "tracestate";
        CHECK(state({{name, "foo=1,bar=2"}}) == "foo=1,bar=2");
        for (const char* other : {"trace-state", "trace.state"}) CHECK(state({{other, "foo=1"}}) == "");
        for (const char* other : {"TraceState", "TrAcEsTaTe", "TRACESTATE"})
            CHECK(state({{other, "foo=1"}}) == "foo=1");
        CHECK(state({{name, ""}}) == "");
        CHECK(state({{name, "foo=1"}, {name, ""}}) == "foo=1");
        CHECK(state({{name, ""}, {name, "foo=1"}}) == "foo=1");
        CHECK(state({{name, "foo=1,bar=2"}, {name, "rojo=1,congo=2"}, {name, "baz=3"}}) ==
              "foo=1,bar=2,rojo=1,congo=2,baz=3");
        for (const char* twice : {"foo=1,foo=1", "foo=1,foo=2"}) CHECK(state({{name, twice}}) == "foo=1");
        CHECK(state({{name, "foo=1"}, {name, "foo=2"}}) == "foo=1");
        const std::string key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
        std::string value;
        for (char c = 0x20; c < 0x7f; ++c)
            if (c != ',' && c != '=') value += c;
        CHECK(state({{name, key + "=" + value}}) == key + "=" + value);
        CHECK(state({{name, key + "@a-z0-9_-*/=" + value}}) == key + "@a-z0-9_-*/=" + value);
        CHECK(state({{name, "foo=1 \t , \t bar=2, \t baz=3"}}) == "foo=1,bar=2,baz=3");
        CHECK(state({{name, "foo=1\t \t,\t \tbar=2,\t \tbaz=3"}}) == "foo=1,bar=2,baz=3");
        for (const char* blank : {" foo=1", "\tfoo=1", "foo=1 ", "foo=1\t", "\t foo=1 \t"})
            CHECK(state({{name, blank}}) == "foo=1");
        for (const char* illegal :
             {"foo =1", "FOO=1", "foo.bar=1", "@foo=1,bar=2", "foo=bar=baz", "foo=,bar=3"})
            CHECK(state({{name, illegal}}) == "");
        for (const char* legal : {"foo@=1,bar=2", "foo@@bar=1,bar=2", "foo@bar@baz=1,bar=2"})
            CHECK(state({{name, legal}}) == legal);
        std::vector<std::pair<std::string, std::string>> most;
        std::string joined;
        for (int i = 1; i <= 32; ++i) {
            most.emplace_back(name, "bar" + std::to_string(i) + "=" + std::to_string(i));
            joined += (i == 1 ? "" : ",") + most.back().second;
        }
        CHECK(state(most) == joined);
        most.back().second += ",bar33=33";
        CHECK(state(most) == "");
        for (const std::string& long_key :
             {std::string(256, 'z'), std::string(241, 't') + "@" + std::string(14, 'v'),
              std::string(242, 't') + "@v", "t@" + std::string(15, 'v')})
            CHECK(state({{name, "foo=1"}, {name, long_key + "=1"}}) == "foo=1," + long_key + "=1");
        CHECK(state({{name, "foo=1"}, {name, std::string(257, 'z') + "=1"}}) == "");
    }

    SUBCASE("each call is a span of its own") {
        std::set<std::string> parents;
        for (const called& one : harness.calls({{"traceparent", good}, {"tracestate", "foo=1"}}, 3)) {
            CHECK(one.trace_id() == trace);
            CHECK(one.tracestate == "foo=1");
            parents.insert(one.parent_id());
        }
        CHECK(parents.size() == 3);
        std::size_t anew = 0;
        for (const called& one : harness.calls({}, 3)) anew += parents.insert(one.parent_id()).second;
        for (const called& one :
             harness.calls({{"traceparent", "00-" + std::string(32, '0') + "-" + span + "-01"}}, 3))
            anew += parents.insert(one.parent_id()).second;
        CHECK(anew == 6);

        // The spans that were exported are those that were sent.
        std::string server;
        std::size_t clients = 0;
        const auto spans = harness.spans();
        for (const auto& one : spans)
            if (one.trace_id == trace && one.kind == nanotel::span_kind::server) {
                CHECK(one.parent_span_id == span);
                CHECK((one.flags & 0x300) == 0x300); // its parent is known to be remote
                CHECK(one.trace_state == "foo=1");
                server = one.span_id;
            }
        for (const auto& one : spans)
            if (one.trace_id == trace && one.kind == nanotel::span_kind::client) {
                CHECK(one.parent_span_id == server);
                CHECK(one.trace_state == "foo=1");
                CHECK(parents.count(one.span_id) == 1);
                ++clients;
            }
        CHECK(clients == 3);
        CHECK(spans.size() == 12);
    }

    SUBCASE("a body that is no list of addresses is refused") {
        for (const char* body : {"", "{}", "[1]", "[{}]", R"([{"url":1}])", "[{\"url\":"}) {
            const auto answer = harness.post(body, {});
            REQUIRE(answer);
            CHECK(answer->status == 400);
        }
    }
}
