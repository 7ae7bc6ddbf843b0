// SPDX-License-Identifier: MIT
// The asynchronous one: each order is a coroutine that goes on on the threads of a pool, and so is the price
// of each item. Their spans are detached, since a scoped span is current on one thread and a coroutine is
// not.
#include "services.hpp"
#include "task.hpp"
#include "thread_pool.hpp"

#include <nanotel/instrument/httplib_client.hpp>
#include <nanotel/log.hpp>

#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

using namespace nanotel::literals;
NANOTEL_INSTRUMENTATION_SCOPE("services.cart", "1.0.0");

namespace {

using services::task;
using services::thread_pool;

const std::map<std::string, std::vector<std::string>> carts{{"ada", {"Emma", "Ulysses", "Persuasion"}},
                                                            {"grace", {"Emma", "First Folio"}},
                                                            {"mallory", {"a forgery"}}};
const std::map<std::string, int> cents{
    {"Emma", 999}, {"Ulysses", 1499}, {"Persuasion", 899}, {"First Folio", 900'000'000}};

task<int> price_of(thread_pool& pool, std::string item) {
    NANOTEL_DETACHED_SPAN(span, "price item", "item"_attr = item);
    co_await pool.enter(span.context()); // from here on another thread, within the span
    const auto found = cents.find(item);
    if (found == cents.end()) {
        // Said, since a detached span does not see by itself that an exception ends it.
        span.set_status(nanotel::status_code::error, "unknown item");
        throw std::runtime_error("nobody sells " + item);
    }
    NANOTEL_LOG_INFO("{} costs {} cents", item, found->second);
    co_return found->second;
}

// The status to answer with.
task<int> check_out(thread_pool& pool, const std::string& payment_url,
                    const std::vector<std::string>& items) {
    NANOTEL_DETACHED_SPAN(span, "check out", "cart.items"_attr = items.size());
    co_await pool.enter(span.context());

    std::vector<task<int>> prices; // all are looked up at once
    prices.reserve(items.size());
    for (const std::string& item : items) prices.push_back(price_of(pool, item));
    int total = 0;
    try {
        for (task<int>& price : prices) total += co_await price; // each time perhaps on another thread
    } catch (const std::exception& failure) {
        span.record_exception(failure);
        span.set_status(nanotel::status_code::error, failure.what());
        co_return 500;
    }
    span.set("cart.cents"_attr = total);

    nanotel::httplib_client<> payment(payment_url);
    const auto answer = payment.Post("/payments", httplib::Params{{"cents", std::to_string(total)}});
    if (!answer) {
        NANOTEL_LOG_ERROR("payment does not answer: {}", httplib::to_string(answer.error()));
        span.set_status(nanotel::status_code::error, "payment does not answer");
        co_return 502;
    }
    co_return answer->status;
}

} // namespace

void services::serve_cart(nanotel::httplib_server<>& server, const std::string& payment_url,
                          thread_pool& pool) {
    server.Post("/orders",
                [payment_url, &pool](const httplib::Request& request, httplib::Response& response) {
                    const auto cart = carts.find(request.get_param_value("customer"));
                    if (cart == carts.end()) {
                        response.status = 404;
                        return;
                    }
                    response.status = check_out(pool, payment_url, cart->second).get();
                });
}
