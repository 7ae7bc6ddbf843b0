// SPDX-License-Identifier: MIT
// A record under construction: it grows inline, then in a block of the thread's pool.
#pragma once

#include <nanotel/core/interruption.hpp>
#include <nanotel/core/runtime.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

inline constexpr std::uint32_t pool_block_size(unsigned size_class) noexcept {
    return 1024u << (2 * size_class);
}
// Blocks that a thread keeps for itself. Where spans begin on one thread and end on another, the first would
// use up all the memory there is for blocks, and the second hoard it.
inline constexpr std::uint32_t pool_keeps(unsigned size_class) noexcept {
    const std::uint32_t count = 64u >> (2 * size_class);
    return count < 2 ? 2 : count;
}

// Copies a number of bytes that is not known when compiling. Short texts are the rule, and two overlapping
// loads beat a call for them.
[[gnu::always_inline]] inline void copy_short(std::byte* to, const void* from, std::size_t size) noexcept {
    auto* const source = static_cast<const std::byte*>(from);
    if (size >= 16) {
        if (size <= 32) {
            __builtin_memcpy(to, source, 16);
            __builtin_memcpy(to + size - 16, source + size - 16, 16);
        } else {
            __builtin_memcpy(to, source, size);
        }
    } else if (size >= 8) {
        __builtin_memcpy(to, source, 8);
        __builtin_memcpy(to + size - 8, source + size - 8, 8);
    } else if (size >= 4) {
        __builtin_memcpy(to, source, 4);
        __builtin_memcpy(to + size - 4, source + size - 4, 4);
    } else if (size > 0) {
        to[0] = source[0];
        to[size / 2] = source[size / 2];
        to[size - 1] = source[size - 1];
    }
}

constexpr std::uint32_t padded(std::size_t size) noexcept {
    return static_cast<std::uint32_t>((size + 7) & ~std::size_t{7});
}

// What is unusual about a span, all zero for nearly all of them: the hot path tests it as one word.
struct unusual_marks {
    std::uint8_t pool_class; // of the block that holds the payload, plus 1; 0: the inline bytes
    std::uint8_t leave;      // leave_to: what its end makes current
    std::uint8_t status;     // status_code, once it is set
    std::uint8_t other;      // the bits below

    static constexpr std::uint8_t dropped = 1;     // something did not fit: the counts are valid
    static constexpr std::uint8_t unwinding = 2;   // it began while exceptions unwound: their number is valid
    static constexpr std::uint8_t unsampled = 4;   // it holds its children's decision, and records nothing
    static constexpr std::uint8_t trace_state = 8; // it has one
    static constexpr std::uint8_t passing = 32;    // nothing records: its parent is passed on
    static constexpr std::uint8_t ended = 16;      // all that is left of it is what its context needs

    bool are(const unusual_marks& others) const noexcept {
        return __builtin_bit_cast(std::uint32_t, *this) == __builtin_bit_cast(std::uint32_t, others);
    }
};

// Left uninitialised until open(), and then valid as far as the marks say.
struct record_builder {
    static constexpr std::uint32_t no_room = ~std::uint32_t{0};
    // Kept free in the largest block for the sections that only the end of a span writes.
    static constexpr std::uint32_t reserve = 64;

    record_header header;
    std::uint32_t size; // of the payload, a multiple of 8
    unusual_marks marks;
    // Valid where marks say so.
    std::byte* block;
    std::uint32_t block_capacity;
    std::uint32_t dropped_attributes;
    std::uint32_t dropped_events;
    std::uint32_t dropped_links;
    alignas(8) std::byte inline_bytes[NANOTEL_SPAN_INLINE_BYTES];

    // Before anything else: an attribute that throws while it is evaluated leaves the record as it is now.
    [[gnu::always_inline]] void open(std::uint32_t site) noexcept {
        const std::uint64_t site_without_sections = site;
        __builtin_memcpy(reinterpret_cast<std::byte*>(&header) + offsetof(record_header, site),
                         &site_without_sections, sizeof site_without_sections);
        const std::uint64_t no_size_and_no_marks = 0;
        __builtin_memcpy(reinterpret_cast<std::byte*>(this) + offsetof(record_builder, size),
                         &no_size_and_no_marks, sizeof no_size_and_no_marks);
    }

