// SPDX-License-Identifier: MIT
// A cpp-httplib server whose requests are spans and metrics. Opt-in: include it beside httplib.h, in
// instrumented code; it needs no more of nanotel than nanotel.hpp does.
#pragma once

#include <nanotel/instrument/http_options.hpp>

#include <httplib.h>

#include <type_traits>
#include <utility>

#ifdef NANOTEL_DISABLED

namespace nanotel::inline NANOTEL_ABI {

template <class Base = httplib::Server>
class httplib_server : public Base {
public:
    template <class... A>
        requires std::is_constructible_v<Base, A...>
    explicit httplib_server(A&&... arguments) : Base(std::forward<A>(arguments)...) {}
    template <class... A>
    explicit httplib_server(const http_instrumentation_options&, A&&... arguments)
        : Base(std::forward<A>(arguments)...) {}
};

} // namespace nanotel::inline NANOTEL_ABI

#else

#include <nanotel/instrument/http_server_exchange.hpp>
#include <nanotel/instrument/httplib_headers.hpp>

#include <optional>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

// What this thread answers now.
struct httplib_exchange {
    std::optional<http_server_exchange> open;
    const void* request = nullptr;
};
inline httplib_exchange& httplib_exchange_here() {
    static thread_local httplib_exchange here;
    return here;
}

} // namespace detail

/// A server that is used as the one it derives from: `nanotel::httplib_server<> server;` in place of
/// `httplib::Server server;` is the whole change. Each request is a span of kind server, "GET /users/:id",
/// below the context that its headers carry, with the attributes of the stable HTTP conventions, and counts
/// in http.server.request.duration and http.server.active_requests (Semantic Conventions, "HTTP server span",
/// "HTTP metrics"). What handlers throw is recorded; a status of 500 and more is an error.
///
/// The route is the pattern by which a handler was registered through this class; what is registered through
/// a reference to the base has one only where cpp-httplib tells it (Request::matched_route). The span is
/// current in the handlers, and ends when the response is ready to be sent, which is before a content
/// provider is asked for it. Requests that cpp-httplib refuses before it routes them, and websockets, have no
/// span. Handlers for before and after the routing are set on this class, not through a reference to the
/// base, which would replace those that make the spans.
template <class Base = httplib::Server>
class httplib_server : public Base {
public:
    using Handler = httplib::Server::Handler;
    using HandlerWithContentReader = httplib::Server::HandlerWithContentReader;
    using HandlerWithResponse = httplib::Server::HandlerWithResponse;
    using HandlerResponse = httplib::Server::HandlerResponse;

    /// Takes what the constructors of the base take.
    template <class... A>
        requires std::is_constructible_v<Base, A...>
    explicit httplib_server(A&&... arguments)
        : httplib_server(http_instrumentation_options{}, std::forward<A>(arguments)...) {}
    /// The same, after options.
    template <class... A>
    explicit httplib_server(http_instrumentation_options options, A&&... arguments)
        : Base(std::forward<A>(arguments)...), options_(std::move(options)),
          methods_(detail::known_http_methods(options_.known_methods)) {
        Base::set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
            // One for a websocket comes here twice where none is served, and never returns where one is.
            if (!detail::may_become_websocket<Base>(request)) begin(request);
            HandlerResponse handled = HandlerResponse::Unhandled;
            if (before_) watch(request, [&] { handled = before_(request, response); });
            return handled;
        });
        Base::set_post_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
            if (after_) after_(request, response);
            finish(request, response);
        });
    }

    httplib_server& Get(const std::string& pattern, Handler handler) {
        Base::Get(pattern, routed(pattern, std::move(handler)));
        return *this;
    }
    httplib_server& Post(const std::string& pattern, Handler handler) {
        Base::Post(pattern, routed(pattern, std::move(handler)));
        return *this;
    }
    httplib_server& Post(const std::string& pattern, HandlerWithContentReader handler) {
        Base::Post(pattern, routed(pattern, std::move(handler)));
        return *this;
    }
    httplib_server& Put(const std::string& pattern, Handler handler) {
        Base::Put(pattern, routed(pattern, std::move(handler)));
        return *this;
    }
    httplib_server& Put(const std::string& pattern, HandlerWithContentReader handler) {
        Base::Put(pattern, routed(pattern, std::move(handler)));
        return *this;
    }
    httplib_server& Patch(const std::string& pattern, Handler handler) {
        Base::Patch(pattern, routed(pattern, std::move(handler)));
        return *this;
    }
    httplib_server& Patch(const std::string& pattern, HandlerWithContentReader handler) {
        Base::Patch(pattern, routed(pattern, std::move(handler)));
        return *this;
    }
    httplib_server& Delete(const std::string& pattern, Handler handler) {
        Base::Delete(pattern, routed(pattern, std::move(handler)));
        return *this;
    }
    httplib_server& Delete(const std::string& pattern, HandlerWithContentReader handler) {
        Base::Delete(pattern, routed(pattern, std::move(handler)));
        return *this;
    }
    httplib_server& Options(const std::string& pattern, Handler handler) {
        Base::Options(pattern, routed(pattern, std::move(handler)));
        return *this;
    }

    /// As the base's; it runs within the span.
    httplib_server& set_pre_routing_handler(HandlerWithResponse handler) {
        before_ = std::move(handler);
        return *this;
    }
    /// As the base's; it runs within the span, which sees the response as it leaves it.
    httplib_server& set_post_routing_handler(Handler handler) {
        after_ = std::move(handler);
        return *this;
    }

