// SPDX-License-Identifier: MIT
// Turns a cart into an order.
#pragma once

#include "cart_store.hpp"
#include "payment.hpp"
#include "stock.hpp"
#include "worker_pool.hpp"

#include <nanotel/nanotel.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace shop {

struct checkout_request {
    std::string cart_id;
    card with;
};

struct order {
    std::string id;
    std::string approval_id;
    std::shared_ptr<const cart> bought;
};

/// Throws bad_request.
[[nodiscard]] checkout_request parse_checkout(std::string_view body);

class checkout {
public:
    checkout(cart_store& carts, stock& shelves, const payment_provider& payments, worker_pool& workers)
        : carts_(carts), shelves_(shelves), payments_(payments), workers_(workers) {}

    /// Reserves the stock and authorises the payment at the same time on two workers, and places the order
    /// when both succeed. Throws refusals. The confirmation is sent later.
    [[nodiscard]] order place(const checkout_request& request);

private:
    order buy(const checkout_request& request, nanotel::span& span);
    void confirm_later(const order& placed);
    void confirm(const order& placed);

    cart_store& carts_;
    stock& shelves_;
    const payment_provider& payments_;
    worker_pool& workers_;
    std::atomic<std::uint64_t> last_order_{0};
};

} // namespace shop
