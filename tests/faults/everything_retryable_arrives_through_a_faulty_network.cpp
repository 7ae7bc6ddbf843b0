// SPDX-License-Identifier: MIT
#include "scene.hpp"
#include "tls_door.hpp"

#include <nanotel/otlp/decode.hpp>

#include <atomic>
#include <ctime>
#include <random>

#include <dlfcn.h>
#include <netdb.h>
#include <sys/resource.h>

using namespace nanotel_test;

namespace {

// Whether the name of the Collector has an address.
std::atomic<bool> name_server_answers{true};

// By how many seconds the system clock is set wrong, and how often it was asked while it may have been.
std::atomic<std::int64_t> clock_is_off_by{0};
std::atomic<int> clock_was_read{0};

} // namespace

// Stands before the C library's own for the whole program.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
    using function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    if (node != nullptr && std::string_view(node) == "collector.test") {
        if (!name_server_answers) return EAI_AGAIN;
        node = "127.0.0.1";
    }
    return real(node, service, hints, result);
}

// The same: all that asks for the time of day comes here, also the standard library and the library under
// test.
extern "C" int clock_gettime(clockid_t clock, timespec* now) {
    using function = int (*)(clockid_t, timespec*);
    static const auto real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "clock_gettime"));
    const int result = real(clock, now);
    if (clock == CLOCK_REALTIME && result == 0) {
        ++clock_was_read;
        now->tv_sec += clock_is_off_by.load();
    }
    return result;
}

namespace {

// A fault of the proxy that ends; every span comes out once, since no request with the fault reached the
// Collector. The timeout is short only where it is what ends an attempt.
void delays(const fault& what, std::chrono::milliseconds timeout = long_enough) {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    played.timeout = timeout;
    const account result =
        played.play({.harm = [&] { played.proxy.set(what); }, .mend = [&] { played.proxy.heal(); }});
    scene::check_all_arrived_once(result);
    const auto faults = std::count_if(result.requests.begin(), result.requests.end(),
                                      [&](const proxied_request& each) { return each.how == what.how; });
    CHECK(faults >= 2);
}

// As above, but the Collector took what the client had to send again: at least once is what OTLP promises.
void may_double(const fault& what, std::chrono::milliseconds timeout = long_enough) {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    played.metric_interval = 1h; // so that it is spans that are harmed
    played.timeout = timeout;
    const account result =
        played.play({.harm = [&] { played.proxy.set(what); }, .mend = [&] { played.proxy.heal(); }});
    CHECK(result.missing.size() == 0);
    CHECK(result.counts.delivered == result.recorded.size());
    CHECK(result.counts.dropped == 0);
    // Twice came what was taken while its answer was lost, and nothing else.
    const auto at_risk = result.ids_of(what.how);
    CHECK(at_risk.size() > 0);
    for (const auto& each : result.arrived) {
        INFO("span " << each.first << " came " << each.second << " times");
        CHECK((each.second == 1) != (at_risk.count(each.first) == 1));
    }
}

// Requests that are told to come later, and when: none comes before.
void waits_as_told(const std::vector<std::pair<std::string, bool>>& statuses) {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    struct promise {
        int request;
        std::chrono::steady_clock::time_point not_before;
    };
    std::mutex mutex;
    std::vector<promise> promises;
    const account result =
        played.play({.harm =
                         [&] {
                             played.proxy.set([&](const proxied_request& seen) {
                                 const std::lock_guard lock(mutex);
                                 if (promises.size() == statuses.size()) return fault{};
                                 const auto& [status, as_date] = statuses[promises.size()];
                                 const auto now = std::chrono::steady_clock::now();
                                 std::string value = "1";
                                 promises.push_back({seen.number, now + 1s});
                                 if (as_date) {
                                     const auto wall = std::chrono::system_clock::now();
                                     const std::time_t then = std::chrono::system_clock::to_time_t(wall) + 2;
                                     promises.back().not_before =
                                         now + (std::chrono::system_clock::from_time_t(then) - wall);
                                     char text[64];
                                     std::tm fields{};
                                     ::gmtime_r(&then, &fields);
                                     std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &fields);
                                     value = text;
                                 }
                                 return fault{.how = fault::way::answer,
                                              .text = http_text(status, R"({"code":8,"message":"later"})",
                                                                "Retry-After: " + value + "\r\n")};
                             });
                         },
                     .mend = [] {},
                     .harmed =
                         [&](const auto&) {
                             const std::lock_guard lock(mutex);
                             return promises.size() == statuses.size();
                         }});
    scene::check_all_arrived_once(result);
    for (const promise& each : promises) {
        const auto next =
            std::find_if(result.requests.begin(), result.requests.end(),
                         [&](const proxied_request& later) { return later.number == each.request + 1; });
        REQUIRE(next != result.requests.end());
        // The date is rounded to milliseconds on the way.
        CHECK(next->came >= each.not_before - 2ms);
    }
}

} // namespace

