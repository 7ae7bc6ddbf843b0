#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <nanotel/core/diagnostics.hpp>

namespace nanotel_test {

/// Hears every diagnostic of the process for as long as it lives. Rate limits start afresh with it.
class diagnostics_heard {
public:
    diagnostics_heard() {
        nanotel::set_diagnostic_handler(
            [](nanotel::diagnostic_level level, std::string_view text, void* user) {
                auto& self = *static_cast<diagnostics_heard*>(user);
                const std::lock_guard guard(self.mutex_);
                self.lines_.push_back(std::string(to_string(level)) + ": " + std::string(text));
            },
            this);
    }
    diagnostics_heard(const diagnostics_heard&) = delete;
    diagnostics_heard& operator=(const diagnostics_heard&) = delete;
    ~diagnostics_heard() { nanotel::set_diagnostic_handler(nullptr); }

    [[nodiscard]] std::vector<std::string> lines() const {
        const std::lock_guard guard(mutex_);
        return lines_;
    }

    /// All lines as one text, for searching.
    [[nodiscard]] std::string text() const {
        std::string all;
        for (const std::string& line : lines()) all += line + "\n";
        return all;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

} // namespace nanotel_test
