// SPDX-License-Identifier: MIT
// A cpp-httplib client whose requests are spans and metrics, and carry their context. Opt-in: include it
// beside httplib.h, in instrumented code; it needs no more of nanotel than nanotel.hpp does.
#pragma once

#include <nanotel/instrument/http_options.hpp>

#include <httplib.h>

#include <type_traits>
#include <utility>

#ifdef NANOTEL_DISABLED

namespace nanotel::inline NANOTEL_ABI {

template <class Base = httplib::Client>
class httplib_client : public Base {
public:
    template <class... A>
        requires std::is_constructible_v<Base, A...>
    explicit httplib_client(A&&... arguments) : Base(std::forward<A>(arguments)...) {}
    template <class... A>
    explicit httplib_client(const http_instrumentation_options&, A&&... arguments)
        : Base(std::forward<A>(arguments)...) {}
};

} // namespace nanotel::inline NANOTEL_ABI

#else

#include <nanotel/instrument/http_client_exchange.hpp>
#include <nanotel/instrument/httplib_headers.hpp>
#include <nanotel/metrics/labels.hpp> // the names of httplib::Error

#include <optional>

namespace nanotel::inline NANOTEL_ABI {

/// A client that is used as the one it derives from: `nanotel::httplib_client<> client("http://cart:8080");`
/// in place of `httplib::Client client(…);` is the whole change. Each request is a span of kind client, below
/// the current context, with the attributes of the stable HTTP conventions, counts in
/// http.client.request.duration, and carries its context to the server (Semantic Conventions, "HTTP client
/// span", "HTTP metrics"). Credentials and the values of secret keys are not in url.full. A status of 400 and
/// more is an error; so is no response, whose error.type is the enumerator of httplib::Error, except where
/// the caller cancelled.
///
/// The span is of the call: redirects that cpp-httplib follows, and repetitions for authentication, are
/// within it. It ends when the body has been read. Calls through a reference to the base, and websockets,
/// make no span. A list of headers in braces has no type where a template takes it: write
/// httplib::Headers{…}, unless it is the second and last argument. As thread-safe as the base.
template <class Base = httplib::Client>
class httplib_client : public Base {
    using headers = httplib::Headers;
    using result = httplib::Result;

public:
    /// Takes what the constructors of the base take.
    template <class... A>
        requires std::is_constructible_v<Base, A...> && (sizeof...(A) > 0)
    explicit httplib_client(A&&... arguments)
        : httplib_client(http_instrumentation_options{}, std::forward<A>(arguments)...) {}
    /// The same, after options.
    template <class... A>
        requires std::is_constructible_v<Base, A...>
    explicit httplib_client(http_instrumentation_options options, A&&... arguments)
        : Base(arguments...), options_(std::move(options)),
          methods_(detail::known_http_methods(options_.known_methods)), target_(target_of(arguments...)) {}

    template <class... A>
    result Get(const std::string& path, A&&... more) {
        const auto send_it = [](Base& base,
                                auto&&... a) -> decltype(base.Get(std::forward<decltype(a)>(a)...)) {
            return base.Get(std::forward<decltype(a)>(a)...);
        };
        return call("GET", path, send_it, std::forward<A>(more)...);
    }
    template <class... A>
    result Head(const std::string& path, A&&... more) {
        const auto send_it = [](Base& base,
                                auto&&... a) -> decltype(base.Head(std::forward<decltype(a)>(a)...)) {
            return base.Head(std::forward<decltype(a)>(a)...);
        };
        return call("HEAD", path, send_it, std::forward<A>(more)...);
    }
    template <class... A>
    result Post(const std::string& path, A&&... more) {
        const auto send_it = [](Base& base,
                                auto&&... a) -> decltype(base.Post(std::forward<decltype(a)>(a)...)) {
            return base.Post(std::forward<decltype(a)>(a)...);
        };
        return call("POST", path, send_it, std::forward<A>(more)...);
    }
    template <class... A>
    result Put(const std::string& path, A&&... more) {
        const auto send_it = [](Base& base,
                                auto&&... a) -> decltype(base.Put(std::forward<decltype(a)>(a)...)) {
            return base.Put(std::forward<decltype(a)>(a)...);
        };
        return call("PUT", path, send_it, std::forward<A>(more)...);
    }
    template <class... A>
    result Patch(const std::string& path, A&&... more) {
        const auto send_it = [](Base& base,
                                auto&&... a) -> decltype(base.Patch(std::forward<decltype(a)>(a)...)) {
            return base.Patch(std::forward<decltype(a)>(a)...);
        };
        return call("PATCH", path, send_it, std::forward<A>(more)...);
    }
    template <class... A>
    result Delete(const std::string& path, A&&... more) {
        const auto send_it = [](Base& base,
                                auto&&... a) -> decltype(base.Delete(std::forward<decltype(a)>(a)...)) {
            return base.Delete(std::forward<decltype(a)>(a)...);
        };
        return call("DELETE", path, send_it, std::forward<A>(more)...);
    }
    template <class... A>
    result Options(const std::string& path, A&&... more) {
        const auto send_it = [](Base& base,
                                auto&&... a) -> decltype(base.Options(std::forward<decltype(a)>(a)...)) {
            return base.Options(std::forward<decltype(a)>(a)...);
        };
        return call("OPTIONS", path, send_it, std::forward<A>(more)...);
    }