TEST_CASE("connections that are refused only delay") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    const account result =
        played.play({.harm = [&] { played.proxy.refuse(); }, .mend = [&] { played.proxy.accept_again(); }});
    scene::check_all_arrived_once(result);
}

TEST_CASE("a connection that is reset before the body only delays") {
    delays({.how = fault::way::reset_at_head});
}

TEST_CASE("a connection that is reset in the body only delays") {
    delays({.how = fault::way::reset_in_body});
}

TEST_CASE("a connection that is reset after the body only delays") { delays({.how = fault::way::reset}); }

TEST_CASE("a connection that is reset after the Collector has taken the body makes it come again") {
    may_double({.how = fault::way::reset, .forwarded = true});
}

TEST_CASE("a peer that accepts and reads nothing only delays") { delays({.how = fault::way::deaf}, 1s); }

TEST_CASE("a peer that reads and says nothing only delays") { delays({.how = fault::way::silent}, 1s); }

TEST_CASE("an answer that comes a byte a second only delays") {
    delays({.how = fault::way::drip, .text = http_text("200 OK", "{}")}, 1s);
}

TEST_CASE("an answer of the Collector that comes a byte a second makes the body come again") {
    may_double({.how = fault::way::drip, .forwarded = true, .text = http_text("200 OK", "{}")}, 1s);
}

TEST_CASE("a peer that closes its half only delays") { delays({.how = fault::way::half_close}); }

TEST_CASE("502 and 504 only delay") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    const account result =
        played.play({.harm =
                         [&] {
                             played.proxy.set([](const proxied_request& seen) {
                                 return fault{.how = fault::way::answer,
                                              .text = http_text(seen.number % 2 == 0 ? "502 Bad Gateway"
                                                                                     : "504 Gateway Timeout",
                                                                "<html>", "Connection: close\r\n")};
                             });
                         },
                     .mend = [&] { played.proxy.heal(); }});
    scene::check_all_arrived_once(result);
}

TEST_CASE("429 in seconds and 503 until a date are waited for as told") {
    waits_as_told({{"429 Too Many Requests", false}, {"503 Service Unavailable", true}});
}

TEST_CASE("503 in seconds and 429 until a date are waited for as told") {
    waits_as_told({{"503 Service Unavailable", false}, {"429 Too Many Requests", true}});
}

TEST_CASE("400 is final, counted to the span, and keeps nothing else from arriving") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    played.metric_interval = 1h;
    const account result =
        played.play({.harm =
                         [&] {
                             // Every second request.
                             played.proxy.set([](const proxied_request& seen) {
                                 if (seen.number % 2 != 0) return fault{};
                                 return fault{.how = fault::way::answer,
                                              .text = http_text("400 Bad Request",
                                                                R"({"code":3,"message":"no such tenant"})")};
                             });
                         },
                     .mend = [&] { played.proxy.heal(); },
                     .harmed = [](const auto& since) { return since.dropped > 0; }});
    CHECK_FALSE(result.any_twice());
    CHECK(result.missing.size() > 0);
    CHECK(result.missing == result.ids_of(fault::way::answer));
    CHECK(result.counts.dropped_by.rejected == result.missing.size());
    CHECK(played.diagnostics.heard("no such tenant"));
}

TEST_CASE("a proxy that answers 413 gets smaller bodies until it takes them") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    constexpr std::size_t limit = 5'000;
    const account result = played.play(
        {.harm =
             [&] {
                 played.proxy.set([](const proxied_request& seen) {
                     if (seen.body_bytes <= limit) return fault{};
                     return fault{.how = fault::way::answer, .text = http_text("413 Content Too Large", "")};
                 });
             },
         .mend = [] {},
         .harmed = [](const auto& since) { return since.delivered + since.dropped > 0; }});
    scene::check_all_arrived_once(result);
    CHECK(std::count_if(result.requests.begin(), result.requests.end(),
                        [](const auto& each) { return each.client_heard == 413; }) > 0);
}

