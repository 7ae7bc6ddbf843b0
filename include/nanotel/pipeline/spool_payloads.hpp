// SPDX-License-Identifier: MIT
// The functions of a spool that handle one payload: writing it, reading it, setting it aside.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h> // pread

#include <algorithm> // max
#include <cerrno>
#include <string>
#include <system_error> // generic_category
#include <vector>

#include <nanotel/pipeline/spool.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

inline int spool::found_owner() noexcept {
    if (owner_found_.load(std::memory_order_acquire)) return 0; // the number that the release made visible
    const std::lock_guard lock(owners_mutex_);
    if (owners_[own].claim.held()) return 0;
    for (int attempts = 0;; ++attempts) {
        std::uint64_t number = 0;
        fill_random(&number, sizeof number);
        const int error = owners_[own].claim.found(folder_.descriptor(), number);
        // Somebody who looks for owners that are gone may hold the new claim for a moment, and then removes
        // it.
        if (error == 0) owner_found_.store(true, std::memory_order_release);
        if ((error != EWOULDBLOCK && error != EEXIST) || attempts == 100) return error;
    }
}

inline bool spool::room_for(std::uint64_t bytes) noexcept {
    const auto takes = [&] {
        const std::uint64_t used = waiting_.bytes + being_written_ + others_bytes_;
        if (used > options_.max_bytes || bytes > options_.max_bytes - used) return false;
        being_written_ += bytes;
        written_since_ += bytes;
        return true;
    };
    {
        const std::lock_guard lock(mutex_);
        // Others that write as much as this process would fill the disk by what it knew of them.
        if (written_since_ <= options_.max_bytes / 16) {
            if (takes()) return true;
            // They may have delivered theirs in the meantime.
            if (others_bytes_ == 0 || bytes > options_.max_bytes ||
                clock_.elapsed() - looked_ < 1'000'000'000)
                return false;
        }
    }
    std::vector<other_owner> others;
    {
        const std::lock_guard lock(owners_mutex_);
        look_around(others);
    }
    const std::lock_guard lock(mutex_);
    return takes();
}

inline spool::outcome spool::put(signal kind, std::uint64_t items, std::string_view body,
                                 spooled* where) noexcept {
    if (!reachable() || items > greatest_spool_items) return outcome::failed;
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
                index_->emplace(spool_order{last_time_, identity.sequence, identity.owner}, waiting_file{})
                    .first;
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
            if (where != nullptr) *where = described(place->first, place->second);
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
    if (!reachable()) return content::later;
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

inline std::optional<spool::waiting_file> spool::forget(const spool_order& order, bool left_over) noexcept {
    const std::lock_guard lock(mutex_);
    const auto at = index_->find(order);
    if (at == index_->end()) return std::nullopt;
    const waiting_file gone = at->second;
    index_->erase(at);
    waiting_.subtract(gone.kind, gone.items, gone.bytes);
    held_owner& owner = owners_[gone.owner];
    --owner.files;
    if (left_over) owner.leftover = true;
    // Two system calls that need no disk: another thread that takes over then finds the place free.
    if (gone.owner != own && owner.files == 0 && !owner.leftover)
        owner.claim.release(folder_.descriptor(), true);
    return gone;
}

inline void spool::set_aside(const spooled& one, const spool_identity& identity,
                             std::string_view what) noexcept {
    bool keep = false;
    {
        const std::lock_guard lock(mutex_);
        keep = damaged_files_ < most_damaged_files && one.bytes <= most_damaged_bytes - damaged_bytes_;
        if (keep) {
            ++damaged_files_;
            damaged_bytes_ += one.bytes;
            others_bytes_ += one.bytes;
        }
    }
    const spool_name name = payload_name(identity);
    const bool kept = keep && ::renameat(folder_.descriptor(), name.c_str(), folder_.descriptor(),
                                         damaged_name(identity).c_str()) == 0;
    const int error = kept ? 0 : folder_.remove(name);
    if (keep && !kept) {
        const std::lock_guard lock(mutex_);
        --damaged_files_;
        damaged_bytes_ -= one.bytes;
        others_bytes_ -= one.bytes;
    }
    forget(one.order, error != 0);
    try {
        std::string text = "\"" + folder_.path() + '/';
        text += name.view();
        text += "\" ";
        text += what;
        text += ": its " + std::to_string(one.items) + " items are lost; ";
        text += kept         ? "it was set aside as .damaged, for you to look at and remove"
                : error == 0 ? "it was removed"
                             : "remove it: " + spool_error_text(error);
        diagnose(diagnostic_level::error, text, text);
    } catch (...) { // no memory to say so
    }
}

} // namespace nanotel::inline NANOTEL_ABI::detail
