// SPDX-License-Identifier: MIT
#include "payment.hpp"

#include "errors.hpp"

#include <nanotel/log.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdint>

using namespace nanotel::literals;
NANOTEL_INSTRUMENTATION_SCOPE("shop.payment", "1.0.0");

namespace shop {

namespace {

// Every request to the provider has the same attributes, so their names and types are declared once.
inline constexpr nanotel::span_schema<"payment provider request", nanotel::span_kind::client,
                                      nanotel::required<"payment.operation", std::string_view>,
                                      nanotel::required<"payment.amount", double>,
                                      nanotel::optional<"payment.approval", std::string_view>,
                                      nanotel::optional<"payment.signature", std::string_view>>
    provider_request;

constexpr int most_attempts = 3;

/// The check digit of card numbers.
bool is_card_number(std::string_view number) {
    int sum = 0;
    int position = 0;
    for (auto digit = number.rbegin(); digit != number.rend(); ++digit, ++position) {
        if (*digit < '0' || *digit > '9') return false;
        const int value = (*digit - '0') * (position % 2 == 0 ? 1 : 2);
        sum += value > 9 ? value - 9 : value;
    }
    return position >= 12 && position <= 19 && sum % 10 == 0;
}

/// What a request is signed with; slow on purpose, as key derivation is.
std::string sign(std::string_view text, cents amount) {
    auto state = static_cast<std::uint64_t>(amount);
    for (int round = 0; round < 500; ++round) {
        for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
        state ^= state >> 29U;
    }
    return fmt::format("{:016x}", state);
}

/// One request. Returns false when the provider does not answer.
bool ask(const card& with, cents amount, approval& granted) {
    NANOTEL_SPAN(span, provider_request, "payment.operation"_attr = "authorize",
                 "payment.amount"_attr = in_euros(amount));
    granted = {"approval-" + sign(with.number, amount), amount};
    if (with.number == "4000000000000119") {
        span.set_status(nanotel::status_code::error, "no answer");
        return false;
    }
    if (with.number == "4000000000000002") throw payment_declined("the bank declines the card");
    if (with.number == "4000000000009995") throw payment_declined("the account has no such amount");
    span.set("payment.approval"_attr = granted.id);
    return true;
}

} // namespace

card_brand brand_of(const card& with) {
    if (with.number.starts_with('4')) return card_brand::visa;
    if (with.number.starts_with('5')) return card_brand::mastercard;
    return card_brand::unknown;
}

approval payment_provider::authorize(const card& with, cents amount) const {
    return nanotel::in_span(
        "authorize payment", "payment.amount"_attr = in_euros(amount), [&](nanotel::span& span) {
            if (!is_card_number(with.number)) throw bad_request("the card number is none");
            // Never the number: telemetry is read by many. The last digits are what receipts show.
            span.set("payment.card.last_digits"_attr =
                         std::string_view(with.number).substr(with.number.size() - 4));
            approval granted;
            for (int attempt = 1; attempt <= most_attempts; ++attempt) {
                if (ask(with, amount, granted)) {
                    span.set("payment.attempts"_attr = attempt);
                    return granted;
                }
                span.add_event("no answer", "payment.attempt"_attr = attempt);
                // When the provider is down every customer finds out; once a second is enough to know.
                NANOTEL_LOG_ERROR_EVERY(std::chrono::seconds(1),
                                        "the payment provider gave no answer, attempt {} of {}", attempt,
                                        most_attempts);
            }
            throw payment_unavailable(
                fmt::format("the payment provider gave no answer {} times", most_attempts));
        });
}

void payment_provider::capture(const approval& approved) const {
    NANOTEL_SPAN(span, provider_request, "payment.operation"_attr = "capture",
                 "payment.amount"_attr = in_euros(approved.amount), "payment.approval"_attr = approved.id);
    span.set("payment.signature"_attr = sign(approved.id, approved.amount));
}

void payment_provider::cancel(const approval& approved) const {
    NANOTEL_SPAN(span, provider_request, "payment.operation"_attr = "cancel",
                 "payment.amount"_attr = in_euros(approved.amount), "payment.approval"_attr = approved.id);
    span.set("payment.signature"_attr = sign(approved.id, approved.amount));
}

} // namespace shop
