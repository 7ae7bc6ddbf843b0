// SPDX-License-Identifier: MIT
#include "cart_store.hpp"

#include "errors.hpp"

#include <utility>

NANOTEL_INSTRUMENTATION_SCOPE("shop.cart", "1.0.0");

namespace shop {

namespace {

constinit nanotel::observable_up_down_counter<> carts_kept{
    "shop.carts.kept", {.unit = "{cart}", .description = "Carts that may be bought", .scope = NANOTEL_SCOPE}};

} // namespace

// Asked when metrics are collected, so that keeping a cart has nothing to count.
cart_store::cart_store()
    : counted_(carts_kept.observe([this](const auto& carts) { carts.observe(size()); })) {}

std::shared_ptr<const cart> cart_store::keep(cart&& computed) {
    const std::lock_guard lock(mutex_);
    computed.id = "cart-" + std::to_string(++last_);
    auto kept = std::make_shared<const cart>(std::move(computed));
    carts_.emplace(kept->id, kept);
    order_.push_back(kept->id);
    if (order_.size() > most_carts) {
        carts_.erase(order_.front());
        order_.pop_front();
    }
    return kept;
}

std::shared_ptr<const cart> cart_store::find(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = carts_.find(id);
    if (found == carts_.end()) throw not_found("cart " + id);
    return found->second;
}

std::size_t cart_store::size() const {
    const std::lock_guard lock(mutex_);
    return carts_.size();
}

} // namespace shop
