#include <nanotel/otlp/decode.hpp>

#include <doctest/doctest.h>

using nanotel::decode_traces;

TEST_CASE("a double that another writer wrote as a whole number beyond 64 bits is read") {
    // The Collector writes doubles below 1e21 without an exponent.
    const auto decoded = decode_traces(
        R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",)"
        R"("spanId":"b7ad6b7169203331","name":"n 99999999999999999999 \" 88888888888888888888","attributes":[)"
        R"({"key":"a","value":{"doubleValue":-160756355086575000000}},)"
        R"({"key":"b","value":{"doubleValue":12345678901234567890123e-3}},)"
        R"({"key":"c","value":{"doubleValue":0.12345678901234567890123}},)"
        R"({"key":"d","value":{"intValue":"9223372036854775807"}},)"
        R"({"key":"e","value":{"doubleValue":1e-0000000000000000000007}}]}]}]}]})");
    REQUIRE(decoded.error == "");
    REQUIRE(decoded.spans.size() == 1);
    const auto& span = decoded.spans[0];
    CHECK(span.name == "n 99999999999999999999 \" 88888888888888888888");
    CHECK(span.attributes["a"] == -160756355086575000000.0);
    CHECK(span.attributes["b"] == 12345678901234567890.123);
    CHECK(span.attributes["c"] == 0.12345678901234567890123);
    CHECK(span.attributes["d"] == 9223372036854775807);
    CHECK(span.attributes["e"] == 1e-7);
}
