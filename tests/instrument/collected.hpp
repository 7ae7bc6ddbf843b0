// SPDX-License-Identifier: MIT
// The metrics of one collection, asked for by a test.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <nanotel/sdk.hpp>

namespace nanotel_test {

class collection {
public:
    explicit collection(std::vector<nanotel::finished_metric> metrics) : metrics_(std::move(metrics)) {}

    [[nodiscard]] std::set<std::string> names() const {
        std::set<std::string> all;
        for (const auto& metric : metrics_) all.insert(metric.name);
        return all;
    }

    /// Nullptr when it is not there.
    [[nodiscard]] const nanotel::finished_metric* find(std::string_view name) const {
        for (const auto& metric : metrics_)
            if (metric.name == name) return &metric;
        return nullptr;
    }

    /// The value of a series. A missing one, or one of another type, fails the test.
    template <class Number = std::int64_t>
    [[nodiscard]] Number value(std::string_view name, const nanotel::attribute_list& labels = {}) const {
        const auto* const metric = find(name);
        const std::string wanted(name);
        CAPTURE(wanted);
        REQUIRE(metric != nullptr);
        const auto* const point = metric->find(labels);
        REQUIRE(point != nullptr);
        const Number* const number = point->value.get_if<Number>();
        REQUIRE(number != nullptr);
        return *number;
    }

    [[nodiscard]] const std::vector<nanotel::finished_metric>& metrics() const { return metrics_; }

private:
    std::vector<nanotel::finished_metric> metrics_;
};

/// A telemetry that collects when it is asked to.
class collecting {
public:
    [[nodiscard]] collection collect() {
        memory_->clear();
        REQUIRE(bool(telemetry_.flush(std::chrono::seconds(60))));
        return collection(memory_->metrics());
    }

    nanotel::telemetry& telemetry() { return telemetry_; }

private:
    std::shared_ptr<nanotel::memory_exporter> memory_ = std::make_shared<nanotel::memory_exporter>();
    nanotel::telemetry telemetry_ = nanotel::start({.service_name = "test", .exporter = memory_});
};

} // namespace nanotel_test
