// SPDX-License-Identifier: MIT
// Who runs the programs of these tests, and what came of it.
#pragma once

#include "variables.hpp"

#include <nanotel/automagik.hpp>

#include <exporters/loopback.hpp>
#include <support/child_process.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nanotel_test {

// A user who said yes, with a home of their own.
struct user {
    temporary_folder home;
    variable_map variables{{"AUTOMAGIK_TELEMETRY_ENABLED", "true"}, {"HOME", home.path()}};

    automagik::client_options options(const std::string& endpoint = {}) const {
        automagik::client_options made;
        made.project_name = "my-app";
        made.version = "1.0.0";
        variable_map all = variables;
        if (!endpoint.empty()) all["AUTOMAGIK_TELEMETRY_ENDPOINT"] = endpoint;
        made.environment = environment_of(all);
        return made;
    }
    // Into memory.
    automagik::client_options options(const std::shared_ptr<nanotel::memory_exporter>& memory) const {
        automagik::client_options made = options();
        made.adjust = [memory](nanotel::options& o) {
            o.destinations.front().exporter = memory;
            o.logs.source_location = true;
        };
        return made;
    }
};

// What came to a receiver, decoded.
struct came {
    std::vector<nanotel::finished_span> spans;
    std::vector<nanotel::finished_metric> metrics;
    std::vector<nanotel::finished_log> logs;

    came() = default;
    explicit came(const std::vector<httplib::Request>& requests, const std::string& base = "") {
        for (const httplib::Request& one : requests) {
            if (one.path == base + "/v1/traces")
                add_traces(one.body);
            else if (one.path == base + "/v1/metrics")
                add_metrics(one.body);
            else if (one.path == base + "/v1/logs")
                add_logs(one.body);
            else
                FAIL("a request to " << one.path);
        }
    }

    void add_traces(const std::string& body) {
        auto decoded = nanotel::decode_traces(body);
        REQUIRE_MESSAGE(decoded, decoded.error);
        spans.insert(spans.end(), decoded.spans.begin(), decoded.spans.end());
    }
    void add_metrics(const std::string& body) {
        auto decoded = nanotel::decode_metrics(body);
        REQUIRE_MESSAGE(decoded, decoded.error);
        metrics.insert(metrics.end(), decoded.metrics.begin(), decoded.metrics.end());
    }
    void add_logs(const std::string& body) {
        auto decoded = nanotel::decode_logs(body);
        REQUIRE_MESSAGE(decoded, decoded.error);
        logs.insert(logs.end(), decoded.logs.begin(), decoded.logs.end());
    }

    const nanotel::finished_span& span(std::string_view name) const { return only(spans, name); }
    const nanotel::finished_metric& metric(std::string_view name) const {
        const nanotel::finished_metric* last = nullptr;
        for (const auto& one : metrics)
            if (one.name == name) last = &one;
        REQUIRE_MESSAGE(last != nullptr, name);
        return *last;
    }

private:
    template <class List>
    static const typename List::value_type& only(const List& list, std::string_view name) {
        const typename List::value_type* found = nullptr;
        for (const auto& one : list) {
            if (one.name != name) continue;
            REQUIRE_MESSAGE(found == nullptr, name);
            found = &one;
        }
        REQUIRE_MESSAGE(found != nullptr, name);
        return *found;
    }
};

} // namespace nanotel_test
