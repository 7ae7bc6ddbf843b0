// SPDX-License-Identifier: MIT
// The functions of a spool that look through its folder: taking over and expiring.
#pragma once

#include <algorithm> // sort
#include <tuple>     // tie

#include <nanotel/pipeline/spool.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// With owners_mutex_ held. Who else has files or claims here, those with the oldest payload first.
inline bool spool::look_around(std::vector<other_owner>& others) noexcept {
    try {
        std::map<std::uint64_t, std::uint64_t> oldest;
        std::uint64_t bytes = 0, damaged = 0, damaged_bytes = 0;
        const int error = folder_.list([&](const char* name) {
            const spool_entry found = read_spool_name(name);
            if (found.kind == spool_entry_kind::foreign) return;
            const bool waits = found.kind == spool_entry_kind::payload;
            const bool aside = found.kind == spool_entry_kind::damaged;
            const bool held = slot_of(found.identity.owner) != most_owners;
            if ((waits && !held) || aside) {
                const std::int64_t size = folder_.size(name);
                const std::uint64_t counted = size > 0 ? static_cast<std::uint64_t>(size) : 0;
                bytes += counted;
                if (aside) {
                    ++damaged;
                    damaged_bytes += counted;
                }
            }
            if (held || aside) return;
            std::uint64_t& time = oldest.try_emplace(found.identity.owner, ~std::uint64_t{0}).first->second;
            if (waits) time = std::min(time, found.identity.time);
        });
        if (error != 0) {
            complain("look", error, "cannot be looked for");
            return false;
        }
        others.reserve(oldest.size());
        for (const auto& [owner, time] : oldest) others.push_back({owner, time});
        std::sort(others.begin(), others.end(),
                  [](const other_owner& a, const other_owner& b) { return a.oldest < b.oldest; });
        const std::lock_guard lock(mutex_);
        others_bytes_ = bytes;
        damaged_files_ = damaged;
        damaged_bytes_ = damaged_bytes;
        looked_ = clock_.elapsed();
        written_since_ = 0;
        return true;
    } catch (...) {
        complain("look", ENOMEM, "cannot be looked for");
        return false;
    }
}

inline void spool::forget_owner(std::size_t which) noexcept {
    const std::lock_guard lock(mutex_);
    for (auto at = index_->begin(); at != index_->end();) {
        if (at->second.owner != which) {
            ++at;
            continue;
        }
        waiting_.subtract(at->second.kind, at->second.items, at->second.bytes);
        at = index_->erase(at);
    }
    owners_[which].files = 0;
    owners_[which].claim.release(folder_.descriptor(), false);
}

