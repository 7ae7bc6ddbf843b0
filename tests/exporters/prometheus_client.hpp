// SPDX-License-Identifier: MIT
// A scrape endpoint on a free port, and scrapers of it.
#pragma once

#include "loopback.hpp"
#include "prometheus_source.hpp"
#include "support/sanitizers.hpp"

#include <nanotel/exporters/prometheus.hpp>

#include <memory>
#include <string>
#include <utility>

namespace nanotel_test {

/// Started for as long as it lives.
class endpoint_under_test {
public:
    explicit endpoint_under_test(given_source& source, nanotel::prometheus_options options = {}) {
        if (!options.port) options.port = 0;
        reader = nanotel::prometheus_exporter(std::move(options), variables());
        reader->start(source);
        REQUIRE(reader->port() != 0);
        // The first request makes cpp-httplib's static objects. Of two at once one waits for the other there,
        // which ThreadSanitizer cannot see.
        if (sanitized) static_cast<void>(client().Get("/"));
    }
    ~endpoint_under_test() { reader->stop(); }

    httplib::Client client(const std::string& host = "127.0.0.1") const {
        httplib::Client made(host, reader->port());
        made.set_read_timeout(patience.count());
        made.set_connection_timeout(patience.count());
        return made;
    }

    std::shared_ptr<nanotel::prometheus_reader> reader;
};

/// A connection that says exactly what the test says.
class raw_client {
public:
    explicit raw_client(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;
    ~raw_client() { ::close(socket_); }

    bool write(std::string_view text) {
        return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
    }

    /// Everything up to the end of the connection; fails the test where the end does not come.
    std::string read_to_end() {
        std::string all;
        for (;;) {
            pollfd waiting{socket_, POLLIN, 0};
            REQUIRE(::poll(&waiting, 1, static_cast<int>(patience.count()) * 1000) == 1);
            char bytes[65536];
            const auto size = ::recv(socket_, bytes, sizeof bytes, 0);
            if (size <= 0) return all;
            all.append(bytes, static_cast<std::size_t>(size));
        }
    }

    int socket() const { return socket_; }

private:
    int socket_;
};

inline std::string gunzip(const std::string& compressed) {
    z_stream stream{};
    REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK); // gzip, not raw and not zlib
    std::string text(compressed.size() * 1100 + 1024, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    stream.avail_in = static_cast<uInt>(compressed.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    const int status = ::inflate(&stream, Z_FINISH);
    text.resize(text.size() - stream.avail_out);
    ::inflateEnd(&stream);
    REQUIRE(status == Z_STREAM_END);
    return text;
}

} // namespace nanotel_test
