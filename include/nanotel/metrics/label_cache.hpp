// SPDX-License-Identifier: MIT
// Labels whose values are known only at run time: each thread finds the cell of a set that it has used before
// by a 64-bit hash and a full compare.
#pragma once

#include <nanotel/core/record_builder.hpp>
#include <nanotel/metrics/cell.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// A label set as a measurement gives it.
struct label_set {
    const std::byte* sections; // attribute sections, as in a record, in the order given
    std::uint32_t size;
    bool complete;               // else it did not fit, and goes to the series of what is too much
    bool cacheable;              // of numbers and texts only, and short
    const std::uint64_t* packed; // as the cache compares it
    std::uint32_t packed_words;
    std::uint32_t slot; // of the instrument, which stands in for it in the cache
    std::uint64_t hash;
    const site_key* keys;
};

// Of one set that the thread has used; in memory of thread_metrics.
struct cached_label_set {
    metric_cell* cell;    // null: there are several, or one that the short way cannot write to
    const site_key* keys; // one array for each list of keys in a module: its address stands for them
    std::uint32_t slot;
    std::uint32_t packed_words;
    metric_cell* const* cells; // all of them, for the long way
    std::uint64_t cell_count;
    const std::uint64_t* packed() const noexcept { return reinterpret_cast<const std::uint64_t*>(this + 1); }
};

struct label_set_slot {
    std::uint64_t hash;
    cached_label_set* set; // null: empty
};

