// SPDX-License-Identifier: MIT
// Why a request cannot be served: each reason is an exception with its HTTP status.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace shop {

/// A refusal that the client can understand; everything else that is thrown is a fault of the shop.
class refusal : public std::runtime_error {
public:
    refusal(int status, std::string_view code, const std::string& why)
        : std::runtime_error(why), status_(status), code_(code) {}

    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] std::string_view code() const noexcept { return code_; } // a literal, for programs

private:
    int status_;
    std::string_view code_;
};

struct bad_request : refusal {
    explicit bad_request(const std::string& why) : refusal(400, "bad_request", why) {}
};

struct payment_declined : refusal {
    explicit payment_declined(const std::string& why) : refusal(402, "payment_declined", why) {}
};

struct not_found : refusal {
    explicit not_found(const std::string& what) : refusal(404, "not_found", what + " is not known") {}
};

struct out_of_stock : refusal {
    explicit out_of_stock(const std::string& what) : refusal(409, "out_of_stock", what) {}
};

struct payment_unavailable : refusal {
    explicit payment_unavailable(const std::string& why) : refusal(503, "payment_unavailable", why) {}
};

struct overloaded : refusal {
    overloaded() : refusal(503, "overloaded", "too many orders at once, try again") {}
};

} // namespace shop
