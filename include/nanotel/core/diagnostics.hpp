// SPDX-License-Identifier: MIT
// How a failure inside the library reaches the application: one replaceable handler, rate-limited by subject.
// For the tier of sdk.hpp: the instrumentation itself counts what goes wrong and never comes here.
#pragma once

#include <time.h>   // clock_gettime, nanosleep
#include <unistd.h> // getpid, write

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <nanotel/core/runtime.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// How much a diagnostic matters: error, data or configuration is lost; warning, something is not as it
/// should be; info, worth knowing once; debug, for those who work on the library. No diagnostic has none,
/// which is for set_diagnostic_level alone.
enum class diagnostic_level : std::uint8_t { none, error, warning, info, debug };

/// The name of a level as the default handler prints it.
[[nodiscard]] constexpr std::string_view to_string(diagnostic_level level) noexcept {
    switch (level) {
    case diagnostic_level::none:
        return "none";
    case diagnostic_level::error:
        return "error";
    case diagnostic_level::warning:
        return "warning";
    case diagnostic_level::info:
        return "info";
    case diagnostic_level::debug:
        return "debug";
    }
    return "unknown";
}

/// Receives one diagnostic: a single line of at most 4 KiB without a line end and without secrets, valid
/// during the call. Called by one thread at a time, mostly a background thread of the library, so it should
/// return soon; what it throws is swallowed, and what its own thread reports meanwhile is dropped.
using diagnostic_handler = void (*)(diagnostic_level level, std::string_view text, void* user);

namespace detail {

/// Decides which diagnostics pass: the first of a subject at once, then at most one a minute, which says how
/// many were held back. Lock-free, of fixed size, and harmless to copy into a child by fork at any moment.
class diagnostic_limiter {
public:
    static constexpr std::int64_t interval_ns = 60'000'000'000;
    /// Slots of subjects, and the last, which all that find none share.
    static constexpr std::size_t slots = 65;

    struct verdict {
        bool pass;
        std::uint32_t held_back; ///< since the last one that passed
        std::size_t slot;        ///< which is the subject's, until it has been silent for a minute
    };

    /// What is to be said `once` does not pass again, nor is it counted, as long as its slot is its own.
    verdict judge(std::uint64_t subject, std::int64_t now, bool once = false) noexcept {
        const std::size_t found = find(subject, now);
        slot& entry = slots_[found];
        std::int64_t last = entry.last.load(std::memory_order_relaxed);
        if (once && last != never && found != slots - 1) return {false, 0, found};
        // The exchange decides which of several threads speaks; the counters around it guard no other memory.
        if (due(last, now) && entry.last.compare_exchange_strong(last, now, std::memory_order_relaxed))
            return {true, entry.held_back.exchange(0, std::memory_order_relaxed), found};
        entry.held_back.fetch_add(1, std::memory_order_relaxed);
        return {false, 0, found};
    }

    /// How many a slot held back whose subject has been silent for two minutes, or for no matter how long
    /// where `at_once`: while it goes on, the next one that passes tells. Then they count as told.
    std::uint32_t left_over(std::size_t which, std::int64_t now, bool at_once) noexcept {
        slot& entry = slots_[which];
        if (entry.held_back.load(std::memory_order_relaxed) == 0) return 0;
        if (!at_once && now - entry.last.load(std::memory_order_relaxed) < 2 * interval_ns) return 0;
        return entry.held_back.exchange(0, std::memory_order_relaxed);
    }

    void forget() noexcept {
        for (slot& entry : slots_) {
            entry.subject.store(0, std::memory_order_relaxed);
            entry.last.store(never, std::memory_order_relaxed);
            entry.held_back.store(0, std::memory_order_relaxed);
        }
    }

private:
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min();

    struct slot {
        std::atomic<std::uint64_t> subject{0};
        std::atomic<std::int64_t> last{never};
        std::atomic<std::uint32_t> held_back{0};
    };

    static bool due(std::int64_t last, std::int64_t now) noexcept {
        return last == never || now - last >= interval_ns;
    }

    std::size_t find(std::uint64_t subject, std::int64_t now) noexcept {
        for (std::size_t i = 0; i < slots - 1; ++i)
            if (slots_[i].subject.load(std::memory_order_relaxed) == subject) return i;
        // One that is silent and owes no count goes before one whose count would be lost.
        for (const bool owing : {false, true})
            for (std::size_t i = 0; i < slots - 1; ++i) {
                slot& entry = slots_[i];
                std::uint64_t owner = entry.subject.load(std::memory_order_relaxed);
                if (owner == subject) return i; // another thread has brought it here since the first look
                if (owner != 0 && !due(entry.last.load(std::memory_order_relaxed), now)) continue;
                if (!owing && entry.held_back.load(std::memory_order_relaxed) != 0) continue;
                if (entry.subject.compare_exchange_strong(owner, subject, std::memory_order_relaxed)) {
                    entry.held_back.store(0, std::memory_order_relaxed);
                    return i;
                }
                if (owner == subject) return i;
            }
        return slots - 1; // more subjects a minute than slots share one allowance
    }

