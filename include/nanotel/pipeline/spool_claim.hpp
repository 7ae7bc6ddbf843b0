// SPDX-License-Identifier: MIT
// Who may touch the files of an owner: the one that holds the lock of the owner's claim file.
//
// The lock (flock) belongs to an open file and goes with the last descriptor of it, so it outlives neither a
// process that was killed nor one that called exec. A child of fork has to close what it inherited, or it
// keeps the lock alive for as long as it lives. The holder removes the file together with the last payload,
// while it has the lock: who waited at the door with the removed file in hand sees that its name leads
// elsewhere now.
#pragma once

#include <fcntl.h>
#include <sys/file.h> // flock
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include <nanotel/core/config.hpp>
#include <nanotel/core/file_identity.hpp>
#include <nanotel/pipeline/spool_folder.hpp>
#include <nanotel/pipeline/spool_names.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// One thread at a time; abandon() also in a child of fork, whatever other threads were about.
class spool_claim {
public:
    spool_claim() = default;
    spool_claim(const spool_claim&) = delete;
    spool_claim& operator=(const spool_claim&) = delete;
    ~spool_claim() { abandon(); }

    /// The acquire pairs with the release in abandon(): who finds the place free may write owner_, which the
    /// last holder has read.
    [[nodiscard]] bool held() const noexcept { return descriptor_.load(std::memory_order_acquire) >= 0; }
    [[nodiscard]] std::uint64_t owner() const noexcept { return owner_; }

    /// Claims a new owner's files: 0, or an error number; EEXIST and EWOULDBLOCK: take another owner.
    [[nodiscard]] int found(int folder, std::uint64_t owner) noexcept {
        return lock(folder, owner, O_CREAT | O_EXCL);
    }

    /// Claims the files of an owner that is gone: 0; EWOULDBLOCK: it lives, or another was faster. Files
    /// without a claim were brought here by hand, and get one.
    [[nodiscard]] int take(int folder, std::uint64_t owner) noexcept { return lock(folder, owner, O_CREAT); }

    /// Gives the claim up, with its file where nothing is left to claim.
    void release(int folder, bool nothing_left) noexcept {
        if (held() && nothing_left) ::unlinkat(folder, claim_name(owner_).c_str(), 0);
        abandon();
    }

    /// Closes the descriptor and no more: where another process has it too, the lock stays.
    void abandon() noexcept {
        const file_identity file = file_;
        const int descriptor = descriptor_.exchange(-1, std::memory_order_acq_rel);
        if (descriptor >= 0) file.close_if_same(descriptor);
    }

private:
    int lock(int folder, std::uint64_t owner, int flags) noexcept {
        const spool_name name = claim_name(owner);
        // For writing, because NFS locks no other.
        const int file =
            ::openat(folder, name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, 0600);
        if (file < 0) return errno;
        owner_ = owner;
        file_ = file_identity(file);
        // Before it is locked, so that a child of fork finds it to close.
        descriptor_.store(file, std::memory_order_release);
        int error = ::flock(file, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
        // Otherwise it was removed by its last holder since it was opened.
        if (error == 0 && !(file_identity(folder, name.c_str()) == file_)) error = EWOULDBLOCK;
        if (error != 0) abandon();
        return error;
    }

    std::atomic<int> descriptor_{-1};
    std::uint64_t owner_ = 0;
    file_identity file_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
