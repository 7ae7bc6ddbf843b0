// SPDX-License-Identifier: MIT
#include "stock.hpp"

#include "cart.hpp"
#include "errors.hpp"

#include <nanotel/nanotel.hpp>

#include <fmt/format.h>

#include <cstddef>

using namespace nanotel::literals;
NANOTEL_INSTRUMENTATION_SCOPE("shop.stock", "1.0.0");

namespace shop {

namespace {

constinit nanotel::gauge<> shelf_level{
    "shop.shelf.level",
    {.unit = "1", .description = "How full the shelf is that was used last", .scope = NANOTEL_SCOPE}};

void note_level(const product& item, int left) {
    shelf_level.set(static_cast<double>(left) / item.stock, "product.category"_attr = item.category);
}

} // namespace

reservation::~reservation() {
    if (from_ == nullptr) return;
    NANOTEL_SPAN(span, "release reservation", "reservation.lines"_attr = items_.size());
    for (const auto& [item, quantity] : items_) from_->put_back(*item, quantity);
}

stock::stock(const catalogue& products) {
    left_.reserve(products.products().size());
    for (const auto& p : products.products()) left_.push_back(p.stock);
}

int stock::of(const product& item) const {
    const std::lock_guard lock(mutex_);
    return left_[item.number];
}

reservation stock::reserve(const cart& wanted) {
    return nanotel::in_span("reserve stock", "cart.id"_attr = wanted.id,
                            "cart.lines"_attr = wanted.lines.size(), [&] {
                                std::vector<std::pair<const product*, int>> held;
                                held.reserve(wanted.lines.size());
                                const std::lock_guard lock(mutex_);
                                for (const auto& line : wanted.lines) {
                                    int& left = left_[line.item->number];
                                    if (left < line.quantity) {
                                        for (const auto& [item, quantity] : held)
                                            left_[item->number] += quantity;
                                        throw out_of_stock(fmt::format("{} sold out: {} of {} there",
                                                                       line.item->id, left, line.quantity));
                                    }
                                    left -= line.quantity;
                                    note_level(*line.item, left);
                                    held.emplace_back(line.item, line.quantity);
                                }
                                return reservation(*this, std::move(held));
                            });
}

void stock::put_back(const product& item, int quantity) {
    const std::lock_guard lock(mutex_);
    left_[item.number] += quantity;
}

int stock::restock(const cart& sold) {
    NANOTEL_SPAN(span, "restock", "cart.lines"_attr = sold.lines.size());
    int filled = 0;
    const std::lock_guard lock(mutex_);
    for (const auto& line : sold.lines) {
        int& left = left_[line.item->number];
        if (left >= line.item->stock / 10) continue;
        span.add_event("ordered from supplier", "product.id"_attr = line.item->id,
                       "product.stock"_attr = left, "product.ordered"_attr = line.item->stock - left);
        left = line.item->stock;
        note_level(*line.item, left);
        ++filled;
    }
    span.set("stock.products_filled"_attr = filled);
    return filled;
}

} // namespace shop
