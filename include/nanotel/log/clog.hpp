// SPDX-License-Identifier: MIT
// What a program writes to std::clog as log records, a line each. Opt-in: no other header includes it.
#pragma once

#include <nanotel/log.hpp>

#include <iostream>
#include <mutex>
#include <streambuf>
#include <string>

namespace nanotel::inline NANOTEL_ABI {

/// How lines of std::clog become records.
struct clog_options {
    nanotel::severity severity = nanotel::severity::info;
    std::string logger = "clog"; ///< the instrumentation scope
    bool forward = false;        ///< also write them where they went before
};

/// Makes log records of what is written to std::clog for as long as it lives, a line each, and gives back
/// what std::clog wrote to before when it goes; what is left of a line then is a record too. Empty lines are
/// none. Lines above 32 KiB come in pieces. A record belongs to the span that is current where its line ends.
/// Any thread may write; what several write at once to one line is mixed, as it would be on a terminal. Nest
/// such objects as scopes.
class clog_bridge final : public std::streambuf {
public:
    explicit clog_bridge(clog_options how = {})
        : how_(std::move(how)), logger_(text(how_.logger)), before_(std::clog.rdbuf(this)) {}
    ~clog_bridge() override {
        if (std::clog.rdbuf() == this) std::clog.rdbuf(before_);
        const std::lock_guard lock(mutex_);
        end_line();
    }
    clog_bridge(const clog_bridge&) = delete;
    clog_bridge& operator=(const clog_bridge&) = delete;

protected:
    int_type overflow(int_type c) override {
        if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
        const char character = traits_type::to_char_type(c);
        return xsputn(&character, 1) == 1 ? c : traits_type::eof();
    }
    std::streamsize xsputn(const char* characters, std::streamsize count) override {
        const std::lock_guard lock(mutex_);
        if (how_.forward && before_) before_->sputn(characters, count);
        for (std::streamsize i = 0; i < count; ++i) {
            if (characters[i] == '\n')
                end_line();
            else
                line_ += characters[i];
            if (line_.size() == longest) end_line();
        }
        return count;
    }
    int sync() override {
        const std::lock_guard lock(mutex_);
        return how_.forward && before_ ? before_->pubsync() : 0;
    }

private:
    static constexpr std::size_t longest = 32 << 10;

    void end_line() noexcept {
        if (!line_.empty()) logger_.log(how_.severity, text(line_));
        line_.clear();
    }

    const clog_options how_;
    const logger logger_;
    std::streambuf* const before_;
    std::mutex mutex_;
    std::string line_;
};

} // namespace nanotel::inline NANOTEL_ABI
