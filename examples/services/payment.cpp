// SPDX-License-Identifier: MIT
#include "services.hpp"

#include <nanotel/log.hpp>

#include <charconv>
#include <cstdint>
#include <string>

using namespace nanotel::literals;
NANOTEL_INSTRUMENTATION_SCOPE("services.payment", "1.0.0");

namespace {

constexpr std::int64_t limit = 100'000; // cents

bool authorize(std::int64_t cents) {
    // The front end put it there, two processes away.
    const nanotel::baggage baggage = nanotel::current_baggage();
    const nanotel::text customer = baggage.get("customer");
    NANOTEL_SPAN(span, "authorize", "payment.cents"_attr = cents, "customer"_attr = customer);
    if (cents > limit) {
        NANOTEL_LOG_WARN("{} may not pay {} cents", customer, cents);
        span.set_status(nanotel::status_code::error, "above the limit");
        return false;
    }
    NANOTEL_LOG_INFO("{} pays {} cents", customer, cents);
    return true;
}

} // namespace

void services::serve_payment(nanotel::httplib_server<>& server) {
    server.Post("/payments", [](const httplib::Request& request, httplib::Response& response) {
        const std::string text = request.get_param_value("cents");
        std::int64_t cents = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cents);
        if (error != std::errc() || end != text.data() + text.size() || cents <= 0)
            response.status = 400;
        else
            response.status = authorize(cents) ? 200 : 402;
    });
}
