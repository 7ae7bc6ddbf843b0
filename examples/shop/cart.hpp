// SPDX-License-Identifier: MIT
// Shopping carts: what a customer wants, and what it costs.
#pragma once

#include "catalogue.hpp"
#include "money.hpp"
#include "stock.hpp"

#include <nanotel/nanotel.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace shop {

struct cart_line {
    const product* item = nullptr;
    int quantity = 0;
    cents discount = 0;
    cents total = 0; // with the discount, without tax
};

struct cart {
    std::string id; // given when it is stored
    std::string customer;
    std::string coupon;
    std::vector<cart_line> lines;
    cents subtotal = 0;
    cents discount = 0;
    cents tax = 0;
    cents total = 0;
    // The checkout is another request, perhaps hours later: it links to the trace that computed the cart.
    nanotel::context computed_in;
};

/// Reads a cart from the JSON of a request. Throws bad_request and not_found.
[[nodiscard]] cart parse_cart(std::string_view body, const catalogue& products);

/// Computes discounts, tax and total. Throws out_of_stock when there is less of a product than the cart
/// wants.
void price(cart& wanted, const stock& available);

} // namespace shop
