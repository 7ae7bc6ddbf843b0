// SPDX-License-Identifier: MIT
// The HTTP side over loopback: statuses, gzip, and headers that break a rule.
#include "metric_bodies.hpp"

#include "../../examples/receiver/otlp_server.hpp"
#include "../../examples/receiver/session.hpp"

#include <doctest/doctest.h>

#include <httplib.h>
#include <zlib.h>

#include <string>
#include <string_view>
#include <thread>

namespace {

/// A receiver on a port of its own for the length of a test.
class running_receiver {
public:
    running_receiver() {
        receiver::serve_otlp(server_, run);
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
        while (!server_.is_running()) std::this_thread::yield();
    }
    ~running_receiver() {
        server_.stop();
        thread_.join();
    }
    running_receiver(const running_receiver&) = delete;
    running_receiver& operator=(const running_receiver&) = delete;

    int post(const std::string& path, std::string_view body, const std::string& type,
             const httplib::Headers& headers = {}) {
        httplib::Client client("127.0.0.1", port_);
        const auto answer = client.Post(path, headers, std::string(body), type);
        if (!answer) return 0;
        last_body = answer->body;
        return answer->status;
    }

    receiver::session run{"request"};
    std::string last_body;

private:
    httplib::Server server_;
    int port_ = 0;
    std::thread thread_;
};

std::string gzip(std::string_view text) {
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

} // namespace

TEST_CASE("good bodies are answered with an empty object, compressed or not") {
    running_receiver receiver;
    CHECK(receiver.post("/v1/traces", receiver_test::good_traces, "application/json") == 200);
    CHECK(receiver.last_body == "{}");
    CHECK(receiver.post("/v1/traces", gzip(receiver_test::good_traces), "application/json; charset=utf-8",
                        {{"Content-Encoding", "gzip"}}) == 200);
    CHECK(receiver.run.counts().requests == 2);
    CHECK(receiver.run.counts().spans == 4);
    CHECK(receiver.run.counts().bytes == 2 * receiver_test::good_traces.size());
    CHECK(receiver.run.violations().total() == 0);
    CHECK(receiver.run.spans().count_kinship().duplicates == 2);
}

TEST_CASE("what the Collector refuses is refused and counted") {
    running_receiver receiver;
    CHECK(receiver.post("/v1/traces", receiver_test::good_traces, "application/x-protobuf") == 415);
    CHECK(receiver.run.violations().of(receiver::rule::content_type) == 1);
    CHECK(receiver.post("/v1/traces", "{", "application/json") == 400);
    CHECK(receiver.run.violations().of(receiver::rule::malformed_json) == 1);
    CHECK(receiver.post("/v1/traces", "no gzip", "application/json", {{"Content-Encoding", "gzip"}}) == 400);
    CHECK(receiver.run.violations().of(receiver::rule::unreadable_body) == 1);
    CHECK(receiver.post("/v1/traces", std::string(receiver::strict_check::largest_body, ' ') + "{}",
                        "application/json") == 400);
    CHECK(receiver.run.violations().of(receiver::rule::body_too_large) == 1);
    CHECK(receiver.post("/v1/profiles", "{}", "application/json") == 404);
}

TEST_CASE("a body that breaks a rule and can be read is taken and counted") {
    running_receiver receiver;
    const auto body = receiver_test::spoiled(R"("kind":2)", R"("kind":"SPAN_KIND_SERVER")");
    CHECK(receiver.post("/v1/traces", body, "application/json") == 200);
    CHECK(receiver.run.violations().of(receiver::rule::enum_not_integer) == 1);
    CHECK(receiver.run.counts().spans == 2);
    CHECK(receiver.post("/v1/traces", receiver_test::good_traces, "application/json",
                        {{"Content-Encoding", "identity, x"}}) != 0);
    CHECK(receiver.run.violations().of(receiver::rule::content_encoding) +
              receiver.run.violations().of(receiver::rule::unreadable_body) ==
          1);
}

TEST_CASE("metrics are taken, counted and followed from request to request") {
    running_receiver receiver;
    CHECK(receiver.post("/v1/metrics", receiver_test::good_metrics, "application/json") == 200);
    CHECK(receiver.run.counts().metrics == 5);
    CHECK(receiver.run.counts().data_points == 10);
    CHECK(receiver.run.violations().total() == 0);
    CHECK(receiver.post("/v1/metrics", receiver_test::good_metrics, "application/json") == 200);
    CHECK(receiver.run.violations().of(receiver::rule::delta_overlap) == 2);
    CHECK(receiver.run.violations().of(receiver::rule::series_order) == 5);
}