// With owners_mutex_ held. What the owners of these places left: indexed owner by owner, each whole, so that
// nobody who delivers the first of its files takes it for the last.
inline bool spool::index_files(const std::array<bool, most_owners>& fresh, tally& found) noexcept {
    struct left_file {
        std::size_t place;
        spool_identity identity;
        std::uint64_t bytes;
    };
    const auto give_up = [&](std::size_t from, int error) {
        for (std::size_t place = from; place < most_owners; ++place)
            if (fresh[place]) forget_owner(place);
        complain("look", error, "cannot be looked for");
        return false;
    };
    std::size_t place = 0;
    try {
        std::vector<left_file> files;
        const int error = folder_.list([&](const char* name) {
            const spool_entry entry = read_spool_name(name);
            const std::size_t of = slot_of(entry.identity.owner);
            if (of == most_owners || !fresh[of]) return;
            if (entry.kind == spool_entry_kind::temporary) ::unlinkat(folder_.descriptor(), name, 0);
            if (entry.kind != spool_entry_kind::payload) return;
            const std::int64_t size = folder_.size(name);
            if (size > 0)
                files.push_back({of, entry.identity, static_cast<std::uint64_t>(size)});
            else if (size == 0 && folder_.remove(payload_name(entry.identity)) != 0) // it was delivered
                owners_[of].leftover = true;
        });
        if (error != 0) return give_up(0, error);
        std::sort(files.begin(), files.end(), [](const left_file& a, const left_file& b) {
            return std::tie(a.place, a.identity.sequence, a.identity.time) <
                   std::tie(b.place, b.identity.sequence, b.identity.time);
        });

        const std::int64_t elapsed = clock_.elapsed();
        const std::int64_t wall = clock_.wall();
        auto file = files.begin();
        for (; place < most_owners; ++place) {
            if (!fresh[place]) continue;
            const std::lock_guard lock(mutex_);
            tally of_this;
            std::uint64_t latest = 0;
            for (; file != files.end() && file->place == place; ++file) {
                const spool_identity& of = file->identity;
                latest = std::max(latest, of.time);
                const auto [at, is_new] =
                    index_->emplace(spool_order{latest, of.sequence, of.owner}, waiting_file{});
                if (!is_new) continue; // a copy made by hand
                at->second = {.number = ++last_number_,
                              .time = of.time,
                              .items = of.items,
                              .bytes = file->bytes,
                              .seen = elapsed,
                              .age_then = std::max(std::int64_t{0}, since(of.time, wall)),
                              .kind = of.kind,
                              .ready = true,
                              .owner = static_cast<std::uint8_t>(place)};
                ++owners_[place].files;
                waiting_.add(of.kind, of.items, file->bytes);
                of_this.add(of.kind, of.items, file->bytes);
            }
            others_bytes_ -= std::min(others_bytes_, of_this.bytes);
            for (std::size_t kind = 0; kind < 3; ++kind) found.items[kind] += of_this.items[kind];
            found.files += of_this.files;
            found.bytes += of_this.bytes;
            if (of_this.files == 0 && !owners_[place].leftover)
                owners_[place].claim.release(folder_.descriptor(), true);
        }
        return true;
    } catch (...) {
        return give_up(place, ENOMEM);
    }
}

inline spool::tally spool::take_over() noexcept {
    tally found;
    if (!reachable()) return found;
    const std::lock_guard lock(owners_mutex_);
    std::vector<other_owner> others;
    if (!look_around(others)) return found;
    // In rounds, for most owners leave nothing but a claim, which frees its place at once.
    for (auto next = others.begin(); next != others.end();) {
        std::array<bool, most_owners> fresh{};
        bool any = false;
        for (std::size_t place = own + 1; place < most_owners; ++place) {
            spool_claim& claim = owners_[place].claim;
            if (claim.held()) continue;
            while (!claim.held() && next != others.end()) {
                const int error = claim.take(folder_.descriptor(), next->number);
                if (error == EMFILE || error == ENFILE) { // later, when there are some
                    next = others.end();
                    break;
                }
                if (error != 0 && error != EWOULDBLOCK) complain("claim", error, "cannot be claimed");
                ++next;
            }
            if (!claim.held()) break;
            owners_[place].leftover = false;
            fresh[place] = any = true;
        }
        if (!any || !index_files(fresh, found)) break;
    }
    return found;
}

inline spool::tally spool::expire(std::chrono::system_clock::time_point now) noexcept {
    tally expired;
    if (!reachable()) return expired;
    const std::int64_t wall =
        std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
    const std::int64_t elapsed = clock_.elapsed();
    const auto too_old = [&](const waiting_file& one) {
        const std::int64_t by_elapsed = one.age_then + (elapsed - one.seen);
        const std::int64_t by_wall = since(one.time, wall);
        const std::chrono::nanoseconds age(by_wall < 0 ? by_elapsed : std::min(by_wall, by_elapsed));
        return std::chrono::duration_cast<std::chrono::seconds>(age) >= options_.max_age;
    };
    spool_order after{};
    for (;;) {
        spool_identity identity;
        {
            const std::lock_guard lock(mutex_);
            auto at = index_->upper_bound(after);
            while (at != index_->end() && !(at->second.ready && too_old(at->second))) ++at;
            if (at == index_->end()) return expired;
            after = at->first;
            identity = identity_of(after, at->second);
        }
        if (const std::optional<waiting_file> gone = discard(after, identity))
            expired.add(gone->kind, gone->items, gone->bytes);
    }
}

} // namespace nanotel::inline NANOTEL_ABI::detail