    std::uint64_t site_and_sections() const noexcept {
        std::uint64_t both;
        __builtin_memcpy(&both, reinterpret_cast<const std::byte*>(&header) + offsetof(record_header, site),
                         sizeof both);
        return both;
    }

    // The size where there are no marks; with any it is above every size.
    std::uint64_t size_and_marks() const noexcept {
        std::uint64_t both;
        __builtin_memcpy(&both, reinterpret_cast<const std::byte*>(this) + offsetof(record_builder, size),
                         sizeof both);
        return both;
    }

    std::byte* payload() noexcept { return marks.pool_class != 0 ? block : inline_bytes; }
    const std::byte* payload() const noexcept { return marks.pool_class != 0 ? block : inline_bytes; }
    std::uint32_t capacity() const noexcept {
        return marks.pool_class != 0 ? block_capacity : NANOTEL_SPAN_INLINE_BYTES;
    }

    // Something did not fit.
    [[gnu::noinline, gnu::cold]] void count_dropped(std::uint32_t record_builder::* what) noexcept {
        if ((marks.other & unusual_marks::dropped) == 0) {
            marks.other |= unusual_marks::dropped;
            dropped_attributes = dropped_events = dropped_links = 0;
        }
        ++(this->*what);
    }

    // Moves to a larger block. False where the record would pass the greatest size or memory is short.
    [[gnu::noinline, gnu::cold]] bool grow(std::size_t wanted) noexcept {
        const runtime_table* const table = runtime.load_acquire();
        thread_state* const thread = this_thread();
        if (!table || !thread) return false;
        const std::uint64_t largest = table->largest_record.load_relaxed() - sizeof(record_header) - reserve;
        if (wanted > largest) return false;
        unsigned next = 0;
        while (next < thread_state::pool_classes && pool_block_size(next) - reserve < wanted) ++next;
        if (next == thread_state::pool_classes) return false;
        pool_block* const taken = take(*thread, next);
        if (!taken) return false;
        auto* const fresh = reinterpret_cast<std::byte*>(taken);
        __builtin_memcpy(fresh, payload(), size);
        release();
        block = fresh;
        const std::uint32_t usable = pool_block_size(next) - reserve;
        block_capacity = usable < largest ? usable : static_cast<std::uint32_t>(largest);
        marks.pool_class = static_cast<std::uint8_t>(next + 1);
        return true;
    }

    void use_reserve() noexcept {
        if (marks.pool_class != 0) block_capacity += reserve;
    }

    // A block of the thread's pool, or null when memory is short.
    static pool_block* take(thread_state& thread, unsigned size_class) noexcept {
        const change_of_thread taking(thread);
        pool_block* const block = thread.pool[size_class];
        if (!block) [[unlikely]]
            return runtime.load_acquire()->refill_pool(thread, size_class);
        thread.pool[size_class] = block->next;
        --thread.pool_count[size_class];
        return block;
    }

    void release() noexcept {
        if (marks.pool_class == 0) [[likely]]
            return;
        give_back(reinterpret_cast<pool_block*>(block), marks.pool_class - 1u);
        marks.pool_class = 0;
    }

    [[gnu::noinline, gnu::cold]] static void give_back(pool_block* block, unsigned size_class) noexcept {
        if (thread_state* const thread = this_thread()) {
            const change_of_thread giving(*thread);
            block->next = thread->pool[size_class];
            thread->pool[size_class] = block;
            if (++thread->pool_count[size_class] <= pool_keeps(size_class)) return;
            // Half of them at once, so that the registry's lock is taken seldom.
            const std::uint32_t kept = pool_keeps(size_class) / 2;
            pool_block* last = block;
            for (std::uint32_t i = 1; i < kept; ++i) last = last->next;
            pool_block* const surplus = last->next;
            last->next = nullptr;
            thread->pool_count[size_class] = kept;
            runtime.load_acquire()->release_blocks(surplus, size_class);
        } else if (const runtime_table* const table = runtime.load_acquire()) {
            block->next = nullptr;
            table->release_blocks(block, size_class);
        }
    }

