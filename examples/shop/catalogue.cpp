// SPDX-License-Identifier: MIT
#include "catalogue.hpp"

#include "errors.hpp"

#include <nanotel/nanotel.hpp>

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <utility>

using namespace nanotel::literals;
NANOTEL_INSTRUMENTATION_SCOPE("shop.catalogue", "1.0.0");

namespace shop {

namespace {

std::string text_of(simdjson::dom::element item, const char* member) {
    return std::string(item[member].get_string().value());
}

} // namespace

catalogue catalogue::load(const std::string& path) {
    // in_span and not NANOTEL_SPAN: what is wrong with a file is in the exception, and this records it.
    return nanotel::in_span("load catalogue", "file.path"_attr = path, [&](nanotel::span& span) {
        simdjson::dom::parser parser;
        const simdjson::dom::element file = parser.load(path);
        catalogue result;
        for (const simdjson::dom::element item : file["products"].get_array()) {
            product p;
            p.number = result.products_.size();
            p.id = text_of(item, "id");
            p.name = text_of(item, "name");
            p.maker = text_of(item, "maker");
            p.category = text_of(item, "category");
            p.description = text_of(item, "description");
            p.price = item["price"].get_int64();
            p.stock = static_cast<int>(item["stock"].get_int64().value());
            result.products_.push_back(std::move(p));
        }
        if (result.products_.empty()) throw std::runtime_error(path + " has no products");
        for (const auto& p : result.products_) {
            result.by_id_[p.id] = &p;
            result.by_category_[p.category].push_back(&p);
        }
        span.set("catalogue.products"_attr = result.products_.size(),
                 "catalogue.categories"_attr = result.by_category_.size());
        return result;
    });
}

const product& catalogue::find(std::string_view id) const {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) throw not_found("product " + std::string(id));
    return *found->second;
}

std::vector<const product*> catalogue::related(const product& to, std::size_t most) const {
    NANOTEL_SPAN(span, "find related products", "product.id"_attr = to.id,
                 "product.category"_attr = to.category);
    auto others = by_category_.at(to.category);
    std::erase(others, &to);
    const auto distance = [&](const product* p) { return std::abs(p->price - to.price); };
    most = std::min(most, others.size());
    std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(most), others.end(),
                      [&](const product* a, const product* b) { return distance(a) < distance(b); });
    span.set("catalogue.candidates"_attr = others.size());
    others.resize(most);
    return others;
}

} // namespace shop