    // Where the headers are a list in braces.
    result Get(const std::string& path, const headers& given) { return Get<const headers&>(path, given); }
    result Head(const std::string& path, const headers& given) { return Head<const headers&>(path, given); }
    result Post(const std::string& path, const headers& given) { return Post<const headers&>(path, given); }
    result Post(const std::string& path, const headers& given, const std::string& body,
                const std::string& content_type) {
        return Post<const headers&, const std::string&, const std::string&>(path, given, body, content_type);
    }
    result Put(const std::string& path, const headers& given, const std::string& body,
               const std::string& content_type) {
        return Put<const headers&, const std::string&, const std::string&>(path, given, body, content_type);
    }
    result Patch(const std::string& path, const headers& given, const std::string& body,
                 const std::string& content_type) {
        return Patch<const headers&, const std::string&, const std::string&>(path, given, body, content_type);
    }
    result Delete(const std::string& path, const headers& given) {
        return Delete<const headers&>(path, given);
    }
    result Options(const std::string& path, const headers& given) {
        return Options<const headers&>(path, given);
    }

    result send(const httplib::Request& request) {
        return watch(request.method, request.path, request.headers, [&](headers&& sent) {
            httplib::Request copy = request;
            copy.headers = std::move(sent);
            return Base::send(copy);
        });
    }

    bool send(httplib::Request& request, httplib::Response& response, httplib::Error& error) {
        return bool(watch(request.method, request.path, request.headers, [&](headers&& sent) {
            request.headers = std::move(sent);
            const bool came = Base::send(request, response, error);
            return outcome{came ? &response : nullptr, error};
        }));
    }

private:
    template <class T>
    static constexpr bool is_headers = std::is_same_v<std::remove_cvref_t<T>, headers>;

    // What is left of a result where the application owns the response.
    struct outcome {
        const httplib::Response* response;
        httplib::Error failure;
        explicit operator bool() const noexcept { return response != nullptr; }
        const httplib::Response* operator->() const noexcept { return response; }
        httplib::Error error() const noexcept { return failure; }
    };

    // The headers among the arguments, or none.
    static headers given_headers() { return {}; }
    template <class First, class... Rest>
    static headers given_headers(const First& first, const Rest&... rest) {
        if constexpr (is_headers<First>)
            return first;
        else
            return given_headers(rest...);
    }

    template <class A>
    static decltype(auto) with_headers(const headers& sent, A&& argument) {
        if constexpr (is_headers<A>)
            return (sent);
        else
            return std::forward<A>(argument);
    }

    template <class Call, class... A>
    result call(std::string_view method, const std::string& path, const Call& send_it, A&&... more) {
        Base& base = *this;
        std::string with_parameters;
        if constexpr (sizeof...(A) > 1) {
            // Get(path, parameters, headers, …) makes a query of them.
            using first = std::remove_cvref_t<std::tuple_element_t<0, std::tuple<A...>>>;
            if constexpr (std::is_same_v<first, httplib::Params>)
                detail::without_throwing([&] { with_parameters = query_of(path, more...); });
        }
        return watch(method, with_parameters.empty() ? path : with_parameters, given_headers(more...),
                     [&](headers&& sent) -> result {
                         if constexpr ((is_headers<A> || ...)) {
                             return send_it(base, path, with_headers(sent, std::forward<A>(more))...);
                         } else if constexpr (std::is_invocable_v<Call, Base&, const std::string&,
                                                                  const headers&, A...>) {
                             return send_it(base, path, std::as_const(sent), std::forward<A>(more)...);
                         } else {
                             static_assert(sizeof...(A) == 0,
                                           "nanotel: cpp-httplib has no such call that also takes headers");
                             httplib::Request request;
                             request.method = method;
                             request.path = path;
                             request.headers = std::move(sent);
                             return base.send(request);
                         }
                     });
    }
    template <class... A>
    static std::string query_of(const std::string& path, const httplib::Params& parameters, const A&...) {
        return httplib::append_query_params(path, parameters);
    }

    // Runs the request within its span, with the headers that carry its context.
    template <class Send>
    auto watch(std::string_view method, std::string_view path, headers sent, Send&& send_it) {
        std::optional<detail::http_client_exchange> exchange;
        detail::without_throwing([&] {
            exchange.emplace(method, target_, path, methods_, options_.redacted_query_keys);
            nanotel::inject(sent);
            detail::record_headers(exchange->span(), "http.request.header.", sent, options_.request_headers);
        });
#if defined(__cpp_exceptions)
        try {
#endif
            auto got = send_it(std::move(sent));
            detail::without_throwing([&] {
                if (exchange) finish(*exchange, got);
            });
            return got;
#if defined(__cpp_exceptions)
        } catch (...) {
            // What the application's own callbacks threw; the span says so by itself when it is unwound.
            detail::without_throwing([&] {
                if (exchange) exchange->fail(detail::name_of_current_exception());
            });
            throw;
        }
#endif
    }

    template <class Result>
    void finish(detail::http_client_exchange& exchange, const Result& got) const {
        if (got) {
            detail::record_headers(exchange.span(), "http.response.header.", got->headers,
                                   options_.response_headers);
            return exchange.finish(got->status, detail::protocol_version(got->version),
                                   detail::content_length(got->headers));
        }
        const httplib::Error error = got.error();
        if (error == httplib::Error::Canceled) return exchange.cancel();
        using errors = detail::domain_traits<httplib::Error>;
        const text name = errors::values[errors::index(error)].string;
        exchange.fail({name.data, name.size}, httplib::to_string(error));
    }

    template <class First, class... Rest>
    static detail::http_target target_of(const First& first, const Rest&... rest) {
        detail::http_target target = detail::http_target::of(first);
        if constexpr (sizeof...(Rest) > 0) set_port(target, rest...);
        return target;
    }
    template <class Second, class... Rest>
    static void set_port(detail::http_target& target, const Second& second, const Rest&...) {
        if constexpr (std::is_integral_v<Second>) target.port = static_cast<int>(second);
    }

    http_instrumentation_options options_;
    std::vector<std::string> methods_;
    detail::http_target target_;
};

} // namespace nanotel::inline NANOTEL_ABI

#endif
