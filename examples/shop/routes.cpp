// SPDX-License-Identifier: MIT
#include "routes.hpp"

#include "errors.hpp"
#include "rendering.hpp"

#include <nanotel/nanotel.hpp>

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <string>
#include <string_view>

using namespace nanotel::literals;
NANOTEL_INSTRUMENTATION_SCOPE("shop.http", "1.0.0");

namespace shop {

namespace {

using httplib::Request;
using httplib::Response;

// The values of these labels are known when compiling, so a measurement looks nothing up.
using method = nanotel::label<"http.request.method", nanotel::one_of<"GET", "POST">>;
using route =
    nanotel::label<"http.route", nanotel::one_of<"/products", "/products/:id", "/cart", "/checkout">>;

constinit nanotel::histogram<double, method, route> request_duration{
    "shop.request.duration",
    {.unit = "s",
     .description = "How long the shop takes to answer",
     .scope = NANOTEL_SCOPE,
     .bounds = {5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 0.001, 0.0025, 0.005, 0.01, 0.1, 1}}};

constinit nanotel::up_down_counter<> requests_under_way{
    "shop.requests_under_way",
    {.unit = "{request}", .description = "Requests that wait for their answer", .scope = NANOTEL_SCOPE}};

struct under_way {
    under_way() { requests_under_way.add(1); }
    ~under_way() { requests_under_way.add(-1); }
};

/// Runs a handler and answers with what it renders, or with the reason why it did not. By the semantic
/// conventions a 4xx is no error of the server's span: the server did its work.
template <typename Handler>
void answer(shop_service& service, nanotel::span& span, Response& response, Handler handler) {
    const under_way counted;
    service.requests.fetch_add(1, std::memory_order_relaxed);
    try {
        response.status = 200;
        response.set_content(handler(), "application/json");
    } catch (const refusal& reason) {
        response.status = reason.status();
        response.set_content(render_error(reason.code(), reason.what()), "application/json");
        span.set("shop.refusal"_attr = reason.code());
    } catch (const std::exception& fault) {
        response.status = 500;
        response.set_content(render_error("internal", "something went wrong"), "application/json");
        span.record_exception(fault);
    }
    span.set("http.response.status_code"_attr = response.status);
    if (response.status >= 500) {
        span.set("error.type"_attr = std::to_string(response.status));
        span.set_status(nanotel::status_code::error);
    }
}

std::size_t limit_of(const Request& request) {
    constexpr std::size_t most = 50;
    std::size_t limit = 10;
    const auto text = request.get_param_value("limit");
    std::from_chars(text.data(), text.data() + text.size(), limit);
    return std::clamp<std::size_t>(limit, 1, most);
}

void get_products(shop_service& service, const Request& request, Response& response) {
    NANOTEL_SPAN(span, nanotel::server("GET /products"), "http.request.method"_attr = "GET",
                 "http.route"_attr = "/products", "url.path"_attr = request.path, "url.scheme"_attr = "http");
    NANOTEL_TIME(request_duration, "GET", "/products"); // within the span, which its exemplars name
    answer(service, span, response,
           [&] { return render(service.index.search(request.get_param_value("q"), limit_of(request))); });
}

void get_product(shop_service& service, const Request& request, Response& response) {
    NANOTEL_SPAN(span, nanotel::server("GET /products/:id"), "http.request.method"_attr = "GET",
                 "http.route"_attr = "/products/:id", "url.path"_attr = request.path,
                 "url.scheme"_attr = "http");
    NANOTEL_TIME(request_duration, "GET", "/products/:id");
    answer(service, span, response, [&] {
        const product& item = service.products.find(request.matches[1].str());
        span.set("product.id"_attr = item.id);
        return render(item, service.shelves.of(item), service.products.related(item, 5));
    });
}

void post_cart(shop_service& service, const Request& request, Response& response) {
    NANOTEL_SPAN(span, nanotel::server("POST /cart"), "http.request.method"_attr = "POST",
                 "http.route"_attr = "/cart", "url.path"_attr = request.path, "url.scheme"_attr = "http");
    NANOTEL_TIME(request_duration, "POST", "/cart");
    answer(service, span, response, [&] {
        cart wanted = parse_cart(request.body, service.products);
        price(wanted, service.shelves);
        return render(*service.carts.keep(std::move(wanted)));
    });
}

void post_checkout(shop_service& service, const Request& request, Response& response) {
    NANOTEL_SPAN(span, nanotel::server("POST /checkout"), "http.request.method"_attr = "POST",
                 "http.route"_attr = "/checkout", "url.path"_attr = request.path, "url.scheme"_attr = "http");
    NANOTEL_TIME(request_duration, "POST", "/checkout");
    answer(service, span, response, [&] { return render(service.till.place(parse_checkout(request.body))); });
}

} // namespace

void serve_shop(httplib::Server& server, shop_service& service) {
    server.Get("/products", [&](const auto& q, auto& a) { get_products(service, q, a); });
    server.Get(R"(/products/([^/]+))", [&](const auto& q, auto& a) { get_product(service, q, a); });
    server.Post("/cart", [&](const auto& q, auto& a) { post_cart(service, q, a); });
    server.Post("/checkout", [&](const auto& q, auto& a) { post_checkout(service, q, a); });
    server.set_tcp_nodelay(true);
    server.set_keep_alive_max_count(static_cast<std::size_t>(-1));
    server.new_task_queue = [] { return new httplib::ThreadPool(16); }; // a connection holds a thread
}

} // namespace shop
