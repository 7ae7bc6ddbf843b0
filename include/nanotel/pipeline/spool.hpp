// SPDX-License-Identifier: MIT
// Payloads of one destination that wait on disk, shared by processes.
#pragma once

#include <time.h> // clock_gettime

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/core/platform.hpp> // fill_random
#include <nanotel/otlp/byte_buffer.hpp>
#include <nanotel/pipeline/spool_claim.hpp>
#include <nanotel/pipeline/spool_file.hpp>
#include <nanotel/pipeline/spool_folder.hpp>
#include <nanotel/pipeline/spool_names.hpp>
#include <nanotel/pipeline/spool_options.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Where a spool takes the time from; tests give their own. In nanoseconds.
struct spool_clock {
    /// Since 1970; may be set at any time, in any direction.
    std::int64_t (*wall)() noexcept = []() noexcept -> std::int64_t {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    };
    /// Since whenever; only goes forward, also while the machine sleeps.
    std::int64_t (*elapsed)() noexcept = []() noexcept -> std::int64_t {
#ifdef CLOCK_BOOTTIME
        constexpr clockid_t clock = CLOCK_BOOTTIME;
#else
        constexpr clockid_t clock = CLOCK_MONOTONIC;
#endif
        timespec now{};
        ::clock_gettime(clock, &now);
        return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
    };
};

/// What decides who goes first: the time; within an owner the sequence, whatever became of the clock.
struct spool_order {
    std::uint64_t time = 0; ///< as in the name, but never less than that of an earlier one of the same owner
    std::uint64_t sequence = 0;
    std::uint64_t owner = 0;
    friend auto operator<=>(const spool_order&, const spool_order&) = default;
};

/// A payload that waits on disk.
struct spooled {
    std::uint64_t number = 0; ///< no other of this spool has it
    signal kind = signal::traces;
    std::uint64_t items = 0;
    std::uint64_t bytes = 0; ///< of the file
    spool_order order{};
};

/// The payloads of one destination that wait on disk: this process's own and those that it took over.
///
/// Each spool is an owner, with a number drawn at random, and its own claim (spool_claim.hpp); a file belongs
/// to the owner that its name names, and nobody touches it but who holds the claim. Thread-safe. It has no
/// thread and waits for nothing but the disk; put() does not hold up the others while it writes. Except for
/// the constructor, which may throw bad_alloc, nothing throws. What has been put is on the disk, to survive
/// the process and the power; what has been removed may come back after the power failed, but not otherwise.
///
/// Cost: see put(); about 200 bytes of memory a file; a descriptor, one more after the first put, and one for
/// each owner taken over, at most 64, the others when those are done.
class spool {
public:
    /// Its own folder below the directory; what is wrong with that is reported, and usable() is false then.
    spool(const spool_options& options, std::string_view destination, spool_clock clock = {})
        : options_(options), clock_(clock), index_(std::make_unique<index>()) {
        if (options_.directory.empty()) return;
        if (const std::string wrong = folder_.open(options_.directory, destination); !wrong.empty()) {
            diagnose(diagnostic_level::error, "spool:" + folder_.path(), wrong);
            folder_.abandon();
        }
    }
    spool(const spool&) = delete;
    spool& operator=(const spool&) = delete;
    /// What waits is left to the next owner.
    ~spool() {
        for (held_owner& one : owners_)
            one.claim.release(folder_.descriptor(), folder_.is_open() && one.files == 0 && !one.leftover);
    }

    [[nodiscard]] bool usable() const noexcept { return folder_.is_open(); }

    enum class outcome {
        written, ///< it survives this process
        full,    ///< it would go beyond max_bytes
        failed,  ///< disk full, I/O error, no memory: nothing is left of it; reported once until it works
                 ///< again
    };

    /// Writes a payload. Returns when it is on the disk, which for 4 MiB takes the disk's time.
    outcome put(signal kind, std::uint64_t items, std::string_view body) noexcept;

    /// What should be delivered next. Stays there until remove().
    [[nodiscard]] std::optional<spooled> oldest() noexcept {
        if (!usable()) return std::nullopt;
        const std::lock_guard lock(mutex_);
        for (const auto& [order, entry] : *index_)
            if (entry.ready) return described(order, entry);
        return std::nullopt;
    }

