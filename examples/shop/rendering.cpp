// SPDX-License-Identifier: MIT
#include "rendering.hpp"

#include "json_writer.hpp"

#include <nanotel/nanotel.hpp>

#include <cstdint>

using namespace nanotel::literals;
NANOTEL_INSTRUMENTATION_SCOPE("shop.rendering", "1.0.0");

namespace shop {

namespace {

// From an error's few bytes to a page of products: buckets that follow the data.
constinit nanotel::exponential_histogram<std::uint64_t> answer_size{
    "shop.answer.size", {.unit = "By", .description = "The JSON of answers", .scope = NANOTEL_SCOPE}};

void write_product(json_writer& json, const product& item) {
    json.key("id").value(item.id);
    json.key("name").value(item.name);
    json.key("maker").value(item.maker);
    json.key("category").value(item.category);
    json.key("price").money(item.price);
}

/// Writes one object in a span that tells how large it became.
template <typename Content>
std::string in_render_span(Content content) {
    NANOTEL_SPAN(span, "render JSON");
    json_writer json;
    json.object([&] { content(json); });
    span.set("http.response.body.size"_attr = json.size());
    answer_size.record(json.size());
    return json.finish();
}

} // namespace

std::string render(const search_result& found) {
    return in_render_span([&](json_writer& json) {
        json.key("matches").value(found.matches);
        json.key("categories").object([&] {
            for (const auto& [name, count] : found.categories) json.key(name).value(count);
        });
        json.key("products").array([&] {
            for (const auto& hit : found.hits) {
                json.object([&] { write_product(json, *hit.item); });
            }
        });
    });
}

std::string render(const product& item, int left, const std::vector<const product*>& related) {
    return in_render_span([&](json_writer& json) {
        write_product(json, item);
        json.key("description").value(item.description);
        json.key("stock").value(left);
        json.key("related").array([&] {
            for (const auto* other : related) {
                json.object([&] { write_product(json, *other); });
            }
        });
    });
}

std::string render(const cart& computed) {
    return in_render_span([&](json_writer& json) {
        json.key("cart").value(computed.id);
        json.key("lines").array([&] {
            for (const auto& line : computed.lines) {
                json.object([&] {
                    json.key("product").value(line.item->id);
                    json.key("quantity").value(line.quantity);
                    json.key("discount").money(line.discount);
                    json.key("total").money(line.total);
                });
            }
        });
        json.key("subtotal").money(computed.subtotal);
        json.key("discount").money(computed.discount);
        json.key("tax").money(computed.tax);
        json.key("total").money(computed.total);
    });
}

std::string render(const order& placed) {
    return in_render_span([&](json_writer& json) {
        json.key("order").value(placed.id);
        json.key("payment").value(placed.approval_id);
        json.key("total").money(placed.bought->total);
    });
}

std::string render_error(std::string_view code, std::string_view message) {
    json_writer json;
    json.object([&] {
        json.key("error").value(code);
        json.key("message").value(message);
    });
    return json.finish();
}

} // namespace shop