TEST_CASE("a body above the Collector's own limit comes to it in parts") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary, 20'000);
    played.adjust = [](nanotel::options& options) { options.schedule_delay = 100ms; };
    const account result =
        played.play({.harm = [] {},
                     .mend = [] {},
                     .harmed = [](const auto& since) { return since.delivered + since.dropped > 0; }});
    scene::check_all_arrived_once(result);
    const auto refused = std::count_if(result.requests.begin(), result.requests.end(),
                                       [](const auto& each) { return each.receiver_said == 400; });
    CHECK(refused > 0);
    for (const proxied_request& each : result.requests) {
        if (each.receiver_said == 400) CHECK(each.body_bytes > 20'000);
        if (each.receiver_said == 200) CHECK(each.body_bytes <= 20'000);
    }
}

TEST_CASE("partial success is final, and counted") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    played.metric_interval = 1h;
    const account result = played.play(
        {.harm =
             [&] {
                 played.proxy.set(fault{
                     .how = fault::way::answer,
                     .forwarded = true,
                     .text = http_text(
                         "200 OK", R"({"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}})")});
             },
         .mend = [&] { played.proxy.heal(); },
         .harmed = [](const auto& since) { return since.dropped > 0; }});
    // The Collector behind the proxy took all of it; what the client was told is what it must believe.
    CHECK(result.missing.size() == 0);
    CHECK_FALSE(result.any_twice());
    const auto told = std::count_if(result.requests.begin(), result.requests.end(),
                                    [](const auto& each) { return each.how == fault::way::answer; });
    CHECK(result.counts.dropped_by.rejected == static_cast<std::uint64_t>(told));
    CHECK(played.diagnostics.heard("too old"));
}

TEST_CASE("an answer of 100 MB is not read, and what it answers is counted") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    played.metric_interval = 1h;
    const account result = played.play(
        {.harm =
             [&] {
                 constexpr std::uint64_t size = 100'000'000;
                 played.proxy.set(fault{.how = fault::way::answer,
                                        .text = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                                "Content-Length: " +
                                                std::to_string(size) + "\r\n\r\n",
                                        .filler = size});
             },
         .mend = [&] { played.proxy.heal(); },
         .harmed = [](const auto& since) { return since.dropped > 0 || since.retries > 1; }});
    CHECK_FALSE(result.any_twice());
    CHECK(result.counts.dropped_by.rejected == result.missing.size());
    const auto at_risk = result.ids_of(fault::way::answer);
    for (const std::string& id : result.missing) CHECK(at_risk.count(id) == 1);
    for (const proxied_request& each : result.requests)
        if (each.how == fault::way::answer) CHECK(each.client_heard == 0); // hung up on before the end
}

TEST_CASE("answers that are not well formed harm nothing but what they answer") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    const std::vector<std::string> answers{
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"partial",    // ends too early
        "HTTP/1.1 abc\r\n\r\n",                                        // no status
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",               // a length that cannot be
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", // a chunk of no size
        "\r\n\r\n\r\n\r\n",
        std::string("\0\xff\x16\x03\x01\x02", 6),
        "220 mail.example ESMTP\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        http_text("200 OK", R"({"partialSuccess":{"rejectedSpans":"many","errorMessage":7}})"),
        http_text("200 OK", R"({"partialSuccess":)"),
        http_text("200 OK", std::string(1000, '[')),
        http_text("999 What", "\xff\xfe"),
    };
    scene played(binary);
    played.metric_interval = 1h;
    std::atomic<std::size_t> next{0};
    const account result = played.play(
        {.harm =
             [&] {
                 played.proxy.set([&](const proxied_request&) {
                     const std::size_t mine = next++;
                     if (mine >= answers.size()) return fault{};
                     return fault{.how = fault::way::answer, .text = answers[mine], .hang_up = true};
                 });
             },
         .mend = [&] { next = answers.size(); },
         .harmed = [&](const auto&) { return next >= answers.size(); }});
    CHECK_FALSE(result.any_twice());
    // Some of them mean "taken", though nothing was; the others either "never" or "not now".
    const auto at_risk = result.ids_of(fault::way::answer);
    for (const std::string& id : result.missing) CHECK(at_risk.count(id) == 1);
    CHECK(result.counts.dropped_by.rejected <= result.missing.size());
    for (const proxied_request& each : result.requests)
        if (each.how == fault::way::none) CHECK(each.client_heard == 200);
}

TEST_CASE("a Collector that is killed with half of a body in its hands gets it again when it is back") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    const account result =
        played.play({.harm = [&] { played.proxy.set(fault{.how = fault::way::hold_in_forward}); },
                     .mend = [&] { played.collector.start_again(); },
                     .harmed =
                         [&, killed = false](const auto& since) mutable {
                             if (!killed && played.proxy.held() == 0) return false;
                             if (!killed) {
                                 played.collector.kill();
                                 played.proxy.heal();
                             }
                             killed = true;
                             return since.retries >= 2; // the proxy finds nobody behind it
                         }});
    scene::check_all_arrived_once(result);
}

