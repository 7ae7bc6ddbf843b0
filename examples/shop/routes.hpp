// SPDX-License-Identifier: MIT
// The HTTP interface of the shop.
#pragma once

#include "cart_store.hpp"
#include "catalogue.hpp"
#include "checkout.hpp"
#include "payment.hpp"
#include "search.hpp"
#include "stock.hpp"
#include "worker_pool.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace httplib {
class Server;
}

namespace shop {

/// The shop: its goods, its shelves, its workers. Built in this order and torn down in the reverse, so the
/// workers finish before what they use goes.
struct shop_service {
    explicit shop_service(catalogue&& goods, std::size_t worker_threads)
        : products(std::move(goods)), index(products), shelves(products), workers(worker_threads),
          till(carts, shelves, payments, workers) {}

    catalogue products;
    search_index index;
    stock shelves;
    cart_store carts;
    payment_provider payments;
    worker_pool workers;
    checkout till;
    std::atomic<std::uint64_t> requests{0};
};

/// GET /products, GET /products/:id, POST /cart, POST /checkout.
void serve_shop(httplib::Server& server, shop_service& service);

} // namespace shop
