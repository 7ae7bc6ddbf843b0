// SPDX-License-Identifier: MIT
// Bodies that are not OTLP JSON: who makes them of records and points, and who cuts them. The pipeline knows
// of a format what stands here; an exporter that has one says so (exporter::format).
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/metrics/metric_data.hpp>
#include <nanotel/otlp/body_part.hpp>
#include <nanotel/otlp/signal.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace nanotel::inline NANOTEL_ABI {

class resource;
class sampling_threshold;
struct span_limits;

namespace detail {

class clock_map;
class site_registry;
struct log_encoding;

// What trace_encoder and log_encoder are for OTLP. Used by one thread.
class record_encoder {
public:
    virtual ~record_encoder() = default;
    // False where memory is refused: the record is lost, the body stays whole.
    virtual bool add(const std::byte* record, const clock_map& clock) noexcept = 0;
    virtual std::uint64_t items() const noexcept = 0;
    virtual std::size_t size() const noexcept = 0;
    // The body, after which the encoder is empty again. Empty where memory is refused.
    virtual byte_buffer take() = 0;
};

// What metric_encoder is for OTLP. Used by one thread.
class point_encoder : public metric_sink {
public:
    // Takes a whole body and the number of its points.
    using body_function = std::function<void(byte_buffer body, std::uint64_t points)>;

    // Hands over the last body. Afterwards the encoder is as new, for the next collection.
    virtual void finish() noexcept = 0;
    // Points for which there was no memory, so far.
    virtual std::uint64_t lost_points() const noexcept = 0;
};

// How large bodies get, see options::max_export_batch_bytes; no limit of items where it is 0.
struct body_limits {
    std::size_t bytes = std::size_t{4} << 20;
    std::uint64_t items = 0;
};

// Lives as long as its exporter, and its encoders no longer. Thread-safe.
class body_format {
public:
    virtual ~body_format() = default;

    // Bodies that lie on disk are found by it: another format, another name.
    virtual std::string_view name() const noexcept = 0;
    // Whether the bodies of the other are the same as those of this: then they are encoded once for both.
    virtual bool same_as(const body_format& other) const noexcept = 0;
    // Items of one body at most; 0: as many as the pipeline allows.
    virtual std::uint64_t max_items() const noexcept = 0;

    // Each throws std::bad_alloc alone. `share` is what of the traces is given to it.
    virtual std::unique_ptr<record_encoder> spans(const site_registry& sites, const resource& is,
                                                  const span_limits& limits,
                                                  const sampling_threshold& share) const = 0;
    virtual std::unique_ptr<record_encoder> logs(const site_registry& sites, const resource& is,
                                                 const log_encoding& how) const = 0;
    virtual std::unique_ptr<point_encoder> points(const site_registry& sites, const resource& is,
                                                  const body_limits& limits,
                                                  point_encoder::body_function finished) const = 0;

    // Two bodies for one that was too large, with its items in their order. Empty when there is but one item,
    // or memory is refused.
    virtual std::vector<body_part> split(signal kind, std::string_view body) const noexcept = 0;
};

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