TEST_CASE("a host name that has no address for a while only delays") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    played.endpoint = "http://collector.test:" + std::to_string(played.proxy.port());
    const account result = played.play({.harm =
                                            [&] {
                                                name_server_answers = false;
                                                played.proxy.cut();
                                            },
                                        .mend = [] { name_server_answers = true; }});
    scene::check_all_arrived_once(result);
    CHECK(played.diagnostics.heard("\"collector.test\" has no address"));
}

TEST_CASE("a process without a free descriptor only delays") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    rlimit usual{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
    // Below every number that is ever free, on both sides of the connection.
    const rlimit none{STDERR_FILENO + 1, usual.rlim_max};
    const account result = played.play({.harm =
                                            [&] {
                                                played.proxy.cut();
                                                REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
                                            },
                                        .mend = [&] { REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0); }});
    scene::check_all_arrived_once(result);
}

TEST_CASE("a system clock that is set back and forward loses and delays nothing, and spans stay within theirs") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    const temporary_folder folder;
    scene played(binary);
    played.adjust = [&](nanotel::options& options) { // most of it waits on disk, where the clock gives it an age
        options.max_export_batch_size = 50;
        options.max_queue_bytes = 64 << 10;
        options.spool.directory = folder / "spool";
    };
    std::atomic<bool> over{false};
    std::atomic<int> told{0};
    std::thread setter;
    const account result = played.play(
        {.harm =
             [&] {
                 clock_was_read = 0;
                 setter = std::thread([&] {
                     std::minstd_rand random(1);
                     while (!over) {
                         const std::int64_t hours = static_cast<std::int64_t>(random() % 200'000) - 100'000;
                         clock_is_off_by = hours * 3600;
                         ::usleep(1'000);
                     }
                 });
                 // Told to come back at a time that is over by any of these clocks.
                 played.proxy.set([&](const proxied_request&) {
                     if (++told > 3) return fault{};
                     return fault{.how = fault::way::answer,
                                  .text = http_text("503 Service Unavailable", "",
                                                    "Retry-After: Thu, 01 Jan 1970 00:00:01 GMT\r\n")};
                 });
             },
         .mend =
             [&] {
                 over = true;
                 setter.join();
                 clock_is_off_by = 0;
             },
         .harmed = [&](const auto& since) { return told > 3 && since.spilled > 0 && since.delivered > 0; }});
    scene::check_all_arrived_once(result);
    CHECK(clock_was_read > 10); // by the library, of the clock that was set

    std::map<std::string, nanotel::finished_span> spans;
    for (const std::string& line : played.collector.lines("traces.jsonl"))
        for (auto& span : nanotel::decode_traces(line).spans) spans.emplace(span.span_id, span);
    std::size_t below = 0;
    for (const auto& [id, span] : spans) {
        CHECK(span.start_time_unix_nano <= span.end_time_unix_nano);
        if (span.parent_span_id.empty()) continue;
        ++below;
        const nanotel::finished_span& around = spans.at(span.parent_span_id);
        CHECK(around.start_time_unix_nano <= span.start_time_unix_nano);
        CHECK(span.end_time_unix_nano <= around.end_time_unix_nano);
    }
    CHECK(below > 0);
}

#ifdef CPPHTTPLIB_OPENSSL_SUPPORT

namespace {

// The Collector behind a server whose certificate is bad, and is then replaced.
void waits_for_a_better_certificate(const self_signed& bad, const self_signed& good, const trusted&,
                                    std::string_view reason) {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    scene played(binary);
    played.metric_interval = 1h; // no attempt while the one server gives way to the other
    const held_port port;
    auto door = std::make_unique<tls_door>(good, played.proxy.port(), port);
    played.endpoint = "https://localhost:" + std::to_string(port.number());
    const auto replace = [&](const self_signed& by) {
        door.reset();
        door = std::make_unique<tls_door>(by, played.proxy.port(), port);
    };
    const account result = played.play({.harm = [&] { replace(bad); }, .mend = [&] { replace(good); }});
    scene::check_all_arrived_once(result);
    CHECK(played.diagnostics.heard(reason));
}

} // namespace

TEST_CASE("a certificate for another name only delays, and its reason is said") {
    const self_signed bad("DNS:elsewhere.example");
    const self_signed good("DNS:localhost");
    waits_for_a_better_certificate(bad, good, trusted({&bad, &good}), "another host name");
}

TEST_CASE("a certificate that has expired only delays, and its reason is said") {
    const self_signed bad("DNS:localhost", -3600);
    const self_signed good("DNS:localhost");
    waits_for_a_better_certificate(bad, good, trusted({&bad, &good}), "expired");
}

TEST_CASE("a certificate of an unknown authority only delays, and its reason is said") {
    const self_signed bad("DNS:localhost");
    const self_signed good("DNS:localhost");
    waits_for_a_better_certificate(bad, good, trusted({&good}), "is not trusted (");
}

#endif
