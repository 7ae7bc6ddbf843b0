// SPDX-License-Identifier: MIT
// One kept-alive HTTP/1.1 connection that posts bodies under a total deadline. Our own, because a server may
// answer before it has read a body, over TLS too, and because an exporter must tell a whole answer from one
// that was cut.
#pragma once

#include <algorithm> // min, none_of
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/core/environment.hpp> // equal_ignoring_case
#include <nanotel/exporters/answer_reader.hpp>
#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/exporters/http_fault.hpp>
#include <nanotel/exporters/network_stream.hpp>
#include <nanotel/exporters/proxy.hpp>
#include <nanotel/exporters/send_limits.hpp>
#include <nanotel/exporters/tls.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

using http_headers = std::vector<std::pair<std::string, std::string>>;

struct http_exchange {
    http_fault fault = http_fault::none;
    http_answer answer;
    std::string detail; ///< more about the fault, without secrets
};

/// What one connection serves, and how it gets there.
struct http_destination {
    endpoint to; ///< its path and query do not count
    std::optional<http_proxy> via;
    tls_settings tls;

    [[nodiscard]] bool serves(const http_destination& other) const {
        return to.origin() == other.to.origin() && via == other.via && tls == other.tls;
    }
};

/// A client of one destination. One thread at a time, except for interrupt.
class http_connection {
public:
    static constexpr std::size_t largest_answer = 4 * 1024 * 1024;

    /// Throws std::runtime_error when OpenSSL does not take the settings.
    explicit http_connection(http_destination destination) : destination_(std::move(destination)) {
        if (destination_.to.tls) context_ = make_tls_context(destination_.tls);
    }

    /// Posts a body without copying it. Returns soon after the deadline, unless the resolver of host names
    /// takes longer: its own limits (resolv.conf) are the only ones it knows.
    [[nodiscard]] http_exchange post(const std::string& target, const http_headers& headers,
                                     std::string_view body, std::chrono::steady_clock::time_point deadline) {
        limits_.begin(deadline);
        http_exchange exchange;
        try {
            post(target, headers, body, exchange);
        } catch (...) {
            stream_.close();
            limits_.end();
            throw;
        }
        limits_.end();
        return exchange;
    }

    void interrupt() noexcept { limits_.interrupt(); }

    /// In a forked child: gives up a connection that belongs to the parent without a word to the server. The
    /// object must not be used or destroyed afterwards, because the parent may have been in the middle of it.
    void abandon() noexcept { stream_.abandon(); }

private:
    void post(const std::string& target, const http_headers& headers, std::string_view body,
              http_exchange& exchange) {
        if (stream_.is_open() && !stream_.is_idle()) stream_.close();
        if (!stream_.is_open()) {
            exchange.fault =
                stream_.open(destination_.to, destination_.via, context_.get(), limits_, exchange.detail);
            if (exchange.fault != http_fault::none) return;
        }
        write_head(target, headers, body.size());
        answer_reader reader(largest_answer);
        http_fault fault = write(head_, !body.empty(), reader);
        if (fault == http_fault::none && !says_no(reader)) fault = write(body, false, reader);
        if (fault == http_fault::none || fault == http_fault::write) {
            // What a server says before it closes, or instead of reading on, explains itself soon or never.
            const bool early = fault != http_fault::none || says_no(reader);
            const auto now = std::chrono::steady_clock::now();
            const http_fault read_fault =
                read(reader, early ? now + std::chrono::seconds{1} : limits_.deadline());
            if (!early || read_fault == http_fault::interrupted) fault = read_fault;
            if (early) stream_.close();
        }
        conclude(reader, fault, exchange);
    }

    void write_head(const std::string& target, const http_headers& headers, std::size_t body_size) {
        const endpoint& to = destination_.to;
        const std::optional<http_proxy>& via = destination_.via;
        const bool by_proxy = via && !to.tls; // else it is a tunnel, and sees no request
        head_ = "POST ";
        if (by_proxy) head_ += to.origin();
        head_ += target;
        head_ += " HTTP/1.1\r\n";
        const auto add = [this](std::string_view name, std::string_view value) {
            head_ += name;
            head_ += ": ";
            head_ += value;
            head_ += "\r\n";
        };
        if (std::none_of(headers.begin(), headers.end(),
                         [](const auto& header) { return equal_ignoring_case(header.first, "Host"); }))
            add("Host", !to.socket.empty()               ? "localhost"
                        : to.port == (to.tls ? 443 : 80) ? to.authority().substr(0, to.authority().rfind(':'))
                                                         : to.authority());
        add("Accept", "*/*");
        add("Accept-Encoding", "identity");
        for (const auto& [name, value] : headers) add(name, value);
        if (by_proxy && !via->authorization.empty()) add("Proxy-Authorization", via->authorization);
        add("Content-Length", std::to_string(body_size));
        head_ += "\r\n";
    }

