// SPDX-License-Identifier: MIT
// What an OTLP/HTTP answer means for the payload (OTLP specification, "OTLP/HTTP Response").
#pragma once

#include <simdjson.h>

#include <algorithm> // min
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error> // errc

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/exporters/retry_after.hpp>
#include <nanotel/exporters/secrets.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// An answer as it came, whatever sent it.
struct http_answer {
    int status = 0;
    std::string content_type;
    std::string retry_after;
    std::string location;
    std::string body;
    std::string exception_code; ///< X-ClickHouse-Exception-Code
};

/// What an OTLP body says: partialSuccess of an Export*ServiceResponse, or the message of a Status.
struct otlp_answer {
    std::uint64_t rejected = 0;
    std::string message;
};

/// Reads what there is to read and leaves the rest: unknown fields, wrong types and broken JSON make an empty
/// answer, never an error. simdjson's On-Demand types stay inside this one function, because their layout
/// depends on how a file is compiled. The message is rid of secrets, which escapes may hide in the body.
[[nodiscard]] inline otlp_answer read_otlp_answer(std::string_view body, const secret_list& secrets = {}) {
    namespace json = simdjson::ondemand;
    constexpr std::size_t longest_message = 512;
    otlp_answer answer;
    const auto say = [&](std::string_view text) {
        answer.message = text;
        secrets.hide(answer.message);
        answer.message.resize(std::min(answer.message.size(), longest_message));
    };
    if (body.size() < sizeof R"({"a":0})" - 1) return answer; // "{}" and nothing, the usual answers
    const simdjson::padded_string padded(body);
    json::parser parser;
    json::document document;
    json::object object;
    if (parser.iterate(padded).get(document) || document.get_object().get(object)) return answer;
    for (auto field : object) {
        std::string_view key;
        json::value value;
        if (field.unescaped_key().get(key) || field.value().get(value)) return answer;
        if (key == "message") {
            std::string_view text;
            if (!value.get_string().get(text)) say(text);
        } else if (key == "partialSuccess") {
            json::object partial;
            if (value.get_object().get(partial)) continue;
            for (auto part : partial) {
                if (part.unescaped_key().get(key) || part.value().get(value)) return answer;
                std::string_view text;
                if (key == "errorMessage") {
                    if (!value.get_string().get(text)) say(text);
                } else if (key == "rejectedSpans" || key == "rejectedDataPoints" ||
                           key == "rejectedLogRecords") {
                    std::uint64_t count =
                        0; // a decimal string by the JSON mapping, a number from the careless
                    if (value.get_string().get(text)) {
                        if (!value.get_uint64().get(count)) answer.rejected = count;
                    } else if (std::from_chars(text.data(), text.data() + text.size(), count).ec ==
                               std::errc{}) {
                        answer.rejected = count;
                    }
                }
            }
        }
    }
    return answer;
}

/// The beginning of a body that is no OTLP, for a diagnostic: one line, quoted, cut.
[[nodiscard]] inline std::string excerpt(std::string_view body) {
    constexpr std::size_t enough = 160;
    std::string text;
    for (const char c : body.substr(0, enough)) {
        const bool blank = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
        if (!blank)
            text += c;
        else if (!text.empty() && text.back() != ' ')
            text += ' ';
    }
    while (text.ends_with(' ')) text.pop_back();
    return text.empty() ? text : "\"" + text + (body.size() > enough ? "...\"" : "\"");
}

/// What a person should do about a status, beginning with ": " or empty.
[[nodiscard]] inline std::string_view advice_for_status(int status) noexcept {
    switch (status) {
    case 401:
    case 403:
        return ": check the credentials in OTEL_EXPORTER_OTLP_HEADERS or .headers";
    case 404:
    case 405:
        return ": check the path; a base endpoint ends before /v1/traces, a per-signal endpoint is used as "
               "it is";
    case 407:
        return ": the proxy wants credentials, or others; write them as http://user:password@host:port";
    case 415:
        return ": the destination does not read OTLP JSON; send through a Collector";
    default:
        return status >= 300 && status < 400 ? ": redirects are not followed; configure the final URL" : "";
    }
}

[[nodiscard]] constexpr bool is_retryable_status(int status) noexcept {
    return status == 429 || status == 502 || status == 503 || status == 504;
}

/// The verdict on a payload from its answer. where names the endpoint without secrets.
[[nodiscard]] inline export_result judge_answer(const http_answer& answer, const payload& sent,
                                                std::string_view where,
                                                std::chrono::system_clock::time_point now,
                                                const secret_list& secrets = {}) {
    const otlp_answer otlp = read_otlp_answer(answer.body, secrets);
    export_result result;
    if (answer.content_type.starts_with(
            "application/grpc")) { // with status 200 too: gRPC says no in a trailer
        result.outcome = export_outcome::rejected;
        result.message =
            std::string(where) + " speaks gRPC; OTLP over HTTP is mostly on port 4318 of the same host";
        return result;
    }
    if (answer.status >= 200 && answer.status < 300) {
        result.rejected_items = std::min(otlp.rejected, sent.items);
        if (result.rejected_items > 0 || !otlp.message.empty()) {
            result.message = std::string(where) + " took " +
                             std::to_string(sent.items - result.rejected_items) + " of " +
                             std::to_string(sent.items) + " items";
            if (!otlp.message.empty()) result.message += " and says: " + otlp.message;
        } else if (!answer.body.empty() && answer.content_type.starts_with("text/html")) {
            result.message = std::string(where) + " answered " + std::to_string(answer.status) +
                             " with a web page: is an OTLP receiver there?";
        }
        return result;
    }

    const std::string said = otlp.message.empty() ? excerpt(answer.body) : otlp.message;
    result.message = std::string(where) + " answered " + std::to_string(answer.status);
    if (answer.status >= 300 && answer.status < 400 && !answer.location.empty())
        result.message += " to " + redacted_url(answer.location);
    if (!said.empty()) result.message += " (" + said + ")";

    // The Collector refuses a body that is too large after decompression with 400 and the text of Go's
    // http.MaxBytesError; servers in front of it with 413.
    constexpr std::string_view too_large = "request body too large";
    if (answer.status == 413 || (answer.status == 400 && answer.body.find(too_large) != answer.body.npos)) {
        result.outcome = export_outcome::rejected;
        result.split = true;
        result.message += ": the body of " + std::to_string(sent.body.size()) + " bytes is too large for it";
    } else if (is_retryable_status(answer.status)) {
        result.outcome = export_outcome::retryable;
        result.retry_after = parse_retry_after(answer.retry_after, now);
    } else {
        result.outcome = export_outcome::rejected;
        result.message += advice_for_status(answer.status);
    }
    return result;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