    // Offset of `count` more bytes, padded to 8; no_room where they do not fit.
    [[gnu::always_inline]] std::uint32_t extend(std::size_t count) noexcept {
        const std::uint32_t offset = size;
        const std::uint32_t room = capacity() - size;
        if (count > room - room % 8) [[unlikely]] {
            if (count > (1u << 30) || !grow(size + ((count + 7) & ~std::size_t{7}))) return no_room;
        }
        size += padded(count);
        return offset;
    }

    template <class T>
    [[gnu::always_inline]] void put(std::uint32_t offset, const T& value) noexcept {
        __builtin_memcpy(payload() + offset, &value, sizeof value);
    }

    // -- sections

    // A place to return to when something does not fit as a whole.
    struct position {
        std::uint32_t size;
        std::uint32_t sections;
    };
    position mark() const noexcept { return {size, header.sections}; }
    void rewind(position to) noexcept {
        size = to.size;
        header.sections = to.sections;
    }

    // Opens a section with a body of `body` bytes; the offset of the body, or no_room.
    std::uint32_t open_section(section_type type, unsigned detail, std::size_t body) noexcept {
        const std::uint32_t offset = extend(sizeof(section_header) + body);
        if (offset == no_room) return no_room;
        put(offset, section_header{static_cast<std::uint32_t>(sizeof(section_header) + padded(body)), type,
                                   static_cast<std::uint16_t>(detail)});
        if (header.sections == 0)
            header.sections = static_cast<std::uint32_t>(sizeof(record_header)) + offset;
        return offset + static_cast<std::uint32_t>(sizeof(section_header));
    }
    // Makes the section whose body begins at `body` end where the payload ends now.
    void close_section(std::uint32_t body) noexcept {
        const std::uint32_t begin = body - static_cast<std::uint32_t>(sizeof(section_header));
        put(begin, size - begin);
    }

    // A section whose body is a length and a text; dropped whole when it does not fit.
    bool add_text_section(section_type type, unsigned detail, text value) noexcept {
        const std::uint32_t body = open_section(type, detail, 8 + value.size);
        if (body == no_room) return false;
        put(body, static_cast<std::uint64_t>(value.size));
        copy_short(payload() + body + 8, value.data, value.size);
        return true;
    }
    bool add_word_section(section_type type, unsigned detail, std::uint64_t word) noexcept {
        const std::uint32_t body = open_section(type, detail, 8);
        if (body != no_room) put(body, word);
        return body != no_room;
    }

    // An attribute with its key in the record. False, and nothing written, where it does not fit.
    template <class T>
    bool add_attribute(text name, const owned_value<T>& value) noexcept {
        return add_attribute(name, to_value(value.owned));
    }
    template <class V>
    bool add_attribute(text name, const V& value) noexcept {
        const position before = mark();
        const std::uint32_t body = open_section(section_type::attribute, static_cast<unsigned>(type_of<V>()),
                                                sizeof(attribute_body) + name.size);
        if (body != no_room) {
            copy_short(payload() + body + sizeof(attribute_body), name.data, name.size);
            const std::uint32_t begin = size;
            if (append_value(value)) {
                put(body, attribute_body{static_cast<std::uint32_t>(name.size), value_size(value, begin)});
                close_section(body);
                return true;
            }
        }
        rewind(before);
        return false;
    }
    template <class Key, class V>
    bool add_attribute(const attribute<Key, V>& a) noexcept {
        return add_attribute(Key::name(), a.value);
    }

    // -- values

