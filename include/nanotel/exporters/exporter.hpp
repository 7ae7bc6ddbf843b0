// SPDX-License-Identifier: MIT
// The seam between the pipeline and the wire: one request body in, one verdict out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nanotel/core/config.hpp>
#include <nanotel/otlp/signal.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {
class body_format; // exporters/body_format.hpp
}

/// One request body: a whole TracesData, MetricsData or LogsData object in OTLP JSON, UTF-8, uncompressed,
/// without a line end; or what the exporter's own format makes of them. Only a view: the pipeline keeps the
/// bytes alive until send returns.
struct payload {
    signal kind = signal::traces;
    std::string_view body;
    std::uint64_t items = 0; ///< how many spans, data points or log records the body holds
};

/// What became of a payload (OTLP specification, "Failures").
enum class export_outcome : std::uint8_t {
    delivered, ///< the destination has it, apart from export_result::rejected_items
    retryable, ///< not taken now; the same bytes may be taken later (429, 502, 503, 504, no connection, full
               ///< disk)
    rejected,  ///< these bytes will never be taken; sending them again is useless
};

/// The name of an outcome, for diagnostics and tests.
[[nodiscard]] constexpr std::string_view to_string(export_outcome outcome) noexcept {
    switch (outcome) {
    case export_outcome::delivered:
        return "delivered";
    case export_outcome::retryable:
        return "retryable";
    case export_outcome::rejected:
        return "rejected";
    }
    return "unknown";
}

/// The verdict on one payload.
struct export_result {
    export_outcome outcome = export_outcome::delivered;
    /// Of a delivered payload: the items that the destination refused (partial success), at most
    /// payload::items. They are lost: OTLP forbids sending a partly accepted request again.
    std::uint64_t rejected_items = 0;
    /// Of a retryable payload: how long the destination asks us to wait, counted from the return of send.
    std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
    /// The body was too large for the destination: halve it and send the halves. Outcome is then rejected.
    bool split = false;
    /// What happened, to which endpoint and what to do, for a diagnostic; without secrets. Empty when all is
    /// well; a delivered payload with a message is one that the destination took with a warning.
    std::string message = {};
};

/// A destination of telemetry. The pipeline calls send from one thread at a time and never two sends of one
/// exporter at once; interrupt, name and description may be called from any thread at any time.
class exporter {
public:
    exporter() = default;
    exporter(const exporter&) = delete;
    exporter& operator=(const exporter&) = delete;
    virtual ~exporter() = default;

    /// Sends one payload and says what became of it. Returns soon after the deadline at the latest, whatever
    /// the destination does, and never throws: every failure is a result. Blocks, for one attempt.
    [[nodiscard]] virtual export_result send(const payload& body,
                                             std::chrono::steady_clock::time_point deadline) = 0;

    /// The kind of exporter for diagnostics and the otel.component.type of its own metrics, as "otlp_http".
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// Where it sends to, for diagnostics: an endpoint, a directory. Never a header value or a password.
    [[nodiscard]] virtual std::string description() const = 0;

    /// Another thread asks a send under way to give up soon, with a retryable result. It holds for the send
    /// that is under way, not for later ones, and does nothing when there is none. Does not wait.
    virtual void interrupt() noexcept {}

    /// Of the library's own exporters: the form of the bodies that it takes. Null: OTLP JSON. The same for as
    /// long as the exporter lives.
    [[nodiscard]] virtual const detail::body_format* format() const noexcept { return nullptr; }

    /// In a forked child that goes on recording, before its first send: no send is under way here, but one of
    /// the parent's may have been at the fork, on a thread that is not here, with locks taken and things half
    /// done. To be put in place anew and not waited for. An exporter without locks and buffers has nothing to
    /// do.
    virtual void restart_in_child() noexcept {}
};

} // namespace nanotel::inline NANOTEL_ABI
