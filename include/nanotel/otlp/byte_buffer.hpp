// SPDX-License-Identifier: MIT
// The bytes of a request body while it grows.
#pragma once

#include <nanotel/core/config.hpp>

#include <cstddef>
#include <cstdint> // SIZE_MAX
#include <cstdlib>
#include <cstring>
#include <utility> // exchange

namespace nanotel::inline NANOTEL_ABI::detail {

/// Contiguous bytes that grow geometrically and are never initialised.
///
/// Writers ask for room, write at the position they are given, and commit the end they reached:
/// `if (char* out = body.reserve(40)) body.commit(write_unsigned(out, count));`
/// Beyond what was asked for there are always `slack` writable bytes, since the writers copy whole vectors.
/// Nothing throws: a failed allocation is a null pointer or false, and the buffer stays as it was.
/// A move hands over the storage and leaves an empty buffer. Not thread-safe.
class byte_buffer {
public:
    static constexpr std::size_t slack = 64;

    byte_buffer() noexcept = default;
    byte_buffer(byte_buffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    byte_buffer& operator=(byte_buffer&& other) noexcept {
        byte_buffer taken(std::move(other));
        std::swap(data_, taken.data_);
        std::swap(size_, taken.size_);
        std::swap(capacity_, taken.capacity_);
        return *this;
    }
    byte_buffer(const byte_buffer&) = delete;
    byte_buffer& operator=(const byte_buffer&) = delete;
    ~byte_buffer() { std::free(data_); }

    /// Makes room for `count` bytes and the slack. Returns the write position, which holds until the next
    /// call that may move the storage; null when memory is refused, and then nothing has changed.
    [[nodiscard]] char* reserve(std::size_t count) noexcept {
        if (count <= greatest_count && capacity_ - size_ >= count + slack) [[likely]]
            return data_ + size_;
        return grow(count) ? data_ + size_ : nullptr;
    }

    /// Takes what was written up to `end`, which lies within what reserve() granted.
    void commit(const char* end) noexcept { size_ = static_cast<std::size_t>(end - data_); }

    /// Copies `count` bytes in; false when memory is refused.
    [[nodiscard]] bool append(const char* bytes, std::size_t count) noexcept {
        char* out = reserve(count);
        if (out == nullptr) return false;
        if (count != 0)
            std::memcpy(out, bytes, count); // a null source is legal with no bytes, not for memcpy
        size_ += count;
        return true;
    }

    /// Forgets the contents, keeps the storage.
    void clear() noexcept { size_ = 0; }

    /// Cuts the contents back to `size` bytes, to undo what was written after a mark.
    void truncate(std::size_t size) noexcept {
        if (size < size_) size_ = size;
    }

    /// Gives storage above `max_capacity` back to the allocator, but never any that the contents need.
    void shrink(std::size_t max_capacity) noexcept {
        if (size_ == 0 && max_capacity <= slack) {
            std::free(std::exchange(data_, nullptr));
            capacity_ = 0;
            return;
        }
        const std::size_t needed = size_ + slack;
        const std::size_t target = max_capacity > needed ? max_capacity : needed;
        if (target < capacity_) static_cast<void>(reallocate(target));
    }

    [[nodiscard]] const char* data() const noexcept { return data_; }
    [[nodiscard]] char* data() noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// Bytes held, slack included.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

private:
    static constexpr std::size_t first_capacity = 4096;
    // More than any allocator grants, and little enough that no sum here wraps.
    static constexpr std::size_t greatest_count = SIZE_MAX / 4;

    [[gnu::noinline, gnu::cold]] bool grow(std::size_t count) noexcept {
        if (count > greatest_count || size_ > greatest_count) return false;
        const std::size_t needed = size_ + count + slack;
        std::size_t target = capacity_ * 2;
        if (target < first_capacity) target = first_capacity;
        if (target < needed) target = needed;
        // Under memory pressure the exact size may still be had.
        return reallocate(target) || (target != needed && reallocate(needed));
    }

    bool reallocate(std::size_t capacity) noexcept {
        void* moved = std::realloc(data_, capacity);
        if (moved == nullptr) return false;
        data_ = static_cast<char*>(moved);
        capacity_ = capacity;
        return true;
    }

    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
