// SPDX-License-Identifier: MIT
#include "search.hpp"

#include <nanotel/nanotel.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

using namespace nanotel::literals;
NANOTEL_INSTRUMENTATION_SCOPE("shop.search", "1.0.0");

namespace shop {

namespace {

/// Lowercase words of letters and digits; what is not ASCII counts as a letter.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words(1);
    for (const char c : text) {
        const bool upper = c >= 'A' && c <= 'Z';
        const bool part = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
        if (part) {
            words.back() += upper ? static_cast<char>(c - 'A' + 'a') : c;
        } else if (!words.back().empty()) {
            words.emplace_back();
        }
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

} // namespace

search_index::search_index(const catalogue& products) : catalogue_(products) {
    NANOTEL_SPAN(span, "build search index", "catalogue.products"_attr = products.products().size());
    for (const auto& p : products.products()) {
        const auto number = static_cast<std::uint32_t>(p.number);
        add(p.name, number, 4.0F);
        add(p.category, number, 2.0F);
        add(p.maker, number, 2.0F);
        add(p.description, number, 1.0F);
    }
    span.set("search.words"_attr = index_.size());
}

void search_index::add(std::string_view text, std::uint32_t product, float weight) {
    for (auto& word : words_of(text)) {
        auto& list = index_[std::move(word)];
        if (!list.empty() && list.back().product == product) {
            list.back().weight += weight;
        } else {
            list.push_back({product, weight});
        }
    }
}

search_result search_index::search(std::string_view query, std::size_t limit) const {
    NANOTEL_SPAN(span, "search products", "search.query"_attr = query, "search.limit"_attr = limit);
    const auto words = words_of(query);
    const auto result = rank(match(words), words.size(), limit);
    span.set("search.words"_attr = words, "search.matches"_attr = result.matches);
    if (result.matches == 0) span.add_event("nothing found", "search.query"_attr = query);
    return result;
}

std::vector<search_index::score> search_index::match(const std::vector<std::string>& words) const {
    NANOTEL_SPAN(span, "match words");
    const auto products = static_cast<double>(catalogue_.products().size());
    std::vector<score> scores(catalogue_.products().size());
    std::size_t postings = 0;
    for (const auto& word : words) {
        std::vector<double> best(scores.size()); // a product counts a word of the query once
        for (auto entry = index_.lower_bound(word); entry != index_.end() && entry->first.starts_with(word);
             ++entry) {
            const auto& list = entry->second;
            const double rarity = std::log(1.0 + products / static_cast<double>(list.size()));
            const double closeness =
                static_cast<double>(word.size()) / static_cast<double>(entry->first.size());
            for (const posting& p : list) {
                best[p.product] =
                    std::max(best[p.product], rarity * closeness * static_cast<double>(p.weight));
            }
            postings += list.size();
        }
        for (std::size_t i = 0; i < scores.size(); ++i) {
            scores[i].sum += best[i];
            scores[i].words += best[i] > 0 ? 1 : 0;
        }
    }
    span.set("search.postings"_attr = postings);
    return scores;
}

search_result search_index::rank(const std::vector<score>& scores, std::size_t words,
                                 std::size_t limit) const {
    NANOTEL_SPAN(span, "rank products");
    search_result result;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (scores[i].words == 0) continue;
        const product& p = catalogue_.products()[i];
        // Whoever types two words wants both.
        const double coverage = static_cast<double>(scores[i].words) / static_cast<double>(words);
        result.hits.push_back({&p, scores[i].sum * coverage * coverage});
        ++result.categories[p.category];
    }
    result.matches = result.hits.size();
    const auto shown = std::min(limit, result.hits.size());
    std::partial_sort(result.hits.begin(), result.hits.begin() + static_cast<std::ptrdiff_t>(shown),
                      result.hits.end(), [](const auto& a, const auto& b) {
                          return a.score != b.score ? a.score > b.score : a.item->price < b.item->price;
                      });
    result.hits.resize(shown);
    span.set("search.matches"_attr = result.matches, "search.categories"_attr = result.categories.size());
    if (shown > 0) span.set("search.best_score"_attr = result.hits.front().score);
    return result;
}

} // namespace shop