protected:
    // Of the request that this thread answers now, where it has one; for what derives from this.
    static std::string_view route_of_exchange(const httplib::Request& request) noexcept {
        const auto* const exchange = exchange_of(request);
        return exchange ? exchange->route() : std::string_view();
    }

private:
    static detail::http_server_exchange* exchange_of(const httplib::Request& request) noexcept {
        detail::httplib_exchange& here = detail::httplib_exchange_here();
        return here.open && here.request == &request ? &*here.open : nullptr;
    }

    template <class Registered>
    Registered routed(const std::string& pattern, Registered handler) {
        return [this, pattern, handler = std::move(handler)](
                   const httplib::Request& request, httplib::Response& response, const auto&... reader) {
            if (!exchange_of(request)) begin(request);
            detail::without_throwing([&] {
                if (auto* const exchange = exchange_of(request)) exchange->set_route(pattern);
            });
            watch(request, [&] { handler(request, response, reader...); });
        };
    }

    template <class F>
    static void watch([[maybe_unused]] const httplib::Request& request, F&& run) {
#if defined(__cpp_exceptions)
        try {
            run();
        } catch (const std::exception& e) {
            detail::without_throwing([&] {
                if (auto* const exchange = exchange_of(request)) exchange->tell_exception(e);
            });
            throw;
        } catch (...) {
            detail::without_throwing([&] {
                if (auto* const exchange = exchange_of(request)) exchange->tell_unknown_exception();
            });
            throw;
        }
#else
        run();
#endif
    }

    void begin(const httplib::Request& request) const noexcept {
        detail::without_throwing([&] {
            detail::httplib_exchange& here = detail::httplib_exchange_here();
            here.open.reset(); // one that was never finished: somebody replaced the handler that does it
            const std::string forwarded = request.get_header_value("Forwarded");
            const std::string client = request.get_header_value("X-Forwarded-For");
            const std::string host = request.get_header_value("X-Forwarded-Host");
            const std::string scheme = request.get_header_value("X-Forwarded-Proto");
            const std::string own_host = request.get_header_value("Host");
            const std::string user_agent = request.get_header_value("User-Agent");
            detail::forwarded_request outermost = detail::read_forwarded(forwarded);
            if (outermost.client.empty()) outermost.client = detail::first_of_list(client);
            if (outermost.host.empty()) outermost.host = detail::first_of_list(host);
            if (outermost.scheme.empty())
                outermost.scheme = detail::http_scheme(detail::first_of_list(scheme));

            detail::http_request_facts facts;
            facts.method = request.method;
            facts.target = request.target;
            facts.scheme = outermost.scheme.empty() ? detail::scheme_of(request) : outermost.scheme;
            facts.authority = outermost.host.empty() ? own_host : outermost.host;
            facts.client = outermost.client.empty() ? request.remote_addr : outermost.client;
            facts.peer_address = request.remote_addr;
            facts.peer_port = request.remote_port;
            facts.user_agent = user_agent;
            facts.version = detail::protocol_version(request.version);
            facts.body_size = detail::content_length(request.headers);
            here.request = &request;
            here.open.emplace(facts, nanotel::extract(request.headers), methods_,
                              options_.redacted_query_keys);
            detail::record_headers(here.open->span(), "http.request.header.", request.headers,
                                   options_.request_headers);
        });
    }

    void finish(const httplib::Request& request, const httplib::Response& response) const noexcept {
        detail::without_throwing([&] {
            auto* const exchange = exchange_of(request);
            if (!exchange) return;
            if (!exchange->has_route())
                if (const std::string_view route = detail::route_of(request); !route.empty())
                    exchange->set_route(route);
            detail::record_headers(exchange->span(), "http.response.header.", response.headers,
                                   options_.response_headers);
            exchange->finish(response.status,
                             request.method == "HEAD" ? -1 : detail::content_length(response.headers));
        });
        detail::httplib_exchange& here = detail::httplib_exchange_here();
        if (here.request == &request) here.open.reset();
    }

    http_instrumentation_options options_;
    std::vector<std::string> methods_;
    HandlerWithResponse before_;
    Handler after_;
};

} // namespace nanotel::inline NANOTEL_ABI

#endif