    enum class content {
        intact,
        damaged, ///< set aside and reported, and no longer there: its items are lost
        later,   ///< not to be had now, for want of descriptors or memory; it waits on
    };

    /// Replaces what `into` holds by the body.
    [[nodiscard]] content read(const spooled& one, byte_buffer& into) noexcept;

    /// Delivered, or refused for good. False when it was not there any more, for it expired.
    bool remove(const spooled& one) noexcept {
        if (!usable()) return false;
        const std::optional<spool_identity> identity = find(one.order, one.number);
        return identity && discard(one.order, *identity).has_value();
    }

    struct tally {
        std::uint64_t items[3]{}; ///< by signal
        std::uint64_t files = 0;
        std::uint64_t bytes = 0; ///< of files

        void add(signal kind, std::uint64_t of_items, std::uint64_t of_bytes) noexcept {
            items[static_cast<std::size_t>(kind)] += of_items;
            ++files;
            bytes += of_bytes;
        }
        void subtract(signal kind, std::uint64_t of_items, std::uint64_t of_bytes) noexcept {
            items[static_cast<std::size_t>(kind)] -= of_items;
            --files;
            bytes -= of_bytes;
        }
    };

    /// What waits there, own and taken over. What is being written is not counted yet.
    [[nodiscard]] tally waiting() const noexcept {
        if (!usable()) return {};
        const std::lock_guard lock(mutex_);
        return waiting_;
    }

    /// Claims what owners that are gone left, and says what it found; to be called at the start, and now and
    /// then, for others may be killed later. Looks through the folder: a few microseconds for each file in
    /// it.
    tally take_over() noexcept;

    /// Removes what is older than max_age, and says what it was. Age is counted from when the file was
    /// written or, where its name speaks of the future, from when this spool first saw it. A clock that was
    /// set meanwhile makes nothing older: both `now` and a clock that nobody sets have to say so. Not for a
    /// time when another thread delivers what oldest() gave it.
    tally expire(std::chrono::system_clock::time_point now) noexcept;

    /// In a child of fork: the parent keeps all that lies there. Closes the descriptors, takes no lock, and
    /// makes this spool unusable.
    void abandon_in_child() noexcept {
        for (held_owner& one : owners_) one.claim.abandon();
        folder_.abandon();
        [[maybe_unused]] auto* const as_another_thread_left_it = index_.release(); // perhaps in pieces
    }

private:
    static constexpr std::uint64_t most_damaged_files = 16;
    static constexpr std::uint64_t most_damaged_bytes = std::uint64_t{64} << 20;

    struct entry {
        std::uint64_t number = 0;
        std::uint64_t time = 0; // as in the name
        std::uint64_t items = 0;
        std::uint64_t bytes = 0;
        std::int64_t seen = 0;     // by the clock that nobody sets
        std::int64_t age_then = 0; // when it was seen
        signal kind = signal::traces;
        bool ready = false;     // else it is being written
        std::uint8_t owner = 0; // of owners_
    };
    using index = std::map<spool_order, entry>;

    struct held_owner {
        spool_claim claim;
        std::uint64_t files = 0;
        bool leftover = false; // a file that could not be removed: nobody else may take it for one that waits
    };
    static constexpr std::size_t own = 0;
    static constexpr std::size_t most_owners = 65;

    struct other_owner {
        std::uint64_t number = 0;
        std::uint64_t oldest = ~std::uint64_t{0};
    };

    static std::int64_t since(std::uint64_t time, std::int64_t wall) noexcept { // -1 of the future
        return wall < 0 || time > static_cast<std::uint64_t>(wall) ? -1
                                                                   : wall - static_cast<std::int64_t>(time);
    }
    static spooled described(const spool_order& order, const entry& one) noexcept {
        return {one.number, one.kind, one.items, one.bytes, order};
    }
    static spool_identity identity_of(const spool_order& order, const entry& one) noexcept {
        return {one.time, order.sequence, order.owner, one.kind, one.items};
    }
    std::optional<spool_identity> find(const spool_order& order, std::uint64_t number) const noexcept {
        const std::lock_guard lock(mutex_);
        const auto at = index_->find(order);
        if (at == index_->end() || at->second.number != number || !at->second.ready) return std::nullopt;
        return identity_of(order, at->second);
    }

