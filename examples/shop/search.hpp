// SPDX-License-Identifier: MIT
// Finds products by words, the best ones first.
#pragma once

#include "catalogue.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace shop {

struct search_result {
    struct hit {
        const product* item = nullptr;
        double score = 0;
    };
    std::vector<hit> hits; // the best first, at most as many as were asked for
    std::size_t matches = 0;
    std::map<std::string_view, std::size_t> categories; // of all matches
};

/// An inverted index over the words of a catalogue, which must outlive it. Every thread may search.
class search_index {
public:
    explicit search_index(const catalogue& products);

    /// Every word of the query matches the words that it begins. An empty query finds nothing.
    [[nodiscard]] search_result search(std::string_view query, std::size_t limit) const;

private:
    struct posting {
        std::uint32_t product;
        float weight; // where the word stands: a name says more than a description
    };
    struct score {
        double sum = 0;
        std::size_t words = 0; // how many words of the query matched
    };

    void add(std::string_view text, std::uint32_t product, float weight);
    [[nodiscard]] std::vector<score> match(const std::vector<std::string>& words) const;
    [[nodiscard]] search_result rank(const std::vector<score>& scores, std::size_t words,
                                     std::size_t limit) const;

    const catalogue& catalogue_;
    std::map<std::string, std::vector<posting>, std::less<>> index_; // ordered: a prefix is a range
};

} // namespace shop
