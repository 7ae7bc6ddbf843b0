// SPDX-License-Identifier: MIT
// The OTLP file exporter: JSON Lines, one signal a file (OpenTelemetry Protocol File Exporter).
#pragma once

#include <unistd.h> // access

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept> // invalid_argument
#include <string>
#include <string_view>
#include <system_error>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/exporters/file_lines.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// Where the file exporter writes.
struct otlp_file_options {
    /// Made when it does not exist, with its parents; a new directory can be entered by its owner alone.
    std::string directory = ".";
    /// Before the name of the signal: "shop-" makes shop-traces.jsonl, shop-metrics.jsonl, shop-logs.jsonl.
    std::string file_prefix = {};
};

namespace detail {

class otlp_file_exporter final : public exporter {
public:
    explicit otlp_file_exporter(const otlp_file_options& options) : directory_(options.directory) {
        if (directory_.empty())
            throw std::invalid_argument(
                "otlp_file: .directory is empty; name a directory, \".\" for the current one");
        if (options.file_prefix.find('/') != options.file_prefix.npos)
            throw std::invalid_argument("otlp_file: .file_prefix \"" + options.file_prefix +
                                        "\" has a slash; put directories into .directory");
        make_directory();
        for (const signal kind : {signal::traces, signal::metrics, signal::logs})
            files_[static_cast<std::size_t>(kind)].emplace(directory_ + "/" + options.file_prefix +
                                                           std::string(to_string(kind)) + ".jsonl");
    }

    export_result send(const payload& body, std::chrono::steady_clock::time_point deadline) override {
        file_lines& file = *files_[static_cast<std::size_t>(body.kind)];
        const auto interrupts = interrupts_.load(std::memory_order_relaxed);
        try {
            const int error = file.append(body.body, [&] {
                return std::chrono::steady_clock::now() >= deadline ||
                       interrupts_.load(std::memory_order_relaxed) != interrupts;
            });
            if (error == 0) return {};
            return {.outcome = export_outcome::retryable,
                    .message =
                        file.path() + " cannot be written: " +
                        (error == file_lines::locked ? "another process holds its lock" : errno_text(error)) +
                        std::string(advice(error))};
        } catch (const std::exception& problem) {
            return {.outcome = export_outcome::retryable,
                    .message = "the file of the " + std::string(to_string(body.kind)) +
                               " was not written: " + problem.what()};
        }
    }

    std::string_view name() const noexcept override { return "otlp_file"; }
    std::string description() const override { return directory_; }
    void interrupt() noexcept override { interrupts_.fetch_add(1, std::memory_order_relaxed); }

private:
    void make_directory() const {
        std::error_code error;
        if (!std::filesystem::is_directory(directory_, error)) {
            if (std::filesystem::exists(directory_, error))
                throw std::invalid_argument("otlp_file: .directory \"" + directory_ +
                                            "\" is a file; name another directory or move the file away");
            std::filesystem::create_directories(directory_, error);
            if (error)
                throw std::invalid_argument("otlp_file: .directory \"" + directory_ +
                                            "\" cannot be made: " + error.message() +
                                            "; make it, or name one that this user can make");
            std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, error);
        }
        if (::access(directory_.c_str(), W_OK | X_OK) != 0)
            throw std::invalid_argument("otlp_file: .directory \"" + directory_ +
                                        "\" cannot be written by this user: " + errno_text(errno) +
                                        "; change its owner or mode, or name another one");
    }

    static std::string_view advice(int error) noexcept {
        switch (error) {
        case ENOSPC:
        case EDQUOT:
            return "; make room: what was not written is kept and tried again";
        case EACCES:
        case EPERM:
            return "; give this user the right to write it";
        case EFBIG:
            return "; move it away: it has reached the size that this process may write (ulimit -f)";
        case EMFILE:
        case ENFILE:
            return "; raise the limit of open files (ulimit -n)";
        case file_lines::locked:
            return "; end that process (lslocks names it), or give each a .file_prefix of its own";
        case ENOENT:
            return "; was the directory removed?";
        default:
            return "";
        }
    }

    std::string directory_;
    std::atomic<unsigned> interrupts_{0};            // a send gives up when it changes; orders nothing else
    std::array<std::optional<file_lines>, 3> files_; // opened by the first payload: no empty files
};

} // namespace detail

/// An exporter that appends one line a payload to traces.jsonl, metrics.jsonl and logs.jsonl. Files are made
/// with mode 0600. Each line is appended by one write under an advisory lock, for which a send waits until
/// its deadline, and whole or not at all: a full disk is retryable and leaves the file as it was. Throws
/// std::invalid_argument when the directory cannot be made or written. Not synced to the disk line by line.
[[nodiscard]] inline std::shared_ptr<exporter> otlp_file(otlp_file_options options = {}) {
    return std::make_shared<detail::otlp_file_exporter>(options);
}

} // namespace nanotel::inline NANOTEL_ABI
