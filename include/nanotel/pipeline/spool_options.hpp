// SPDX-License-Identifier: MIT
// Where payloads wait on disk, and how many for how long.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// Payloads that find the queue in memory full, or a process that ends, wait on disk. Several processes of
/// one user may share the directory: each delivers its own, and one of those alive what others left that are
/// gone.
///
/// The directory has to be on a file system where flock(2) works between all that share it: any local one,
/// and NFS where the server locks; of machines that share a directory whose locks hold only on one of them,
/// each would deliver what the other still has.
struct spool_options {
    /// Made when it does not exist, with its parents, for this user alone; empty: nothing goes to disk. It
    /// has to belong to this user and not be writable by everybody: name a folder of /tmp, not /tmp.
    std::string directory = {};
    /// Of each destination, in bytes of files, those of all processes together: what this process wrote or
    /// took over is counted exactly, what others have there as it was when this process last looked. It looks
    /// at least whenever it has written a sixteenth of this, so that many who write at once go beyond it by
    /// no more than a sixteenth each.
    std::uint64_t max_bytes = std::uint64_t{1} << 30;
    /// What has waited longer is removed and counted as expired. Time is counted from when it was written,
    /// and a clock that was set meanwhile does not make it older.
    std::chrono::seconds max_age = std::chrono::hours{24};
};

} // namespace nanotel::inline NANOTEL_ABI
