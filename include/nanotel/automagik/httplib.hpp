// SPDX-License-Identifier: MIT
// A cpp-httplib server that tracks every request of every route. Opt-in: include it beside httplib.h.
#pragma once

#include <charconv>
#include <utility> // exchange

#include <nanotel/automagik.hpp>
#include <nanotel/instrument/httplib_server.hpp>

namespace automagik::inline NANOTEL_ABI {

#ifdef NANOTEL_DISABLED

template <class Base = httplib::Server>
class httplib_server : public Base {
public:
    template <class... A>
    explicit httplib_server(telemetry&, A&&... arguments) : Base(std::forward<A>(arguments)...) {}
};

#else

/// `automagik::httplib_server<> server(client);` in place of `httplib::Server server;` is the whole change:
/// it is a nanotel::httplib_server, and each request is the event automagik.api.request too, below the span
/// of the request, with endpoint (the pattern of the route, or "unmatched"), method, status, duration_ms, and
/// error_type, which is the status, from 500 on. The client has to outlive the server. Other arguments go to
/// the base.
template <class Base = httplib::Server>
class httplib_server : public nanotel::httplib_server<Base> {
    using base = nanotel::httplib_server<Base>;

public:
    using Handler = typename base::Handler;
    using HandlerWithResponse = typename base::HandlerWithResponse;
    using HandlerResponse = typename base::HandlerResponse;

    template <class... A>
    explicit httplib_server(telemetry& client, A&&... arguments)
        : base(std::forward<A>(arguments)...), client_(client) {
        base::set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
            begun() = std::chrono::steady_clock::now();
            return before_ ? before_(request, response) : HandlerResponse::Unhandled;
        });
        base::set_post_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
            if (after_) after_(request, response);
            track(request, response.status);
        });
    }

    httplib_server& set_pre_routing_handler(HandlerWithResponse handler) {
        before_ = std::move(handler);
        return *this;
    }
    httplib_server& set_post_routing_handler(Handler handler) {
        after_ = std::move(handler);
        return *this;
    }

private:
    static std::chrono::steady_clock::time_point& begun() noexcept {
        static thread_local std::chrono::steady_clock::time_point here;
        return here;
    }

    void track(const httplib::Request& request, int status) noexcept {
        const auto since = std::exchange(begun(), {});
        if (since == std::chrono::steady_clock::time_point{}) return; // no request could be read
        const std::chrono::duration<double, std::milli> lasted = std::chrono::steady_clock::now() - since;
        const std::string_view found = base::route_of_exchange(request);
        const std::string_view route = found.empty() ? std::string_view("unmatched") : found;
        const auto track = [&](const auto&... more) {
            client_.track_event(events::api_request, nanotel::key<"endpoint">{} = route,
                                nanotel::key<"method">{} = request.method, nanotel::key<"status">{} = status,
                                nanotel::key<"duration_ms">{} = lasted.count(), more...);
        };
        if (status < 500) return track();
        char digits[16];
        const auto end = std::to_chars(digits, digits + sizeof digits, status).ptr;
        track(nanotel::key<"error_type">{} =
                  std::string_view(digits, static_cast<std::size_t>(end - digits)));
    }

    telemetry& client_;
    HandlerWithResponse before_;
    Handler after_;
};

#endif

} // namespace automagik::inline NANOTEL_ABI
