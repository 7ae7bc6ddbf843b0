// SPDX-License-Identifier: MIT
// The form of the bodies that go to ClickHouse: JSONEachRow, one object a line, whose members are columns.
#pragma once

#include <nanotel/clickhouse/log_rows.hpp>
#include <nanotel/clickhouse/metric_rows.hpp>
#include <nanotel/clickhouse/span_rows.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Halves rows. A line end stands behind each row and nowhere else: within a text it is escaped. Empty when
// there is but one row, or memory is refused.
[[nodiscard]] inline std::vector<body_part> split_rows(std::string_view body) noexcept {
    std::uint64_t rows = 0;
    for (const char c : body) rows += c == '\n';
    if (rows < 2) return {};
    std::size_t cut = 0;
    for (std::uint64_t passed = 0; passed < rows / 2; ++passed) cut = body.find('\n', cut) + 1;
    try {
        std::vector<body_part> parts(2);
        parts[0].items = rows / 2;
        parts[1].items = rows - rows / 2;
        if (parts[0].body.append(body.data(), cut) &&
            parts[1].body.append(body.data() + cut, body.size() - cut))
            return parts;
    } catch (...) { // no memory
    }
    return {};
}

class row_format final : public body_format {
public:
    explicit row_format(std::uint64_t max_rows) noexcept : max_rows_(max_rows) {}

    std::string_view name() const noexcept override { return "clickhouse"; }
    bool same_as(const body_format& other) const noexcept override {
        return other.name() == name() && other.max_items() == max_rows_;
    }
    std::uint64_t max_items() const noexcept override { return max_rows_; }

    std::unique_ptr<record_encoder> spans(const site_registry& sites, const resource& is,
                                          const span_limits& limits,
                                          const sampling_threshold& share) const override {
        return std::make_unique<span_rows>(sites, is, limits, share);
    }
    std::unique_ptr<record_encoder> logs(const site_registry& sites, const resource& is,
                                         const log_encoding& how) const override {
        return std::make_unique<log_rows>(sites, is, how);
    }
    std::unique_ptr<point_encoder> points(const site_registry& sites, const resource& is,
                                          const body_limits& limits,
                                          point_encoder::body_function finished) const override {
        return std::make_unique<metric_rows>(sites, is, limits, std::move(finished));
    }
    std::vector<body_part> split(signal, std::string_view body) const noexcept override {
        return split_rows(body);
    }

private:
    const std::uint64_t max_rows_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
