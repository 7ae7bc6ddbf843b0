// SPDX-License-Identifier: MIT
// What customers do: browse, look, fill carts, pay, and now and then do something wrong.
#pragma once

#include <httplib.h>
#include <simdjson.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace shop_load {

/// Numbers that look random and are the same in every run (splitmix64).
class dice {
public:
    explicit dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U) {}

    std::uint64_t below(std::uint64_t limit) {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return (z ^ (z >> 31U)) % limit;
    }
    bool chance(std::uint64_t percent) { return below(100) < percent; }

    template <typename List>
    const auto& pick(const List& list) {
        return list[below(std::size(list))];
    }

private:
    std::uint64_t state_;
};

struct tally {
    std::uint64_t requests = 0;
    std::uint64_t errors = 0; // no answer, or another one than was to be expected
    std::map<int, std::uint64_t> statuses;
    std::string first_error;
};

/// A customer with a connection of its own that is kept alive.
class customer {
public:
    customer(int port, std::uint64_t number)
        : client_("127.0.0.1", port), dice_(number), name_(fmt::format("customer-{}", number)) {
        client_.set_keep_alive(true);
        client_.set_tcp_nodelay(true);
        client_.set_connection_timeout(5);
        client_.set_read_timeout(10);
    }

    void act() {
        const auto what = dice_.below(100);
        if (what < 45 || ids_.empty()) {
            search();
        } else if (what < 72) {
            look();
        } else if (what < 88 || cart_.empty()) {
            fill_cart();
        } else {
            pay();
        }
    }

    [[nodiscard]] const tally& counts() const { return tally_; }

private:
    void search() {
        static constexpr std::array words{"lamp",   "wool",   "kettle", "ste",    "travel", "oak",
                                          "linen",  "glass",  "puzzle", "navy",   "brass",  "book",
                                          "pen",    "small",  "tent",   "green",  "copper", "garden",
                                          "medium", "wooden", "ultra",  "Fjordal"};
        std::string query = dice_.pick(words);
        while (dice_.chance(40)) query += std::string("+") + dice_.pick(words);
        if (dice_.chance(3)) query = "unobtainium";
        const auto body = get(fmt::format("/products?q={}&limit={}", query, 5 + dice_.below(20)), {200});
        remember_ids(body);
    }

    void look() {
        if (dice_.chance(5)) {
            get("/products/nothing-9999", {404});
        } else {
            get("/products/" + dice_.pick(ids_), {200});
        }
    }

    void fill_cart() {
        if (dice_.chance(3)) {
            post("/cart", R"({"customer":"nobody","lines":[)", {400});
            return;
        }
        const bool greedy = dice_.chance(5);
        std::string lines;
        for (auto count = 1 + dice_.below(5); count > 0; --count) {
            const auto quantity = greedy ? 900 : dice_.chance(10) ? 10 + dice_.below(5) : 1 + dice_.below(3);
            lines += fmt::format(R"({}{{"product":"{}","quantity":{}}})", lines.empty() ? "" : ",",
                                 dice_.pick(ids_), quantity);
        }
        const auto* coupon = dice_.chance(20) ? R"("coupon":"SPRING10",)" : "";
        const auto body = fmt::format(R"({{"customer":"{}",{}"lines":[{}]}})", name_, coupon, lines);
        const auto answer = post("/cart", body, greedy ? expected{409} : expected{200, 409});
        std::string_view id;
        simdjson::dom::element cart;
        if (parser_.parse(answer).get(cart) == simdjson::SUCCESS && cart["cart"].get(id) == simdjson::SUCCESS)
            cart_ = id;
    }

    void pay() {
        struct test_card {
            std::uint64_t percent;
            std::string_view number;
            int status;
        };
        static constexpr std::array cards{
            test_card{50, "4242424242424242", 200}, test_card{30, "5555555555554444", 200},
            test_card{8, "4000000000000002", 402},  test_card{5, "4000000000009995", 402},
            test_card{4, "4000000000000119", 503},  test_card{3, "4242424242424241", 400}};
        auto roll = dice_.below(100);
        std::size_t which = 0;
        while (roll >= cards[which].percent) roll -= cards[which++].percent;
        const bool lost = dice_.chance(4);
        const auto body = fmt::format(R"({{"cart":"{}","card":{{"number":"{}","holder":"{}"}}}})",
                                      lost ? "cart-0" : cart_, cards[which].number, name_);
        // Others may have bought what is in the cart.
        post("/checkout", body, lost ? expected{404} : expected{cards[which].status, 409});
        cart_.clear();
    }

    /// The statuses that are right for a request.
    struct expected {
        int status;
        int or_else = 0;
    };

    std::string get(const std::string& path, expected right) { return count(client_.Get(path), path, right); }

    std::string post(const std::string& path, const std::string& body, expected right) {
        return count(client_.Post(path, body, "application/json"), path, right);
    }

    std::string count(const httplib::Result& answer, const std::string& path, expected right) {
        ++tally_.requests;
        const int status = answer ? answer->status : 0;
        ++tally_.statuses[status];
        if (status != right.status && (right.or_else == 0 || status != right.or_else)) {
            if (tally_.errors++ == 0) {
                tally_.first_error =
                    fmt::format("{}: {} instead of {}", path,
                                answer ? std::to_string(status) : to_string(answer.error()), right.status);
            }
        }
        return answer ? answer->body : std::string();
    }

    void remember_ids(const std::string& body) {
        simdjson::dom::array products;
        if (parser_.parse(body)["products"].get(products) != simdjson::SUCCESS) return;
        for (const simdjson::dom::element item : products) {
            std::string_view id;
            if (item["id"].get(id) != simdjson::SUCCESS) continue;
            if (ids_.size() < 200) {
                ids_.emplace_back(id);
            } else {
                ids_[dice_.below(ids_.size())] = id;
            }
        }
    }

    httplib::Client client_;
    dice dice_;
    std::string name_;
    std::vector<std::string> ids_; // products that were seen
    std::string cart_;             // the cart to pay for, if there is one
    simdjson::dom::parser parser_;
    tally tally_;
};

} // namespace shop_load