    // The file first, the claim with the last of them: nobody finds a file that was delivered.
    std::optional<entry> discard(const spool_order& order, const spool_identity& identity) noexcept {
        const int error = folder_.remove(payload_name(identity));
        if (error != 0) complain("remove", error, "cannot be removed");
        return forget(order, error != 0);
    }
    std::optional<entry> forget(const spool_order& order, bool left_over) noexcept;

    bool room_for(std::uint64_t bytes) noexcept;
    int found_owner() noexcept;
    bool look_around(std::vector<other_owner>& others) noexcept;
    bool index_files(const std::array<bool, most_owners>& fresh, tally& found) noexcept;
    void forget_owner(std::size_t which) noexcept;
    void set_aside(const spooled& one, const spool_identity& identity, std::string_view what) noexcept;

    std::size_t slot_of(std::uint64_t owner) const noexcept {
        for (std::size_t i = 0; i < most_owners; ++i)
            if (owners_[i].claim.held() && owners_[i].claim.owner() == owner) return i;
        return most_owners;
    }

    void complain(const char* doing, int error, const char* what) const noexcept {
        try {
            diagnose(diagnostic_level::error, std::string("spool.") + doing + ':' + folder_.path(),
                     "a payload in \"" + folder_.path() + "\" " + what + ": " + spool_error_text(error));
        } catch (...) { // no memory to say so
        }
    }

    const spool_options options_;
    const spool_clock clock_;
    spool_folder folder_;

    // Of what changes owners_: taking over, and the first put. Before mutex_ where both are held.
    std::mutex owners_mutex_;
    // Of all below, and of the files and leftover of owners_; never held while the disk works.
    mutable std::mutex mutex_;
    std::unique_ptr<index> index_;
    std::array<held_owner, most_owners> owners_;
    tally waiting_;
    std::uint64_t being_written_ = 0; // bytes
    std::uint64_t others_bytes_ = 0;  // of owners not held, and what was set aside, when last looked
    std::uint64_t damaged_files_ = 0;
    std::uint64_t damaged_bytes_ = 0;
    std::int64_t looked_ = 0;
    std::uint64_t last_number_ = 0;
    std::uint64_t last_sequence_ = 0;
    std::uint64_t last_time_ = 0; // of what was put
    bool failing_ = false;
};

inline int spool::found_owner() noexcept {
    const std::lock_guard lock(owners_mutex_);
    if (owners_[own].claim.held()) return 0;
    for (int attempts = 0;; ++attempts) {
        std::uint64_t number = 0;
        fill_random(&number, sizeof number);
        const int error = owners_[own].claim.found(folder_.descriptor(), number);
        // Somebody who looks for owners that are gone may hold the new claim for a moment, and then removes
        // it.
        if ((error != EWOULDBLOCK && error != EEXIST && error != ENOENT) || attempts == 100) return error;
    }
}

