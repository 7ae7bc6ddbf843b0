// SPDX-License-Identifier: MIT
#include "cart.hpp"

#include "errors.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstdint>
#include <map>

using namespace nanotel::literals;
NANOTEL_INSTRUMENTATION_SCOPE("shop.cart", "1.0.0");

namespace shop {

namespace {

constexpr int largest_quantity = 1'000;

int tax_percent(const product& item) { return item.category == "books" ? 7 : 19; }

/// Ten of a kind are cheaper, and a coupon takes ten percent off what is left.
void apply_discounts(cart& wanted) {
    NANOTEL_SPAN(span, "apply discounts");
    const bool coupon = wanted.coupon == "SPRING10";
    if (!coupon && !wanted.coupon.empty())
        span.add_event("unknown coupon", "cart.coupon"_attr = wanted.coupon);
    for (auto& line : wanted.lines) {
        const cents full = line.item->price * line.quantity;
        if (line.quantity >= 10) {
            line.discount = percent_of(full, 5);
            span.add_event("quantity discount", "product.id"_attr = line.item->id,
                           "discount.amount"_attr = in_euros(line.discount));
        }
        if (coupon) line.discount += percent_of(full - line.discount, 10);
        line.total = full - line.discount;
        wanted.subtotal += full;
        wanted.discount += line.discount;
    }
    span.set("cart.discount"_attr = in_euros(wanted.discount));
}

void compute_tax(cart& wanted) {
    std::map<int, cents> totals; // tax is due on the sum of a rate, not on each line
    for (const auto& line : wanted.lines) totals[tax_percent(*line.item)] += line.total;
    for (const auto& [percent, total] : totals) wanted.tax += percent_of(total, percent);
    wanted.total = wanted.subtotal - wanted.discount + wanted.tax;
}

void check_stock(const cart& wanted, const stock& available) {
    NANOTEL_SPAN(span, "check stock", "cart.lines"_attr = wanted.lines.size());
    std::string missing;
    for (const auto& line : wanted.lines) {
        const int left = available.of(*line.item);
        if (left >= line.quantity) continue;
        span.add_event("out of stock", "product.id"_attr = line.item->id, "product.stock"_attr = left,
                       "cart.quantity"_attr = line.quantity);
        missing += fmt::format("{}{} ({} of {} there)", missing.empty() ? "" : ", ", line.item->id, left,
                               line.quantity);
    }
    if (!missing.empty()) {
        const out_of_stock problem("not enough in stock: " + missing);
        span.record_exception(problem);
        throw problem;
    }
}

} // namespace

cart parse_cart(std::string_view body, const catalogue& products) {
    NANOTEL_SPAN(span, "parse cart", "http.request.body.size"_attr = body.size());
    thread_local simdjson::dom::parser parser;
    cart result;
    simdjson::dom::element request;
    if (parser.parse(body.data(), body.size()).get(request) != simdjson::SUCCESS) {
        throw bad_request("the cart is not valid JSON");
    }
    std::string_view customer;
    std::string_view coupon;
    simdjson::dom::array lines;
    if (request["customer"].get(customer) != simdjson::SUCCESS || customer.empty()) {
        throw bad_request("the cart names no customer");
    }
    if (request["coupon"].get(coupon) == simdjson::SUCCESS) result.coupon = coupon;
    if (request["lines"].get(lines) != simdjson::SUCCESS || lines.size() == 0) {
        throw bad_request("the cart has no lines");
    }
    result.customer = customer;
    for (const simdjson::dom::element line : lines) {
        std::string_view id;
        std::int64_t quantity = 0;
        if (line["product"].get(id) != simdjson::SUCCESS ||
            line["quantity"].get(quantity) != simdjson::SUCCESS) {
            throw bad_request("a line of a cart has a product and a quantity");
        }
        if (quantity < 1 || quantity > largest_quantity) {
            throw bad_request(
                fmt::format("the quantity {} is not between 1 and {}", quantity, largest_quantity));
        }
        result.lines.push_back({&products.find(id), static_cast<int>(quantity), 0, 0});
    }
    span.set("cart.lines"_attr = result.lines.size());
    return result;
}

void price(cart& wanted, const stock& available) {
    NANOTEL_SPAN(span, "compute cart", "cart.lines"_attr = wanted.lines.size(),
                 "user.id"_attr = wanted.customer);
    check_stock(wanted, available);
    apply_discounts(wanted);
    compute_tax(wanted);
    wanted.computed_in = span.context();
    span.set("cart.total"_attr = in_euros(wanted.total), "cart.currency"_attr = "EUR");
}

} // namespace shop