    slot slots_[slots];
};

/// The handler, the level and the limiter. Constant-initialised and trivially destructible: usable before
/// main and after static destructors.
class diagnostics {
public:
    using clock = std::int64_t (*)() noexcept; ///< monotonic nanoseconds

    void set_handler(diagnostic_handler handler, void* user) noexcept {
        if (is_calling()) { // from inside the handler: this thread has the lock already
            handler_ = handler;
            user_ = user;
            return;
        }
        lock();
        handler_ = handler;
        user_ = user;
        limiter_.forget(); // a new handler has heard nothing yet
        unlock();
    }

    /// What another module was told before there was a process to tell it to. The first that was told wins.
    void adopt(diagnostics& other) noexcept {
        other.lock();
        const diagnostic_handler handler = other.handler_;
        void* const user = other.user_;
        other.unlock();
        lock();
        if (handler_ == nullptr) {
            handler_ = handler;
            user_ = user;
        }
        unlock();
        if (other.level_is_given_.load(std::memory_order_relaxed) &&
            !level_is_given_.load(std::memory_order_relaxed))
            set_level(other.level_.load(std::memory_order_relaxed));
    }

    void set_level(diagnostic_level level) noexcept {
        level_is_given_.store(true, std::memory_order_relaxed);
        level_.store(level, std::memory_order_relaxed);
    }
    /// Of the environment: what the application has set wins.
    void set_default_level(diagnostic_level level) noexcept {
        if (!level_is_given_.load(std::memory_order_relaxed)) level_.store(level, std::memory_order_relaxed);
    }
    void set_clock(clock now) noexcept { clock_.store(now, std::memory_order_relaxed); }

    void report(diagnostic_level level, std::string_view subject_key, std::string text,
                bool once = false) noexcept {
        if (!is_heard(level) || is_calling()) return;
        const auto [pass, held_back, slot] =
            limiter_.judge(hash(subject_key), clock_.load(std::memory_order_relaxed)(), once);
        if (!pass || !lock_in_time()) return;
        try {
            make_one_line(text);
            kept_[slot].keep(level, text);
            if (held_back != 0)
                text += " (" + std::to_string(held_back) + " like it held back since the last one)";
        } catch (...) { // no memory: what is there of the text is still worth saying
        }
        call_handler(level, text);
        unlock();
    }

    /// Says of each subject that has been silent for two minutes how many of it were held back since its last
    /// diagnostic; of each subject at all where nobody will come back for it, `at_once`. Costs a few
    /// nanoseconds a slot. Any thread.
    void tell_what_was_held_back(bool at_once = false) noexcept {
        if (is_calling()) return;
        const std::int64_t now = clock_.load(std::memory_order_relaxed)();
        for (std::size_t i = 0; i < diagnostic_limiter::slots; ++i) {
            const std::uint32_t count = limiter_.left_over(i, now, at_once);
            if (count == 0) continue;
            if (!lock_in_time()) return;
            const kept_text& first = kept_[i];
            try {
                if (is_heard(first.level))
                    call_handler(first.level, std::to_string(count) + " more like it held back: " +
                                                  std::string(first.text, first.size));
            } catch (...) { // no memory to say it
            }
            unlock();
        }
    }

    static void write_to_standard_error(diagnostic_level level, std::string_view text, void*) {
        std::string line = "nanotel: ";
        line += to_string(level);
        line += ": ";
        line += text;
        line += '\n';
        // One write, so that lines of several threads and processes do not mix; nobody could be told of a
        // failure.
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    }

private:
    static constexpr std::size_t longest_text = 4096 - 64;

    /// The begin of what passed last in a slot of the limiter.
    struct kept_text {
        diagnostic_level level = diagnostic_level::none;
        std::uint8_t size = 0;
        char text[198]{};

        void keep(diagnostic_level of, std::string_view whole) noexcept {
            level = of;
            std::size_t end = whole.size();
            if (end > sizeof text) end = begin_of_character(whole, sizeof text);
            size = static_cast<std::uint8_t>(whole.copy(text, end));
        }
    };

    bool is_heard(diagnostic_level level) const noexcept {
        return level != diagnostic_level::none && level <= level_.load(std::memory_order_relaxed);
    }

    /// Under the lock.
    void call_handler(diagnostic_level level, std::string_view text) noexcept {
        caller_.store(&errno, std::memory_order_relaxed);
        try {
            (handler_ != nullptr ? handler_ : &write_to_standard_error)(level, text, user_);
        } catch (...) { // what a handler throws is its own affair
        }
        caller_.store(nullptr, std::memory_order_relaxed);
    }

    static std::int64_t monotonic() noexcept {
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1'000'000'000 + now.tv_nsec;
    }

    static void nap() noexcept {
        const timespec millisecond{0, 1'000'000};
        ::nanosleep(&millisecond, nullptr);
    }