// The halves of the product of two words: a few cycles, and every bit of both counts in every bit.
inline std::uint64_t fold_product(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using wide = unsigned __int128;
    const wide product = static_cast<wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t load_8(const char* from) noexcept {
    std::uint64_t word;
    __builtin_memcpy(&word, from, 8);
    return word;
}
inline std::uint32_t load_4(const char* from) noexcept {
    std::uint32_t word;
    __builtin_memcpy(&word, from, 4);
    return word;
}

inline constexpr std::uint64_t hash_secret_0 = 0xa0761d6478bd642f;
inline constexpr std::uint64_t hash_secret_1 = 0xe7037ed1a0b428db;

// Not against an enemy who picks label values to collide: a set that collides is slower to find, and the
// number of sets is limited.
[[gnu::always_inline]] inline std::uint64_t hash_text(std::uint64_t seed, const char* data,
                                                      std::size_t size) noexcept {
    std::uint64_t a;
    std::uint64_t b;
    if (size <= 16) [[likely]] {
        if (size >= 8) {
            a = load_8(data);
            b = load_8(data + size - 8);
        } else if (size >= 4) {
            a = load_4(data);
            b = load_4(data + size - 4);
        } else if (size > 0) {
            a = static_cast<unsigned char>(data[0]) | static_cast<std::uint64_t>(data[size / 2]) << 8;
            b = static_cast<unsigned char>(data[size - 1]);
        } else {
            a = b = 0;
        }
    } else {
        std::size_t left = size;
        const char* at = data;
        for (; left > 16; left -= 16, at += 16)
            seed = fold_product(load_8(at) ^ hash_secret_1, load_8(at + 8) ^ seed);
        a = load_8(data + size - 16);
        b = load_8(data + size - 8);
    }
    return fold_product(hash_secret_1 ^ size, fold_product(a ^ hash_secret_1, b ^ seed));
}

// -- what a value is in the cache: a word, or a length and the bytes in whole words

template <class V>
inline constexpr bool cacheable_label = fixed_size_value<V> || std::is_same_v<V, text>;

template <class V>
[[gnu::always_inline]] inline std::uint64_t hash_label(std::uint64_t seed, const V& value) noexcept {
    if constexpr (fixed_size_value<V>)
        return fold_product(seed ^ hash_secret_0, record_builder::to_bits(value) ^ hash_secret_1);
    else
        return hash_text(seed, value.data, value.size);
}

[[gnu::always_inline]] inline bool same_bytes(const char* a, const char* b, std::size_t size) noexcept {
    if (size >= 8) {
        if (size > 16) return __builtin_memcmp(a, b, size) == 0;
        return load_8(a) == load_8(b) && load_8(a + size - 8) == load_8(b + size - 8);
    }
    if (size >= 4) return load_4(a) == load_4(b) && load_4(a + size - 4) == load_4(b + size - 4);
    for (std::size_t i = 0; i < size; ++i)
        if (a[i] != b[i]) return false;
    return true;
}

template <class V>
[[gnu::always_inline]] inline bool matches_label(const std::uint64_t*& at, const V& value) noexcept {
    if constexpr (fixed_size_value<V>) {
        return *at++ == record_builder::to_bits(value);
    } else {
        if (*at != value.size) return false;
        const char* const bytes = reinterpret_cast<const char*>(at + 1);
        at += 1 + padded(value.size) / 8;
        return same_bytes(bytes, value.data, value.size);
    }
}

// The words after `at`, or null where they do not fit before `end`.
template <class V>
std::uint64_t* pack_label(std::uint64_t* at, const std::uint64_t* end, const V& value) noexcept {
    if (!at) return nullptr;
    if constexpr (fixed_size_value<V>) {
        if (at == end) return nullptr;
        *at = record_builder::to_bits(value);
        return at + 1;
    } else {
        const std::size_t words = 1 + (value.size + 7) / 8;
        if (static_cast<std::size_t>(end - at) < words) return nullptr;
        at[words - 1] = 0;
        at[0] = value.size;
        __builtin_memcpy(at + 1, value.data, value.size);
        return at + words;
    }
}

[[gnu::always_inline]] inline std::uint64_t begin_label_hash(std::uint32_t slot,
                                                             const site_key* keys) noexcept {
    return (reinterpret_cast<std::uintptr_t>(keys) * hash_secret_0) ^ (slot * hash_secret_1);
}

// The calling thread's cell, or null where it has not used the set or the long way knows what to do with it.
// One function for each list of value types, whatever the keys.
template <class... V>
[[gnu::noinline]] metric_cell* find_labelled_cell(thread_state& thread, std::uint32_t slot,
                                                  const site_key* keys, const V&... values) noexcept {
    if (slot >= thread.measured.cell_count.load_relaxed()) [[unlikely]]
        return nullptr;
    std::uint64_t hash = begin_label_hash(slot, keys);
    ((hash = hash_label(hash, values)), ...);
    const label_set_slot* const table = thread.measured.label_sets;
    if (!table) [[unlikely]]
        return nullptr;
    for (std::uint64_t i = hash;; ++i) {
        const label_set_slot& slot_here = table[i & thread.measured.label_set_mask];
        const cached_label_set* const set = slot_here.set;
        if (!set) return nullptr;
        if (slot_here.hash != hash || set->keys != keys || set->slot != slot) continue;
        const std::uint64_t* at = set->packed();
        if ((matches_label(at, values) && ...)) return set->cell;
    }
}

// -- the long way

inline constexpr std::uint32_t most_packed_words = 64;

// Calls `use(label_set)`; the set lives during the call.
template <class Use, class... V>
[[gnu::noinline, gnu::cold]] void with_label_set(std::uint32_t slot, const site_key* keys, Use use,
                                                 const V&... values) noexcept {
    record_builder builder;
    builder.open(0);
    builder.block = nullptr; // read where the marks say so, which g++ does not see with -fsanitize
    builder.block_capacity = 0;
    // Sets that are equal are equal bytes, also those between a text and the next word.
    __builtin_memset(builder.payload(), 0, builder.capacity());
    bool complete = false;
    for (const record_builder::position begin = builder.mark();;) {
        const unsigned block = builder.marks.pool_class;
        [[maybe_unused]] std::uint32_t i = 0;
        complete = (builder.add_attribute(keys[i++].name, values) && ...);
        if (builder.marks.pool_class == block) break;
        // It moved to a block that holds what was there before; now it has room.
        __builtin_memset(builder.payload(), 0, builder.size);
        builder.rewind(begin);
    }
    label_set set{builder.payload(), builder.size, complete, false, nullptr, 0, slot, 0, keys};
    [[maybe_unused]] std::uint64_t packed[most_packed_words];
    if constexpr ((cacheable_label<V> && ...)) {
        std::uint64_t hash = begin_label_hash(slot, keys);
        ((hash = hash_label(hash, values)), ...);
        std::uint64_t* at = packed;
        ((at = pack_label(at, packed + most_packed_words, values)), ...);
        set.cacheable = at != nullptr && complete;
        set.packed = packed;
        set.packed_words = at ? static_cast<std::uint32_t>(at - packed) : 0;
        set.hash = hash;
    }
    use(set);
    builder.release();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
