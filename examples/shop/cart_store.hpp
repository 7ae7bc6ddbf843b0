// SPDX-License-Identifier: MIT
// Carts between their computation and their checkout.
#pragma once

#include "cart.hpp"

#include <nanotel/nanotel.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace shop {

/// Keeps the latest carts; the oldest go when there are too many. Every thread may use it.
class cart_store {
public:
    cart_store();

    /// Gives the cart an id.
    std::shared_ptr<const cart> keep(cart&& computed);

    /// A cart is checked out as often as its customer tries. Throws not_found.
    [[nodiscard]] std::shared_ptr<const cart> find(const std::string& id) const;

    [[nodiscard]] std::size_t size() const;

private:
    static constexpr std::size_t most_carts = 10'000;

    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const cart>> carts_;
    std::deque<std::string> order_;
    std::uint64_t last_ = 0;
    nanotel::callback_guard counted_; // the last member, so that nobody asks while the others go
};

} // namespace shop
