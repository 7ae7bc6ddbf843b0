// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace nanotel_test;

namespace {

std::string gunzip(const std::string& compressed) {
    z_stream stream{};
    REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK); // gzip, not raw and not zlib
    std::string text;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    stream.avail_in = static_cast<uInt>(compressed.size());
    int status = Z_OK;
    while (status == Z_OK) {
        char buffer[65536];
        stream.next_out = reinterpret_cast<Bytef*>(buffer);
        stream.avail_out = sizeof buffer;
        status = ::inflate(&stream, Z_NO_FLUSH);
        text.append(buffer, sizeof buffer - stream.avail_out);
    }
    ::inflateEnd(&stream);
    REQUIRE(status == Z_STREAM_END);
    REQUIRE(stream.avail_in == 0);
    return text;
}

} // namespace

TEST_CASE("a body compressed with gzip reads back, one after another with the same exporter") {
    std::string received;
    // cpp-httplib's server would decompress, so the bytes are read as they are.
    raw_peer peer([&](raw_connection& connection) {
        while (!(received = connection.read_request()).empty()) connection.write(answer("200 OK", "{}"));
    });
    const auto exporter =
        nanotel::otlp_http({.endpoint = peer.url(), .compression = nanotel::compression::gzip}, variables());

    std::mt19937_64 random(7);
    std::string noise(300'000, ' ');
    for (char& c : noise) c = static_cast<char>(random());
    for (const std::string& body :
         {std::string(1'000'000, 'a'), std::string(1024, ' '), noise, std::string(1024, 'b')}) {
        REQUIRE(send(*exporter, body).outcome == nanotel::export_outcome::delivered);
        const std::string request = received;
        const auto head = request.find("\r\n\r\n");
        CHECK(request.find("Content-Encoding: gzip\r\n") < head);
        CHECK(request.find("Transfer-Encoding") > head);
        CHECK(gunzip(request.substr(head + 4)) == body);
    }
    for (const std::string& body : {std::string("{}"), std::string(1023, ' ')}) { // not worth it
        REQUIRE(send(*exporter, body).outcome == nanotel::export_outcome::delivered);
        CHECK(received.find("Content-Encoding") == std::string::npos);
        CHECK(received.ends_with("\r\n\r\n" + body));
    }
    CHECK(peer.connections() == 1);
}

TEST_CASE("compression pays") {
    nanotel::detail::gzip_compressor compressor;
    std::string spans;
    for (int i = 0; i < 2000; ++i)
        spans +=
            R"({"name":"checkout","startTimeUnixNano":"1763688000000000000","attributes":[{"key":"n","value":)" +
            std::to_string(i) + "}]},";
    std::string compressed;
    REQUIRE(compressor.compress(spans, compressed));
    CHECK(compressed.size() * 10 < spans.size());
}
