// SPDX-License-Identifier: MIT
#include "checkout.hpp"

#include "errors.hpp"

#include <nanotel/log.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <cstdint>
#include <exception>
#include <future>
#include <iterator>
#include <optional>

using namespace nanotel::literals;
NANOTEL_INSTRUMENTATION_SCOPE("shop.checkout", "1.0.0");

namespace shop {

namespace {

// An enum's values are called as its enumerators are. A list of strings also takes those of run time, and
// calls "_OTHER" what it does not have.
using method = nanotel::label<"payment.method", card_brand>;
using outcome =
    nanotel::label<"order.outcome",
                   nanotel::one_of<"placed", "payment_declined", "out_of_stock", "payment_unavailable">>;

constinit nanotel::counter<std::uint64_t, method, outcome> orders{
    "shop.orders", {.unit = "{order}", .description = "Attempts to buy a cart", .scope = NANOTEL_SCOPE}};

} // namespace

checkout_request parse_checkout(std::string_view body) {
    thread_local simdjson::dom::parser parser;
    simdjson::dom::element request;
    std::string_view cart_id;
    std::string_view number;
    std::string_view holder;
    if (parser.parse(body.data(), body.size()).get(request) != simdjson::SUCCESS) {
        throw bad_request("the checkout is not valid JSON");
    }
    if (request["cart"].get(cart_id) != simdjson::SUCCESS) throw bad_request("the checkout names no cart");
    if (request.at_pointer("/card/number").get(number) != simdjson::SUCCESS ||
        request.at_pointer("/card/holder").get(holder) != simdjson::SUCCESS) {
        throw bad_request("a card has a number and a holder");
    }
    return {std::string(cart_id), {std::string(number), std::string(holder)}};
}

order checkout::place(const checkout_request& request) {
    NANOTEL_SPAN(span, "checkout", "cart.id"_attr = request.cart_id);
    const card_brand brand = brand_of(request.with);
    try {
        order placed = buy(request, span);
        orders.add(1, brand, "placed");
        NANOTEL_LOG_INFO("{} placed by {} for {:.2f}", placed.id, placed.bought->customer,
                         in_euros(placed.bought->total), "cart.lines"_attr = placed.bought->lines.size());
        confirm_later(placed);
        return placed;
    } catch (const refusal& reason) {
        orders.add(1, brand, reason.code());
        NANOTEL_LOG_WARN("cart {} was not bought", request.cart_id, nanotel::exception(reason),
                         "order.outcome"_attr = reason.code());
        throw;
    }
}

order checkout::buy(const checkout_request& request, nanotel::span& span) {
    const auto bought = carts_.find(request.cart_id);
    span.add_link(bought->computed_in, "link.reason"_attr = "cart");
    span.set("user.id"_attr = bought->customer, "order.total"_attr = in_euros(bought->total));

    // The tasks own what they use: should one of them throw, nobody waits for the other.
    auto reserving =
        workers_.submit("reserve stock", [&shelves = shelves_, bought] { return shelves.reserve(*bought); });
    auto authorizing =
        workers_.submit("authorize payment", [&payments = payments_, bought, with = request.with] {
            return payments.authorize(with, bought->total);
        });
    std::optional<approval> approved;
    std::exception_ptr no_payment;
    try {
        approved = authorizing.get();
    } catch (const refusal&) {
        no_payment = std::current_exception(); // its span has recorded it on the worker
    }
    try {
        reservation held = reserving.get();
        if (no_payment) std::rethrow_exception(no_payment); // and the reservation is released
        payments_.capture(*approved);
        held.keep();
    } catch (const out_of_stock&) {
        if (approved) payments_.cancel(*approved);
        throw;
    }
    order placed{fmt::format("order-{}", last_order_.fetch_add(1) + 1), approved->id, bought};
    span.set("order.id"_attr = placed.id);
    return placed;
}

void checkout::confirm_later(const order& placed) {
    NANOTEL_SPAN(publish, nanotel::producer("send orders"), "messaging.destination.name"_attr = "orders",
                 "messaging.operation.type"_attr = "send", "order.id"_attr = placed.id);
    const nanotel::context published = publish.context();
    // Nobody waits for the confirmation: it has a trace of its own, linked to the one that asked for it.
    static_cast<void>(workers_.submit("confirm order", [this, placed, published] {
        NANOTEL_SPAN_FROM(process, nanotel::new_root, nanotel::consumer("process orders"),
                          "messaging.destination.name"_attr = "orders",
                          "messaging.operation.type"_attr = "process", "order.id"_attr = placed.id);
        process.add_link(published, "link.reason"_attr = "message");
        confirm(placed);
    }));
}

void checkout::confirm(const order& placed) {
    {
        NANOTEL_SPAN(span, "write confirmation", "user.id"_attr = placed.bought->customer);
        std::string letter =
            fmt::format("Dear {},\n\nthank you for {}:\n\n", placed.bought->customer, placed.id);
        for (const auto& line : placed.bought->lines) {
            fmt::format_to(std::back_inserter(letter), "  {:>4} x {:<60} {:>10.2f}\n", line.quantity,
                           line.item->name, in_euros(line.total));
        }
        fmt::format_to(std::back_inserter(letter), "\n{:>79.2f} with tax\n", in_euros(placed.bought->total));
        span.set("confirmation.size"_attr = letter.size());
    }
    shelves_.restock(*placed.bought);
}

} // namespace shop
