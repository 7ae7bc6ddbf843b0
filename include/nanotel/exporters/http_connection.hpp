// SPDX-License-Identifier: MIT
// One kept-alive HTTP/1.1 connection that posts bodies under a total deadline: this and
// http_client.hpp know cpp-httplib's client. Heavy to include; for the headers of exporters that speak HTTP.
#pragma once

#include <sys/socket.h> // shutdown

#include <algorithm> // clamp, min
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/answer_peek.hpp>
#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/exporters/http_client.hpp>
#include <nanotel/exporters/http_fault.hpp>
#include <nanotel/exporters/httplib.hpp>
#include <nanotel/exporters/response.hpp>
#include <nanotel/exporters/send_watch.hpp>
#include <nanotel/exporters/sigpipe_guard.hpp>
#include <nanotel/exporters/tls.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

using http_headers = std::vector<std::pair<std::string, std::string>>;

struct http_exchange {
    http_fault fault = http_fault::none;
    http_answer answer;
    std::string detail; ///< more about the fault, without secrets
};

/// A client of one destination. One thread at a time, except for interrupt.
class http_connection {
public:
    static constexpr std::size_t largest_answer = 4 * 1024 * 1024;
    static constexpr std::chrono::milliseconds longest_connect{3'000}; ///< a first packet may be lost

    /// Throws std::runtime_error when OpenSSL does not take the settings.
    explicit http_connection(http_destination destination) : destination_(std::move(destination)) {
        make_client();
    }
    http_connection(const http_connection&) = delete;
    http_connection& operator=(const http_connection&) = delete;
    ~http_connection() {
        const sigpipe_guard no_sigpipe; // TLS says goodbye to a peer that may have gone
        leave_what_is_not_ours();
        client_.reset();
    }

    /// Posts a body without copying it. Connecting to one address takes a third of the time, at most
    /// longest_connect. Returns soon after the deadline, unless the resolver of host names
    /// takes longer: its own limits (resolv.conf) are the only ones it knows.
    [[nodiscard]] http_exchange post(const std::string& target, const http_headers& headers,
                                     std::string_view body, std::chrono::steady_clock::time_point deadline) {
        const sigpipe_guard no_sigpipe;
        if (leave_what_is_not_ours()) make_client();
        ::ERR_clear_error(); // what is there afterwards is of this request
        watch_.begin(deadline);
        http_exchange exchange;
        try {
            exchange = post_watched(target, headers, body, deadline);
        } catch (...) {
            watch_.end();
            throw;
        }
        watch_.end();
        return exchange;
    }

    void interrupt() noexcept { watch_.interrupt(); }

    /// In a forked child: gives up a connection that belongs to the parent without a word to the server,
    /// whatever the parent was about: nothing here takes a lock. The object must not be used or destroyed
    /// afterwards, because the thread and locks of the parent are not here.
    void abandon() noexcept {
        watch_.file().close_if_same(made_);
        watch_.file().close_if_same(watch_.connection());
    }

private:
    using client = httplib::ClientImpl;

    void make_client() {
        client_ = make_http_client(destination_);
        client_->set_socket_options([this](auto socket) {
            resolved_ = true;
            // This address has its limit by now, and the handshake on it has no other.
            client_->set_connection_timeout(step_limit_);
            made_ = static_cast<int>(socket);
            watch_.watch(made_);
            session_ = nullptr; // was that of the connection before
        });
        if (destination_.to.tls) watch_sessions(context_of(static_cast<httplib::SSLClient&>(*client_)));
    }

    /// An application that closes all descriptors may have files of its own behind their numbers: then
    /// cpp-httplib, which would talk to them and close them, is left as it is for ever, and true returned.
    bool leave_what_is_not_ours() noexcept {
        if (!client_ || client_->is_socket_open() == 0) return false;
        const file_identity& file = watch_.file();
        const bool watched = watch_.connection() < 0 || file.is_of(watch_.connection());
        if (watched && file.is_of(static_cast<int>(client_->socket()))) return false;
        abandon();
        [[maybe_unused]] auto* const with_a_foreign_descriptor = client_.release();
        return true;
    }

    /// OpenSSL tells of each session as it begins: cpp-httplib keeps it to itself, and what comes while a
    /// body is being sent can be read through it alone.
    void watch_sessions(SSL_CTX* context) {
        if (::SSL_CTX_set_ex_data(context, place_in_context(), this) != 1) return;
        ::SSL_CTX_set_info_callback(context, [](const SSL* session, int where, int) {
            if ((where & SSL_CB_HANDSHAKE_START) == 0) return;
            void* const self = ::SSL_CTX_get_ex_data(::SSL_get_SSL_CTX(session), place_in_context());
            static_cast<http_connection*>(self)->session_ = const_cast<SSL*>(session);
        });
    }

    static int place_in_context() {
        static const int place = ::SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
        return place;
    }

    /// The connection in use.
    answer_source source() const noexcept { return {watch_.connection(), session_}; }

    http_exchange post_watched(const std::string& target, const http_headers& headers, std::string_view body,
                               std::chrono::steady_clock::time_point deadline) {
        using namespace std::chrono;
        using namespace std::chrono_literals;
        // cpp-httplib's own limits, from 5 s to 300 s, would cut a longer deadline short; the watch keeps the
        // deadline, and comes first, so that a send that took too long is not mistaken for a connection that
        // broke.
        const auto left = std::clamp<nanoseconds>(deadline - steady_clock::now(), 0ns, 1h);
        step_limit_ = left + 1s;
        client_->set_read_timeout(step_limit_);
        client_->set_write_timeout(step_limit_);
        // For each address of the host: where one swallows what it is sent, the next has to have time as
        // well.
        connect_limit_ = std::clamp(ceil<milliseconds>(left / 3), 1ms, longest_connect);
        client_->set_connection_timeout(connect_limit_);

        http_exchange exchange;
        bool too_large = false;
        bool body_begun = body.empty();
        // Bytes before the request are no answer to it: they are the end of an idle connection, or a 408 that
        // says so.
        if (client_->is_socket_open() != 0 && peek_answer_head(source()).state != answer_head_state::none) {
            client_->stop();
            ::ERR_clear_error();
        }
        resolved_ = client_->is_socket_open() != 0;
        httplib::Request request;
        request.method = "POST";
        request.path = target;
        for (const auto& [name, value] : headers) request.headers.emplace(name, value);
        if (!destination_.to.socket.empty() && !request.has_header("Host"))
            request.headers.emplace("Host", "localhost"); // not the path of the socket
        // An empty one keeps cpp-httplib from sending the proxy's credentials through its tunnel as well.
        if (destination_.via && destination_.to.tls && !tunnels_are_ours)
            request.headers.emplace("Proxy-Authorization", "");
#ifdef CPPHTTPLIB_EXPECT_100_THRESHOLD
        // An empty header keeps cpp-httplib from asking first, a round trip for each body.
        request.headers.emplace("Expect", "");
#endif
        request.content_length_ = body.size();
        request.content_provider_ = [&](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
            body_begun = true;
            return write_piece(body, offset, length, sink, deadline, exchange);
        };
        request.content_receiver = [&](const char* data, std::size_t size, auto, auto) {
            too_large = exchange.answer.body.size() + size > largest_answer;
            if (!too_large) exchange.answer.body.append(data, size);
            return !too_large;
        };
        const httplib::Result result = client_->send(request);

        if (result) {
            exchange.answer.status = result->status;
            exchange.answer.content_type = result->get_header_value("Content-Type");
            exchange.answer.retry_after = result->get_header_value("Retry-After");
            exchange.answer.location = result->get_header_value("Location");
            exchange.answer.exception_code = result->get_header_value("X-ClickHouse-Exception-Code");
            // The body was not sent: what answered is the proxy, which makes no tunnel.
            if (!body_begun && destination_.via && destination_.to.tls) {
                exchange.fault = http_fault::proxy;
                exchange.detail = proxy_problem(result->status);
            }
            return exchange;
        }
        if (exchange.answer.status != 0 || exchange.fault != http_fault::none)
            return exchange; // seen by write_piece
        exchange.fault = too_large ? http_fault::answer_too_large : fault_of(result.error(), deadline);
        if (exchange.fault == http_fault::refused &&
            !(exchange.detail = tunnel_problem<httplib::SSLClient>(*client_)).empty())
            exchange.fault = http_fault::proxy;
        if (exchange.fault == http_fault::connect)
            exchange.detail = "nothing answered within " + std::to_string(connect_limit_.count()) + " ms";
        if (exchange.fault == http_fault::tls_certificate)
            exchange.detail = certificate_problem(*client_, result);
        else if (destination_.to.tls)
            blame_client_certificate(exchange, body_begun);
        return exchange;
    }

    /// Writes the next piece of the body, and hears what the server says meanwhile. False ends the request;
    /// then the exchange holds the answer or the reason, if there was one to hear.
    bool write_piece(std::string_view body, std::size_t offset, std::size_t length, httplib::DataSink& sink,
                     std::chrono::steady_clock::time_point deadline, http_exchange& exchange) {
        // What fits once there is room: more would wait within the write, deaf to what the server says.
        constexpr std::size_t piece = 16 * 1024;
        const bool last = length <= piece;
        if (watch_.connection() < 0) return sink.write(body.data() + offset, last ? length : piece);

        // A server that says no need not read the rest: a proxy may answer 413 and stop, and a write would
        // wait for it until the deadline, or fail with the answer unread.
        if (ends_request(await_room_or_no(source(), deadline), true, deadline, exchange)) return false;
        if (!sink.write(body.data() + offset, last ? length : piece)) {
            ends_request(peek_answer_head(source()), true, deadline, exchange);
            return false;
        }
        return !last || !ends_request(await_answer_head(source(), deadline), false, deadline, exchange);
    }

    /// Whether what the server has sent so far is no answer to hand to the library; fills the exchange when
    /// it is. An early answer of success is not one: the server goes on reading.
    bool ends_request(const answer_head& head, bool early, std::chrono::steady_clock::time_point deadline,
                      http_exchange& exchange) {
        switch (head.state) {
        case answer_head_state::http2:
            exchange.fault = http_fault::peer_is_http2;
            break;
        case answer_head_state::tls:
            exchange.fault = http_fault::peer_is_tls;
            break;
        case answer_head_state::unknown:
            exchange.fault = http_fault::peer_is_unknown;
            break;
        case answer_head_state::too_long:
            exchange.fault = http_fault::answer_too_large;
            break;
        case answer_head_state::complete:
            if (!early || head.status < 300) return false;
            exchange.answer = take_answer(source(), std::min(deadline, std::chrono::steady_clock::now() +
                                                                           std::chrono::seconds{1}))
                                  .answer;
            break;
        case answer_head_state::partial:
            // A head in several records of TLS cannot be looked at, and without that the library would read
            // one without an end.
            if (early || session_ == nullptr) return false;
            take_whole_answer(deadline, exchange);
            break;
        case answer_head_state::closed:
            // What OpenSSL knows of it now is forgotten with the next attempt to write.
            if (session_ == nullptr || !refuses_client(exchange.detail)) return false;
            exchange.fault = http_fault::tls_refused;
            break;
        default:
            return false;
        }
        ::shutdown(watch_.connection(),
                   SHUT_RDWR); // newer versions of the library would still wait for an answer
        return true;
    }

    void take_whole_answer(std::chrono::steady_clock::time_point deadline, http_exchange& exchange) {
        taken_answer taken = take_answer(source(), deadline);
        if (taken.whole || taken.answer.status >= 300)
            exchange.answer = std::move(taken.answer);
        else
            exchange.fault = std::chrono::steady_clock::now() >= deadline  ? http_fault::deadline
                             : taken.answer.status != 0 || !taken.overlong ? http_fault::read
                                                                           : http_fault::answer_too_large;
    }

    /// A server that does not accept the client's certificate may say so only after the handshake, or nothing
    /// at all.
    static void blame_client_certificate(http_exchange& exchange, bool body_begun) {
        if (exchange.fault != http_fault::tls && exchange.fault != http_fault::read &&
            exchange.fault != http_fault::write)
            return;
        if (refuses_client(exchange.detail)) {
            exchange.fault = http_fault::tls_refused;
        } else if (exchange.fault == http_fault::write && !body_begun) {
            exchange.fault = http_fault::tls_refused;
            exchange.detail = "it closed the connection right after the TLS handshake";
        }
    }

    http_fault fault_of(httplib::Error error, std::chrono::steady_clock::time_point deadline) noexcept {
        if (watch_.state() == send_watch::verdict::interrupted) return http_fault::interrupted;
        // Whatever broke when the time was up broke because of it: the watch cut, or a step ran into its own
        // limit.
        if (std::chrono::steady_clock::now() >= deadline) return http_fault::deadline;
        if (is_wrong_name(error)) return http_fault::tls_certificate;
        switch (error) {
        case httplib::Error::Connection:
            return resolved_ || !destination_.to.socket.empty() ? http_fault::refused : http_fault::name;
        case httplib::Error::ConnectionTimeout:
            return http_fault::connect;
        case httplib::Error::SSLConnection:
        case httplib::Error::SSLLoadingCerts:
            return http_fault::tls;
        case httplib::Error::SSLServerVerification:
            return http_fault::tls_certificate;
        case httplib::Error::Canceled:
        case httplib::Error::Write:
            return http_fault::write;
        default:
            return http_fault::read;
        }
    }

    /// Newer versions tell a wrong name from the other faults of a certificate by a code of its own.
    template <class Error>
    static bool is_wrong_name(Error error) noexcept {
        if constexpr (requires { Error::SSLServerHostnameVerification; })
            return error == Error::SSLServerHostnameVerification;
        else
            return false;
    }

    template <class Result, class Secure = httplib::SSLClient>
    static std::string certificate_problem([[maybe_unused]] client& of, const Result& result) {
        constexpr const char* wrong_name = "it is for another host name";
        if (is_wrong_name(result.error())) return wrong_name;
        long code = X509_V_OK;
        if constexpr (requires { result.ssl_backend_error(); })
            code = static_cast<long>(result.ssl_backend_error());
        else
            code = static_cast<Secure&>(of).get_openssl_verify_result();
        // 0.11 checks the name itself, after OpenSSL was content.
        return code == X509_V_OK ? wrong_name : ::X509_verify_cert_error_string(code);
    }

    const http_destination destination_;
    bool resolved_ = false;                     ///< the name had an address, so that a socket was made
    SSL* session_ = nullptr;                    ///< of the connection in use; the client's
    std::chrono::nanoseconds step_limit_{};     ///< of what the watch ends before it is over
    std::chrono::milliseconds connect_limit_{}; ///< for one address
    int made_ = -1;                             ///< the last socket that the client made
    send_watch watch_; // outlives the client, whose destructor may still use its socket
    std::unique_ptr<client> client_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