    /// Writes all of it, and hears what the server says meanwhile: a server that says no need not read the
    /// rest, and a write would wait for it until the deadline. Then, too, the fault is none.
    http_fault write(std::string_view bytes, bool more_follows, answer_reader& reader) {
        constexpr std::size_t piece = 128 * 1024;
        while (!bytes.empty()) {
            const io_result put = stream_.write(bytes.data(), std::min(bytes.size(), piece), more_follows);
            bytes.remove_prefix(put.size);
            if (put.what == io::failed || put.what == io::closed) return http_fault::write;
            if (bytes.empty()) break;
            // After an answer that says yes there is nothing to hear.
            const bool listens = reader.current() != answer_reader::state::done;
            if (listens && !hear(reader)) return http_fault::write;
            if (says_no(reader)) break;
            if (put.what != io::later) continue;
            short events = static_cast<short>(put.wants | (listens ? POLLIN : 0));
            if (const http_fault fault = limits_.wait(stream_.socket(), events); fault != http_fault::none)
                return fault;
        }
        return http_fault::none;
    }

    /// Takes what has arrived, without waiting; false when there will be no more.
    bool hear(answer_reader& reader) {
        for (;;) {
            const io_result got = stream_.read(buffer_.data(), buffer_.size());
            if (got.what == io::some) {
                reader.feed({buffer_.data(), got.size});
                if (says_no(reader)) return true;
                continue;
            }
            if (got.what == io::later) return true;
            if (got.what == io::closed) reader.finish();
            return false;
        }
    }

    /// Whether what was heard ends the request: an early answer of success does not, since the server goes on
    /// reading.
    static bool says_no(const answer_reader& reader) noexcept {
        switch (reader.current()) {
        case answer_reader::state::head:
            return false;
        case answer_reader::state::body:
        case answer_reader::state::done:
            return reader.status() >= 300;
        default:
            return true;
        }
    }

    /// Reads until the answer is whole or shows to be none.
    http_fault read(answer_reader& reader, std::chrono::steady_clock::time_point until) {
        while (reader.current() == answer_reader::state::head ||
               reader.current() == answer_reader::state::body) {
            const io_result got = stream_.read(buffer_.data(), buffer_.size());
            if (got.what == io::some) {
                reader.feed({buffer_.data(), got.size});
            } else if (got.what == io::later) {
                short events = got.wants;
                if (const http_fault fault = limits_.wait(stream_.socket(), events, until);
                    fault != http_fault::none)
                    return fault;
            } else {
                if (got.what == io::closed) reader.finish();
                return http_fault::read;
            }
        }
        return http_fault::none;
    }

    /// Makes an answer or a fault of what there is, and keeps the connection where that can be.
    void conclude(answer_reader& reader, http_fault fault, http_exchange& exchange) {
        const auto state = reader.current();
        // A status that says no is worth more than the rest of what was to come with it.
        const bool enough = state == answer_reader::state::done ||
                            (reader.status() >= 300 && fault != http_fault::interrupted &&
                             (state == answer_reader::state::body || state == answer_reader::state::broken));
        if (enough) {
            exchange.answer = std::move(reader.answer());
        } else if (state == answer_reader::state::too_large) {
            exchange.fault = http_fault::answer_too_large;
        } else if (state == answer_reader::state::http2) {
            exchange.fault = http_fault::peer_is_http2;
        } else if (state == answer_reader::state::tls) {
            exchange.fault = http_fault::peer_is_tls;
        } else if (state == answer_reader::state::broken) {
            exchange.fault = http_fault::peer_is_unknown;
        } else {
            exchange.fault = fault;
            if (fault == http_fault::read || fault == http_fault::write)
                if (const http_fault refused = stream_.refusal(exchange.detail); refused != http_fault::none)
                    exchange.fault = refused;
        }
        if (fault != http_fault::none || state != answer_reader::state::done || !reader.reusable())
            stream_.close();
    }

    http_destination destination_;
    ssl_context_pointer context_;
    send_limits limits_;
    network_stream stream_;
    std::string head_;
    std::array<char, 16 * 1024> buffer_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
