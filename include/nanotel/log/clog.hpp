// SPDX-License-Identifier: MIT
// What a program writes to std::clog as log records, a line each. Opt-in: no other header includes it.
#pragma once

#include <nanotel/log.hpp>
#include <nanotel/log/state_of_process.hpp>

#include <iostream>
#include <map>
#include <mutex>
#include <streambuf>
#include <string>
#include <thread>
#include <utility>

namespace nanotel::inline NANOTEL_ABI {

/// How lines of std::clog become records.
struct clog_options {
    nanotel::severity severity = nanotel::severity::info;
    std::string logger = "clog"; ///< the instrumentation scope
    bool forward = false;        ///< also write them where they went before
};

/// Makes log records of what is written to std::clog for as long as it lives, a line each, and gives back
/// what std::clog wrote to before when it goes; what is left of lines then are records too. Empty lines are
/// none. Lines above 32 KiB come in pieces. A record belongs to the span that is current where its line ends.
/// Any thread may write, and each has lines of its own; where they are forwarded they mix as they would have
/// before. A forked child begins without what its parent had of lines. Nest such objects as scopes.
class clog_bridge final : public std::streambuf {
public:
    explicit clog_bridge(clog_options how = {})
        : how_(std::move(how)), logger_(text(how_.logger)), before_(std::clog.rdbuf(this)) {}
    ~clog_bridge() override {
        if (std::clog.rdbuf() == this) std::clog.rdbuf(before_);
        if (state* const of_process = state_.get_if())
            for (auto& [thread, line] : of_process->begun) end_line(line);
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
        state& of_process = state_.get();
        const auto self = std::this_thread::get_id();
        std::string line;
        {
            const std::lock_guard lock(of_process.mutex);
            if (how_.forward && before_) before_->sputn(characters, count);
            if (const auto begun = of_process.begun.find(self); begun != of_process.begun.end()) {
                line = std::move(begun->second);
                of_process.begun.erase(begun);
            }
        }
        // Without the lock: a record may have to wait for room.
        for (std::streamsize i = 0; i < count; ++i) {
            if (characters[i] == '\n')
                end_line(line);
            else
                line += characters[i];
            if (line.size() == longest) end_line(line);
        }
        if (!line.empty()) {
            const std::lock_guard lock(of_process.mutex);
            of_process.begun.insert_or_assign(self, std::move(line));
        }
        return count;
    }
    int sync() override {
        if (!how_.forward || !before_) return 0;
        const std::lock_guard lock(state_.get().mutex);
        return before_->pubsync();
    }

private:
    static constexpr std::size_t longest = 32 << 10;

    struct state {
        std::mutex mutex;
        std::map<std::thread::id, std::string> begun; // lines whose end has not come, by who writes them
    };

    void end_line(std::string& line) noexcept {
        if (!line.empty()) logger_.log(how_.severity, text(line));
        line.clear();
    }

    const clog_options how_;
    const logger logger_;
    std::streambuf* const before_;
    detail::state_of_process<state> state_;
};

} // namespace nanotel::inline NANOTEL_ABI
