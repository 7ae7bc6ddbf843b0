// SPDX-License-Identifier: MIT
// What the shop sells.
#pragma once

#include "money.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace shop {

struct product {
    std::size_t number = 0; // its place in the catalogue
    std::string id;
    std::string name;
    std::string maker;
    std::string category;
    std::string description;
    cents price = 0;
    int stock = 0; // when the shop opens
};

/// The products of a JSON file. Does not change once it is loaded, so every thread may read it.
class catalogue {
public:
    catalogue(const catalogue&) = delete; // what looks products up points into the list of them
    catalogue& operator=(const catalogue&) = delete;
    catalogue(catalogue&&) = default;
    catalogue& operator=(catalogue&&) = default;

    /// Throws std::runtime_error when the file cannot be read or a product lacks something.
    [[nodiscard]] static catalogue load(const std::string& path);

    /// Throws not_found.
    [[nodiscard]] const product& find(std::string_view id) const;

    /// Products of the same category whose prices are closest.
    [[nodiscard]] std::vector<const product*> related(const product& to, std::size_t most) const;

    [[nodiscard]] const std::vector<product>& products() const { return products_; }

private:
    catalogue() = default;

    std::vector<product> products_;
    std::unordered_map<std::string_view, const product*> by_id_;
    std::unordered_map<std::string_view, std::vector<const product*>> by_category_;
};

} // namespace shop
