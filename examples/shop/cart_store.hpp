// SPDX-License-Identifier: MIT
// Carts between their computation and their checkout.
#pragma once

#include "cart.hpp"
#include "errors.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace shop {

/// Keeps the latest carts; the oldest go when there are too many. Every thread may use it.
class cart_store {
public:
    /// Gives the cart an id.
    std::shared_ptr<const cart> keep(cart&& computed) {
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

    /// A cart is checked out as often as its customer tries. Throws not_found.
    [[nodiscard]] std::shared_ptr<const cart> find(const std::string& id) const {
        const std::lock_guard lock(mutex_);
        const auto found = carts_.find(id);
        if (found == carts_.end()) throw not_found("cart " + id);
        return found->second;
    }

private:
    static constexpr std::size_t most_carts = 10'000;

    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const cart>> carts_;
    std::deque<std::string> order_;
    std::uint64_t last_ = 0;
};

} // namespace shop
