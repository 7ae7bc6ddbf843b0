// SPDX-License-Identifier: MIT
// How many of each product there are, and who holds some of them.
#pragma once

#include "catalogue.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace shop {

struct cart;
class stock;

/// Products set aside for an order. They go back to the shelf unless the order is placed.
class reservation {
public:
    reservation(stock& from, std::vector<std::pair<const product*, int>>&& items)
        : from_(&from), items_(std::move(items)) {}
    reservation(reservation&& other) noexcept
        : from_(std::exchange(other.from_, nullptr)), items_(std::move(other.items_)) {}
    reservation& operator=(reservation&&) = delete;
    ~reservation();

    void keep() { from_ = nullptr; }

private:
    stock* from_;
    std::vector<std::pair<const product*, int>> items_;
};

/// The shelves. Every thread may use them.
class stock {
public:
    explicit stock(const catalogue& products);

    [[nodiscard]] int of(const product& item) const;

    /// Sets the whole cart aside or nothing of it. Throws out_of_stock.
    [[nodiscard]] reservation reserve(const cart& wanted);

    void put_back(const product& item, int quantity);

    /// Fills what has sold down to a tenth up again. Returns how many products that were.
    int restock(const cart& sold);

private:
    mutable std::mutex mutex_;
    std::vector<int> left_; // by the number of the product
};

} // namespace shop
