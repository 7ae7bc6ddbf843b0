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
/// Cost: about 200 bytes of memory a file; a descriptor, one more after the first put, and one for each owner
/// taken over, at most 64, the others when those are done. A put syncs the file and the folder: two waits for
/// the disk. On a busy virtual machine (two cores, ext4) bodies of 4 MiB went there at 280 to 520 MB/s, of
/// 256 KiB at 25 to 55 MB/s; without the syncs it would be 360 to 1250 and 180 to 930. Reading checks the
/// sum: 0.7 GB/s and more of 4 MiB.
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
    ~spool() { let_go(); }

    /// The same while the object is still there. Nobody else uses it any more.
    void let_go() noexcept {
        const bool ours = reachable();
        for (held_owner& one : owners_)
            one.claim.release(folder_.descriptor(), ours && one.files == 0 && !one.leftover);
    }

    /// False without a folder, and in a child of fork: what the parent left there is not the child's.
    [[nodiscard]] bool usable() const noexcept { return folder_.is_open() && ::getpid() == process_; }

    enum class outcome {
        written, ///< it survives this process
        full,    ///< it would go beyond max_bytes
        failed,  ///< disk full, I/O error, no memory: nothing is left of it; reported once until it works
                 ///< again
    };

    /// Writes a payload, and says where it lies, should it have to be found again before it is the oldest.
    outcome put(signal kind, std::uint64_t items, std::string_view body, spooled* where = nullptr) noexcept;

    /// The application has closed the spool's descriptors: what waits is left to the next start.
    [[nodiscard]] bool is_out_of_reach() const noexcept { return usable() && !folder_.is_still_open(); }

    /// What should be delivered next. Stays there until remove().
    [[nodiscard]] std::optional<spooled> oldest() noexcept {
        if (!reachable()) return std::nullopt;
        const std::lock_guard lock(mutex_);
        for (const auto& [order, one] : *index_)
            if (one.ready) return described(order, one);
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
        if (!reachable()) return false;
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

    struct waiting_file {
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
    using index = std::map<spool_order, waiting_file>;

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
    static spooled described(const spool_order& order, const waiting_file& one) noexcept {
        return {one.number, one.kind, one.items, one.bytes, order};
    }
    static spool_identity identity_of(const spool_order& order, const waiting_file& one) noexcept {
        return {one.time, order.sequence, order.owner, one.kind, one.items};
    }
    std::optional<spool_identity> find(const spool_order& order, std::uint64_t number) const noexcept {
        const std::lock_guard lock(mutex_);
        const auto at = index_->find(order);
        if (at == index_->end() || at->second.number != number || !at->second.ready) return std::nullopt;
        return identity_of(order, at->second);
    }

    // The file first, the claim with the last of them: nobody finds a file that was delivered.
    std::optional<waiting_file> discard(const spool_order& order, const spool_identity& identity) noexcept {
        const int error = folder_.remove(payload_name(identity));
        if (error != 0) complain("remove", error, "cannot be removed");
        return forget(order, error != 0);
    }
    std::optional<waiting_file> forget(const spool_order& order, bool left_over) noexcept;

    bool room_for(std::uint64_t bytes) noexcept;
    int found_owner() noexcept;
    bool look_around(std::vector<other_owner>& others) noexcept;
    bool index_files(const std::array<bool, most_owners>& fresh, tally& found) noexcept;
    void forget_owner(std::size_t which) noexcept;
    void set_aside(const spooled& one, const spool_identity& identity, std::string_view what) noexcept;

    // An application that becomes a daemon may close all descriptors, and then open its own with their
    // numbers.
    bool reachable() const noexcept {
        if (!usable()) return false;
        if (folder_.is_still_open()) return true;
        complain("closed", EBADF,
                 "is left to the next start, for this process closed the spool's descriptors");
        return false;
    }
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
    const pid_t process_ = ::getpid();
    spool_folder folder_;

    // Of what changes owners_: taking over, and the first put. Before mutex_ where both are held.
    std::mutex owners_mutex_;
    std::atomic<bool> owner_found_{false}; // the own claim is held, until the end
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
    std::uint64_t written_since_ = 0; // bytes, since it looked
    std::uint64_t last_number_ = 0;
    std::uint64_t last_sequence_ = 0;
    std::uint64_t last_time_ = 0; // of what was put
    bool failing_ = false;
};

} // namespace nanotel::inline NANOTEL_ABI::detail

// The functions of the class that are more than a few lines.
#include <nanotel/pipeline/spool_payloads.hpp>
#include <nanotel/pipeline/spool_take_over.hpp>