    static std::uint64_t hash(std::string_view key) noexcept { // FNV-1a; 0 means an empty slot
        std::uint64_t value = 14695981039346656037U;
        for (const char c : key) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211U;
        return value == 0 ? 1 : value;
    }

    /// Part of a text may come from a server: it must not forge a second line or move a terminal's cursor.
    static void make_one_line(std::string& text) {
        for (char& c : text)
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
        if (text.size() <= longest_text) return;
        text.resize(begin_of_character(text, longest_text));
        text += " [cut]";
    }
    static std::size_t begin_of_character(std::string_view text, std::size_t at) noexcept {
        while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
        return at;
    }

    // The lock holds the process that took it, so that a child forked while another thread had it can take it
    // over. The acquire in try_lock pairs with the release in unlock and makes handler_ and user_ visible.
    bool try_lock() noexcept {
        const int self = ::getpid();
        int owner = lock_.load(std::memory_order_relaxed);
        return owner != self && lock_.compare_exchange_strong(owner, self, std::memory_order_acquire,
                                                              std::memory_order_relaxed);
    }
    void lock() noexcept {
        while (!try_lock()) nap();
    }
    /// A handler that hangs costs the others a tenth of a second and their diagnostic, no more.
    bool lock_in_time() noexcept {
        for (int naps = 0; !try_lock(); ++naps) {
            if (naps == 100) return false;
            nap();
        }
        return true;
    }
    void unlock() noexcept { lock_.store(0, std::memory_order_release); }

    /// Whether this thread is in the handler: it alone could have written its own address. Not a variable of
    /// the thread, of which each module of the process would have its own. In a child the address may be that
    /// of another thread than in its parent.
    bool is_calling() const noexcept {
        return caller_.load(std::memory_order_relaxed) == &errno &&
               lock_.load(std::memory_order_relaxed) == ::getpid();
    }

    std::atomic<int> lock_{0};
    std::atomic<const int*> caller_{nullptr};
    std::atomic<diagnostic_level> level_{diagnostic_level::info};
    std::atomic<bool> level_is_given_{false};
    std::atomic<clock> clock_{&monotonic};
    diagnostic_handler handler_ = nullptr;
    void* user_ = nullptr;
    diagnostic_limiter limiter_;
    kept_text kept_[diagnostic_limiter::slots]; // as handler_, guarded by the lock
};

/// The module's own, until there is a state of the process.
NANOTEL_DETAIL_OF_MODULE inline constinit diagnostics process_diagnostics;

inline constexpr std::uint64_t diagnostics_layout = sizeof(diagnostics)
#if defined(_LIBCPP_VERSION)
                                                    + 1
#endif
    ;

/// Those of all modules of the process that are of one build.
inline diagnostics& diagnostics_of_process() noexcept {
    const module_home* const home = this_module.home.load_acquire();
    return home && home->reports_layout == diagnostics_layout ? *home->reports : process_diagnostics;
}
/// To be told something, which the process is to hear when it begins.
inline diagnostics& diagnostics_to_tell() noexcept {
    this_module.reports_layout.store_relaxed(diagnostics_layout);
    this_module.reports.store_release(&process_diagnostics);
    return diagnostics_of_process();
}

/// Reports something once a minute for each subject key, such as "otlp_http:http://localhost:4318". The text
/// says what happened, to which endpoint or variable, and what to do; it never holds a header's value or the
/// user and password of a URL. Any thread; may block as long as the handler takes, never throws.
inline void diagnose(diagnostic_level level, std::string_view subject_key, std::string text) noexcept {
    diagnostics_of_process().report(level, subject_key, static_cast<std::string&&>(text));
}
/// The same of a literal, also where memory is short: then it may not be said.
inline void diagnose(diagnostic_level level, std::string_view subject_key, const char* text) noexcept {
    try {
        diagnose(level, subject_key, std::string(text));
    } catch (...) { // no memory to say it
    }
}

/// Reports what is the same however often it is seen, such as a variable that is set wrong: it is said once,
/// and what comes again is not counted.
inline void diagnose_once(diagnostic_level level, std::string_view subject_key, std::string text) noexcept {
    diagnostics_of_process().report(level, subject_key, static_cast<std::string&&>(text), true);
}

} // namespace detail

/// Sends the diagnostics of this process to a handler of the application's; nullptr restores the default,
/// which writes one line ("nanotel: warning: ...") to standard error. When it returns, the previous handler
/// is not running and will not be called again, so what its user pointer led to may go. Any thread, also from
/// inside a handler.
inline void set_diagnostic_handler(diagnostic_handler handler, void* user = nullptr) noexcept {
    detail::diagnostics_to_tell().set_handler(handler, user);
}

/// The least important level that is reported, info at first: what the application sets here wins over
/// OTEL_LOG_LEVEL, which start reads. With diagnostic_level::none nothing is, to no handler. Any thread.
inline void set_diagnostic_level(diagnostic_level level) noexcept {
    detail::diagnostics_to_tell().set_level(level);
}

} // namespace nanotel::inline NANOTEL_ABI
