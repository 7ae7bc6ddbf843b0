// SPDX-License-Identifier: MIT
// Bytes that never change and belong to several: what a context carries beyond its ids.
#pragma once

#include <nanotel/core/atomic.hpp>
#include <nanotel/core/text.hpp>

#include <cstdint>

namespace nanotel::inline NANOTEL_ABI::detail {

// The bytes follow. Whoever has a pointer to it owns one of its owners.
struct shared_bytes {
    // Relaxed to add one: who does has one already, so it cannot become 0 meanwhile. To give one up, release
    // and acquire: what each owner read of the bytes was read before the last frees them.
    atomic<std::uint32_t> owners;
    std::uint32_t size;

    char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
    const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }
};

// With one owner; null where memory is short. The bytes are still to be written, by this thread alone, but
// for a zero behind them.
[[gnu::noinline, gnu::cold]] inline shared_bytes* make_shared_bytes(std::size_t size) noexcept {
    auto* const made = static_cast<shared_bytes*>(__builtin_malloc(sizeof(shared_bytes) + size + 1));
    if (made) {
        made->owners.store_relaxed(1);
        made->size = static_cast<std::uint32_t>(size);
        made->data()[size] = '\0';
    }
    return made;
}

inline shared_bytes* retain(shared_bytes* bytes) noexcept {
    if (bytes) [[unlikely]]
        bytes->owners.fetch_add_relaxed(1);
    return bytes;
}
[[gnu::noinline, gnu::cold]] inline void release_shared(shared_bytes* bytes) noexcept {
    if (bytes->owners.fetch_sub(1) == 1) __builtin_free(bytes);
}
inline void release(shared_bytes* bytes) noexcept {
    if (bytes) [[unlikely]]
        release_shared(bytes);
}

// An owner that knows when it goes.
class shared_bytes_owner {
public:
    constexpr shared_bytes_owner() noexcept = default;
    // Takes over what is owned already.
    explicit constexpr shared_bytes_owner(shared_bytes* owned) noexcept : bytes_(owned) {}
    constexpr shared_bytes_owner(const shared_bytes_owner& other) noexcept
        : bytes_(other.bytes_ ? retain(other.bytes_) : nullptr) {}
    constexpr shared_bytes_owner(shared_bytes_owner&& other) noexcept : bytes_(other.bytes_) {
        other.bytes_ = nullptr;
    }
    constexpr shared_bytes_owner& operator=(const shared_bytes_owner& other) noexcept {
        shared_bytes_owner copy(other);
        swap(copy);
        return *this;
    }
    constexpr shared_bytes_owner& operator=(shared_bytes_owner&& other) noexcept {
        swap(other);
        return *this;
    }
    constexpr ~shared_bytes_owner() {
        if (bytes_) release_shared(bytes_);
    }

    constexpr explicit operator bool() const noexcept { return bytes_ != nullptr; }
    constexpr shared_bytes* get() const noexcept { return bytes_; }
    constexpr text as_text() const noexcept { return bytes_ ? text(bytes_->data(), bytes_->size) : text(); }

private:
    constexpr void swap(shared_bytes_owner& other) noexcept {
        shared_bytes* const mine = bytes_;
        bytes_ = other.bytes_;
        other.bytes_ = mine;
    }
    shared_bytes* bytes_ = nullptr;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
