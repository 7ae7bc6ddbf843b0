// SPDX-License-Identifier: MIT
// What the shop answers, as JSON.
#pragma once

#include "cart.hpp"
#include "catalogue.hpp"
#include "checkout.hpp"
#include "search.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace shop {

[[nodiscard]] std::string render(const search_result& found);
[[nodiscard]] std::string render(const product& item, int left, const std::vector<const product*>& related);
[[nodiscard]] std::string render(const cart& computed);
[[nodiscard]] std::string render(const order& placed);
[[nodiscard]] std::string render_error(std::string_view code, std::string_view message);

} // namespace shop
