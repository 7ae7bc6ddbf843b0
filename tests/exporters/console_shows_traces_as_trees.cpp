// SPDX-License-Identifier: MIT
#include "console_support.hpp"

#include <algorithm> // count

using namespace nanotel_test;

namespace {

const std::string a = "aaaaaaaaaaaaaaaa";
const std::string b = "bbbbbbbbbbbbbbbb";
const std::string c = "cccccccccccccccc";
const std::string d = "dddddddddddddddd";
const std::string shop =
    R"("resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},)";

} // namespace

TEST_CASE("children stand below their parents by the time they began, whatever the order they came in") {
    console_in_memory console;
    const std::string body = traces_json(
        {span_json(d, b, "read row", 1500, 1600,
                   R"(,"events":[{"timeUnixNano":"1796004000001550000","name":"retry","attributes":[)" +
                       attribute_json("attempt", R"({"intValue":"2"})") +
                       R"(],"droppedAttributesCount":1}])"),
         span_json(c, a, "render", 9000, 9500, R"(,"status":{"code":1})"),
         span_json(b, a, "SELECT cart", 1000, 4200,
                   R"(,"kind":3,"status":{"code":2,"message":"deadlock found"},"attributes":[)" +
                       attribute_json("db.system.name", R"({"stringValue":"postgresql"})") + "]"),
         span_json(a, "", "GET /cart", 0, 12300,
                   R"(,"kind":2,"attributes":[)" +
                       attribute_json("http.route", R"({"stringValue":"/cart"})") + "," +
                       attribute_json("cart.items", R"({"intValue":"3"})") + R"(],"links":[{"traceId":")" +
                       std::string(32, '2') + R"(","spanId":")" + d + R"("}])")},
        shop);
    CHECK("\n" + console.shown(body) == R"(
resource  service.name=shop
trace 11111111111111111111111111111111  shop  2026-11-30 02:00:00.000  4 spans, 1 error, 12.30 ms
  GET /cart         server  12.30 ms     +0 ns         http.route=/cart  cart.items=3
  │  ↪ linked                                          trace=22222222222222222222222222222222
  │                                                    span=dddddddddddddddd
  ├─ SELECT cart    client   3.20 ms  +1.00 ms  error  "deadlock found"  db.system.name=postgresql
  │  └─ read row            100.0 µs  +1.50 ms
  │        • retry                    +1.55 ms         attempt=2  (1 attribute dropped)
  └─ render                 500.0 µs  +9.00 ms  ok
)");
}

TEST_CASE("a span whose parent is not there stands at the top and names it, one from elsewhere too") {
    console_in_memory console;
    CHECK("\n" + console.shown(traces_json({span_json(c, b, "late child", 300, 400),
                                            span_json(d, a, "served", 100, 900, R"(,"flags":768)"),
                                            span_json(b, d, "between", 200, 500)})) ==
          R"(
trace 11111111111111111111111111111111  2026-11-30 02:00:00.000  3 spans, 800.0 µs
  served            800.0 µs      +0 ns  (remote parent aaaaaaaaaaaaaaaa)
  └─ between        300.0 µs  +100.0 µs
     └─ late child  100.0 µs  +200.0 µs
)");
}

// A parent ends after its children, and may come in a later body.
TEST_CASE("a parent that comes later continues its trace") {
    console_in_memory console;
    CHECK("\n" + console.shown(traces_json({span_json(b, a, "child", 100, 200)}, shop)) == R"(
resource  service.name=shop
trace 11111111111111111111111111111111  shop  2026-11-30 02:00:00.000  1 span, 100.0 µs
  child  100.0 µs  +0 ns  (parent not here: aaaaaaaaaaaaaaaa)
)");
    // The resource is the same, and not told again.
    CHECK("\n" + console.shown(traces_json({span_json(a, "", "parent", 0, 300)}, shop)) == R"(
trace 11111111111111111111111111111111 (continued)  shop  2026-11-30 02:00:00.000  1 span, 300.0 µs
  parent  300.0 µs  +0 ns
)");
}

TEST_CASE("the traces of a body come by the time they began, each with its spans alone") {
    console_in_memory console;
    const std::string two(32, '2');
    CHECK("\n" + console.shown(traces_json({span_json(c, "", "second", 5'000'000, 5'000'010),
                                            span_json(b, "", "first", 1'000'000, 61'000'000, {}, two)})) ==
          R"(
trace 22222222222222222222222222222222  2026-11-30 02:00:01.000  1 span, 60.00 s
  first  60.00 s  +0 ns
trace 11111111111111111111111111111111  2026-11-30 02:00:05.000  1 span, 10.0 µs
  second  10.0 µs  +0 ns
)");
}

TEST_CASE("circles, doubles, spans that end before they begin and chains without end are drawn whole") {
    console_in_memory console;
    const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
    const std::string circle = console.shown(traces_json(
        {span_json(a, b, "one", 0, 1), span_json(b, a, "two", 1, 2), span_json(c, c, "itself", 3, 2)}));
    CHECK(lines(circle) == 4);
    CHECK(circle.find("  one") != std::string::npos);
    CHECK(circle.find("└─ two") != std::string::npos);
    CHECK(circle.find("itself") != std::string::npos);
    CHECK(lines(console.shown(traces_json(
              {span_json(a, "", "x", 0, 1), span_json(a, "", "x", 0, 1), span_json(b, a, "y", 0, 1)}))) == 4);
    std::vector<std::string> chain;
    std::string parent;
    for (int i = 1; i <= 20'000; ++i) {
        std::string id = std::to_string(i);
        id.insert(0, 16 - id.size(), '0');
        chain.push_back(span_json(id, parent, "s", i, i + 1));
        parent = id;
    }
    const std::string deep = console.shown(traces_json(chain));
    CHECK(lines(deep) == 20'001);
    CHECK(deep.size() < 20'000'000);
}

TEST_CASE("a stack trace keeps its lines, and what is long is cut") {
    console_in_memory console(false, 60);
    CHECK("\n" +
              console.shown(traces_json({span_json(
                  a, "", "f", 0, 1,
                  R"(,"attributes":[)" +
                      attribute_json("exception.stacktrace", R"({"stringValue":"at f\n\tat g\u001b[2J\n"})") +
                      "," + attribute_json("n", R"({"intValue":"1"})") + "," +
                      attribute_json(
                          "list", R"({"arrayValue":{"values":[{"doubleValue":0.5},{"boolValue":true}]}})") +
                      "," + attribute_json("text", R"({"stringValue":"with space"})") + "," +
                      attribute_json("long", R"({"stringValue":")" + std::string(300, 'x') + R"("})") +
                      "]")})) ==
          "\ntrace 11111111111111111111111111111111  2026-11-30 02:00:00.000  1 span, 1.0 µs\n"
          "  f  1.0 µs  +0 ns  n=1  list=[0.5, true]  text=\"with space\"\n"
          "                    long=" +
              std::string(200, 'x') +
              "…\n"
              "                    exception.stacktrace=\n"
              "                      at f\n"
              "                      \\tat g\\x1b[2J\n");
}

TEST_CASE("what is no OTLP is rejected, and nothing is shown") {
    console_in_memory console;
    const auto result = console.send("{\"resourceSpans\":3}");
    CHECK(result.outcome == nanotel::export_outcome::rejected);
    CHECK(result.message.find("the console was given a body that is not OTLP: resourceSpans") == 0);
    CHECK(console.send("\xff").outcome == nanotel::export_outcome::rejected);
    CHECK(console.shown(R"({"resourceSpans":[]})") == "");
}
