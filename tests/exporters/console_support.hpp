// SPDX-License-Identifier: MIT
// A console in memory, and bodies for it.
#pragma once

#include <nanotel/exporters/console.hpp>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace nanotel_test {

inline nanotel::environment console_variables(std::vector<std::pair<std::string, std::string>> set) {
    return {[set = std::move(set)](const std::string& name) -> std::optional<std::string> {
        for (const auto& [key, value] : set)
            if (key == name) return value;
        return std::nullopt;
    }};
}

/// What an exporter wrote, as text.
class console_in_memory {
public:
    explicit console_in_memory(bool coloured = false, std::size_t width = 100) {
        stream_ = ::open_memstream(&text_, &size_);
        REQUIRE(stream_ != nullptr);
        exporter_ = nanotel::console_exporter({.file = stream_, .colours = coloured, .width = width},
                                              console_variables({}));
    }
    console_in_memory(const console_in_memory&) = delete;
    console_in_memory& operator=(const console_in_memory&) = delete;
    ~console_in_memory() {
        exporter_.reset();
        std::fclose(stream_);
        std::free(text_);
    }

    nanotel::export_result send(const std::string& body, nanotel::signal kind = nanotel::signal::traces) {
        return exporter_->send({kind, body, 1}, std::chrono::steady_clock::now() + std::chrono::seconds(60));
    }
    /// What came since the last time.
    std::string text() {
        std::string all(text_, size_);
        return all.substr(std::exchange(told_, size_));
    }
    /// What one body comes out as.
    std::string shown(const std::string& body, nanotel::signal kind = nanotel::signal::traces) {
        const auto result = send(body, kind);
        CHECK(result.outcome == nanotel::export_outcome::delivered);
        CHECK(result.message == "");
        return text();
    }

private:
    char* text_ = nullptr;
    std::size_t size_ = 0;
    std::size_t told_ = 0;
    std::FILE* stream_ = nullptr;
    std::shared_ptr<nanotel::exporter> exporter_;
};

/// A span that began so many microseconds after 2026-11-30 02:00:00 UTC, in the trace 11…1.
inline std::string span_json(const std::string& id, const std::string& parent, const std::string& name,
                             long begin_us, long end_us, const std::string& more = {},
                             const std::string& trace = std::string(32, '1')) {
    const auto time = [](long us) { return std::to_string(1'796'004'000'000'000L + us) + "000"; };
    return R"({"traceId":")" + trace + R"(","spanId":")" + id + R"(","parentSpanId":")" + parent +
           R"(","name":")" + name + R"(","startTimeUnixNano":")" + time(begin_us) +
           R"(","endTimeUnixNano":")" + time(end_us) + '"' + more + "}";
}

inline std::string attribute_json(const std::string& key, const std::string& value) {
    return R"({"key":")" + key + R"(","value":)" + value + "}";
}

/// A body of spans, without a resource.
inline std::string traces_json(const std::vector<std::string>& spans, const std::string& resource = {}) {
    std::string list;
    for (const std::string& span : spans) list += (list.empty() ? "" : ",") + span;
    return R"({"resourceSpans":[{)" + resource + R"("scopeSpans":[{"scope":{},"spans":[)" + list + "]}]}]}";
}

} // namespace nanotel_test