    // Appends a value, padded; false where it does not fit.
    template <class V>
    bool append_value(const V& value) noexcept {
        if constexpr (fixed_size_value<V>) {
            const std::uint32_t at = extend(8);
            if (at != no_room) put(at, to_bits(value));
            return at != no_room;
        } else if constexpr (bytes_value<V>) {
            return append_bytes(value.data, value.size);
        } else if constexpr (requires { value.attributes; }) {
            return append_attributes(value.attributes);
        } else if constexpr (requires { value.values; }) {
            return append_elements(value.values);
        } else {
            return append_range(value);
        }
    }

    [[gnu::noinline]] bool append_bytes(const void* data, std::size_t count) noexcept {
        const std::uint32_t at = extend(count);
        if (at == no_room) return false;
        copy_short(payload() + at, data, count);
        return true;
    }

    template <class V>
    static std::uint64_t to_bits(const V& value) noexcept {
        if constexpr (std::is_same_v<V, double>)
            return __builtin_bit_cast(std::uint64_t, value);
        else
            return static_cast<std::uint64_t>(value);
    }

private:
    // What a reader must know of the value's length: its bytes where they are text or bytes, else all it
    // takes.
    template <class V>
    std::uint32_t value_size(const V& value, std::uint32_t begin) const noexcept {
        if constexpr (bytes_value<V>)
            return static_cast<std::uint32_t>(value.size);
        else
            return size - begin;
    }

    template <class T>
    bool append_element(const owned_value<T>& value) noexcept {
        return append_element(to_value(value.owned));
    }
    template <class V>
    bool append_element(const V& value) noexcept {
        static_assert(!std::is_same_v<V, unsupported_value>,
                      "nanotel: an element of an array is a bool, a number, a string, bytes, an enumerator, "
                      "a range or a "
                      "map");
        const std::uint32_t head = extend(sizeof(element_header));
        if (head == no_room) return false;
        const std::uint32_t begin = size;
        if (!append_value(value)) return false;
        put(head, element_header{value_size(value, begin), static_cast<std::uint32_t>(type_of<V>())});
        return true;
    }
    bool append_elements(const value_list<>&) noexcept { return true; }
    template <class... T>
    bool append_elements(const value_list<T...>& list) noexcept {
        return append_element(list.first) && append_elements(list.rest);
    }
    bool append_attributes(const value_list<>&) noexcept { return true; }
    template <class... A>
    bool append_attributes(const value_list<A...>& list) noexcept {
        return append_member(std::remove_cvref_t<decltype(list.first)>::key_type::name(), list.first.value) &&
               append_attributes(list.rest);
    }

    // A member of a map is laid out as an attribute section, but does not begin the record's sections.
    template <class V>
    bool append_member(text name, const V& value) noexcept {
        const std::uint32_t sections_before = header.sections;
        const bool fits = add_attribute(name, value);
        header.sections = sections_before;
        return fits;
    }

    template <class R>
    bool append_range(const R& borrowed) noexcept {
        if constexpr (requires { borrowed.range; })
            return append_each(*borrowed.range);
        else
            return append_each(borrowed);
    }
    template <class Range>
    bool append_each(const Range& range) noexcept {
        for (auto&& item : range) {
            bool fits;
            if constexpr (pair_like<std::remove_cvref_t<decltype(item)>>)
                fits = append_member(text(item.first), to_value(item.second));
            else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(item)>, bool> ||
                               !std::is_class_v<std::remove_cvref_t<decltype(item)>>)
                fits = append_element(to_value(item));
            else if constexpr (
                std::is_convertible_v<decltype(item), bool> &&
                !string_like<std::remove_cvref_t<decltype(item)>> &&
                !range_like<std::remove_cvref_t<decltype(item)>> &&
                !has_conversion<std::remove_cvref_t<decltype(item)>> && !requires { item.values; } &&
                !requires { item.attributes; })
                fits = append_element(static_cast<bool>(item)); // the proxy of std::vector<bool>
            else
                fits = append_element(to_value(item));
            if (!fits) return false;
        }
        return true;
    }
};

} // namespace nanotel::inline NANOTEL_ABI::detail
