// SPDX-License-Identifier: MIT
// The payment provider, as the shop sees it.
#pragma once

#include "money.hpp"

#include <string>
#include <string_view>

namespace shop {

struct card {
    std::string number;
    std::string holder;
};

/// By the first digits of its number.
enum class card_brand { visa, mastercard, unknown };
[[nodiscard]] card_brand brand_of(const card& with);

/// The provider's word that an amount can be had.
struct approval {
    std::string id;
    cents amount = 0;
};

/// Stands in for a provider on the other end of a network: it signs its requests, declines some cards, and
/// fails for one so that the shop has to try again. No state; every thread may use it.
class payment_provider {
public:
    /// Throws payment_declined, payment_unavailable, or bad_request when the number is none.
    [[nodiscard]] approval authorize(const card& with, cents amount) const;

    void capture(const approval& approved) const;

    /// Gives an approval back.
    void cancel(const approval& approved) const;
};

} // namespace shop