inline bool spool::room_for(std::uint64_t bytes) noexcept {
    const auto fits = [&] {
        const std::uint64_t used = waiting_.bytes + being_written_ + others_bytes_;
        return used <= options_.max_bytes && bytes <= options_.max_bytes - used;
    };
    {
        const std::lock_guard lock(mutex_);
        if (fits()) {
            being_written_ += bytes;
            return true;
        }
        // The others may have delivered theirs in the meantime.
        if (others_bytes_ == 0 || bytes > options_.max_bytes || clock_.elapsed() - looked_ < 1'000'000'000)
            return false;
    }
    std::vector<other_owner> others;
    {
        const std::lock_guard lock(owners_mutex_);
        look_around(others);
    }
    const std::lock_guard lock(mutex_);
    if (!fits()) return false;
    being_written_ += bytes;
    return true;
}

inline spool::outcome spool::put(signal kind, std::uint64_t items, std::string_view body) noexcept {
    if (!usable() || items > greatest_spool_items) return outcome::failed;
    const spool_header_text header = make_spool_header(kind, items, body);
    const std::uint64_t bytes = header.size + body.size();
    if (!room_for(bytes)) return outcome::full;

    int error = found_owner();
    index::iterator place;
    spool_identity identity;
    if (error == 0) {
        const std::lock_guard lock(mutex_);
        const std::int64_t wall = clock_.wall();
        identity = {wall < 0 ? 0 : static_cast<std::uint64_t>(wall), ++last_sequence_,
                    owners_[own].claim.owner(), kind, items};
        last_time_ = std::max(last_time_, identity.time);
        try {
            place =
                index_->emplace(spool_order{last_time_, identity.sequence, identity.owner}, entry{}).first;
            place->second = {.number = ++last_number_,
                             .time = identity.time,
                             .items = items,
                             .bytes = bytes,
                             .seen = clock_.elapsed(),
                             .kind = kind};
        } catch (...) {
            error = ENOMEM;
        }
    }
    const bool placed = error == 0;
    if (placed)
        error = folder_.write(temporary_name(identity.sequence, identity.owner), payload_name(identity),
                              header.view(), body);
    bool speak = false;
    {
        const std::lock_guard lock(mutex_);
        being_written_ -= bytes;
        if (error == 0) {
            place->second.ready = true;
            waiting_.add(kind, items, bytes);
            ++owners_[own].files;
        } else if (placed) {
            index_->erase(place);
        }
        speak = failing_ != (error != 0);
        failing_ = error != 0;
    }
    if (speak) try {
            if (error != 0)
                diagnose(diagnostic_level::error, "spool.put:" + folder_.path(),
                         "payloads cannot be written to \"" + folder_.path() +
                             "\" and stay in memory: " + spool_error_text(error));
            else
                diagnose(diagnostic_level::info, "spool.works:" + folder_.path(),
                         "payloads can be written to \"" + folder_.path() + "\" again");
        } catch (...) { // no memory to say so
        }
    return error == 0 ? outcome::written : outcome::failed;
}

inline spool::content spool::read(const spooled& one, byte_buffer& into) noexcept {
    into.clear();
    if (!usable()) return content::later;
    const std::optional<spool_identity> identity = find(one.order, one.number);
    if (!identity) return content::later;

    const auto damaged = [&](std::string_view what) {
        set_aside(one, *identity, what);
        return content::damaged;
    };
    const auto failed = [&](int error) {
        if (error == EMFILE || error == ENFILE || error == ENOMEM) {
            complain("read", error, "cannot be read now");
            return content::later;
        }
        if (error == ENOENT && !find(one.order, one.number)) return content::later; // expired meanwhile
        try {
            return damaged("cannot be read: " + std::generic_category().message(error));
        } catch (...) {
            return damaged("cannot be read");
        }
    };

    const spool_name name = payload_name(*identity);
    const spool_descriptor file(
        ::openat(folder_.descriptor(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) return failed(errno);
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return failed(errno);
    if (!S_ISREG(status.st_mode)) return damaged("is not a file");

    const auto read_all = [&](char* to, std::size_t size, std::size_t from, std::size_t& got) noexcept {
        for (got = 0; got < size;) {
            const ssize_t bytes = ::pread(file.get(), to + got, size - got, static_cast<off_t>(from + got));
            if (bytes < 0 && errno == EINTR) continue;
            if (bytes < 0) return errno;
            if (bytes == 0) break;
            got += static_cast<std::size_t>(bytes);
        }
        return 0;
    };
    char beginning[spool_header_text::capacity];
    std::size_t got = 0;
    if (const int error = read_all(beginning, sizeof beginning, 0, got)) return failed(error);
    const std::string_view begins(beginning, got);
    spool_header header;
    spool_damage damage = read_spool_header(begins, header);
    if (damage != spool_damage::none) return damaged(to_string(damage));
    if (header.kind != identity->kind || header.items != identity->items)
        return damaged(to_string(spool_damage::header));
    if (static_cast<std::uint64_t>(status.st_size) - header.size != header.length)
        return damaged(to_string(spool_damage::length));
    char* const body = into.reserve(header.length);
    if (body == nullptr) return failed(ENOMEM);
    if (const int error = read_all(body, header.length, header.size, got)) return failed(error);
    damage = check_spool_body(begins, header, {body, got});
    if (damage != spool_damage::none) return damaged(to_string(damage));
    into.commit(body + got);
    return content::intact;
}

} // namespace nanotel::inline NANOTEL_ABI::detail

#include <nanotel/pipeline/spool_take_over.hpp> // the functions that look through the folder
