// SPDX-License-Identifier: MIT
// How the attributes that a call site lists get into the record: each into its slot, without its key.
#pragma once

#include <nanotel/core/record_builder.hpp>
#include <nanotel/trace/span_name.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

constexpr call_site make_site(named_span what, const instrumentation_scope& scope, const char* file,
                              std::uint32_t line) noexcept {
    return {what.name, &scope, file, line, what.kind, {}};
}

[[gnu::noinline, gnu::cold]] inline std::uint32_t register_site(call_site& site, const site_key* keys,
                                                                std::uint32_t count) noexcept {
    thread_state* const thread = this_thread();
    if (!thread) return 0;
    const change_of_thread registering(*thread); // a handler that did the same would wait for ever
    return runtime.load_acquire()->register_site(site, keys, count);
}

[[gnu::noinline, gnu::cold]] inline std::uint32_t
register_scope(const instrumentation_scope& scope) noexcept {
    thread_state* const thread = this_thread();
    if (!thread) return 0;
    const change_of_thread registering(*thread);
    return runtime.load_acquire()->register_scope(scope);
}

// A value of fixed size goes into its slot at a place known when compiling.
template <class V>
[[gnu::always_inline]] inline void write_fixed(record_builder& record, std::uint32_t slot,
                                               const V& value) noexcept {
    if constexpr (requires { value.owned; }) {
        write_fixed(record, slot, to_value(value.owned));
    } else if constexpr (fixed_size_value<V>) {
        const std::uint64_t bits = record_builder::to_bits(value);
        __builtin_memcpy(record.inline_bytes + slot, &bits, sizeof bits);
    }
}

[[gnu::noinline]] inline void write_text_slot(record_builder& record, std::uint32_t slot, const void* data,
                                              std::size_t size) noexcept {
    const std::uint32_t offset = record.extend(size);
    if (offset == record_builder::no_room) {
        record.put(slot, variable_slot{record_builder::no_room, 0});
        record.count_dropped(&record_builder::dropped_attributes);
        return;
    }
    record.put(slot, variable_slot{offset, static_cast<std::uint32_t>(size)});
    copy_short(record.payload() + offset, data, size);
}

// `inlined` says that the payload cannot have left the inline bytes yet: a constant once all this is inlined.
template <class V>
[[gnu::always_inline]] inline void write_variable(record_builder& record, std::uint32_t slot, bool& inlined,
                                                  const V& value) noexcept {
    if constexpr (requires { value.owned; }) {
        write_variable(record, slot, inlined, to_value(value.owned));
    } else if constexpr (bytes_value<V>) {
        // A literal: its length is a constant here, and the copy is a few moves.
        if (__builtin_constant_p(value.size) && value.size <= 32 &&
            padded(value.size) <= NANOTEL_SPAN_INLINE_BYTES - record.size &&
            (inlined || record.marks.pool_class == 0)) {
            const std::uint32_t offset = record.size;
            const variable_slot entry{offset, static_cast<std::uint32_t>(value.size)};
            __builtin_memcpy(record.inline_bytes + slot, &entry, sizeof entry);
            __builtin_memcpy(record.inline_bytes + offset, value.data, value.size);
            record.size = offset + padded(value.size);
        } else {
            inlined = false;
            write_text_slot(record, slot, value.data, value.size);
        }
    } else if constexpr (!fixed_size_value<V>) {
        inlined = false;
        const std::uint32_t begin = record.size;
        if (record.append_value(value)) {
            record.put(slot, variable_slot{begin, record.size - begin});
        } else {
            record.size = begin;
            record.put(slot, variable_slot{record_builder::no_room, 0});
            record.count_dropped(&record_builder::dropped_attributes);
        }
    }
}

template <class... V>
[[gnu::always_inline]] inline void write_slots(record_builder& record, const V&... values) noexcept {
    record.size = 8 * sizeof...(V);
    std::uint32_t slot = 0;
    ((write_fixed(record, slot, values), slot += 8), ...);
    slot = 0;
    bool inlined = true;
    ((write_variable(record, slot, inlined, values), slot += 8), ...);
}

// The long way, behind what was set while the attributes were evaluated: each with its key, and none in the
// slots of the site. By value, or the caller could not keep its attributes in registers.
template <class... A>
[[gnu::noinline, gnu::cold]] inline void add_as_sections(record_builder& record, A... attributes) noexcept {
    [[maybe_unused]] const auto add = [&](const auto& one) {
        if (!record.add_attribute(one)) record.count_dropped(&record_builder::dropped_attributes);
    };
    (add(attributes), ...);
}

// What a macro does once the span records. One function for all kinds of spans, since each layer is one more
// function for every call site to compile.
template <class Span, class... A>
[[gnu::always_inline]] inline void begin_at_site(Span& span, call_site& site,
                                                 const A&... attributes) noexcept {
    static_assert((is_attribute<A> && ...), "nanotel: write an attribute as \"key\"_attr = value");
    static_assert(8 * sizeof...(A) <= NANOTEL_SPAN_INLINE_BYTES,
                  "nanotel: this span lists more attributes than NANOTEL_SPAN_INLINE_BYTES has room for; "
                  "set the rest with span.set()");
    if constexpr ((is_attribute<A> && ...)) {
        if constexpr (requires { typename Span::schema; }) Span::schema::template check_begin<A...>();
        if constexpr (requires { span.may_have_moved(); })
            if (!span.is_recording()) return; // evaluating the attributes took it elsewhere, or ended it
        record_builder& record = span.record_at_site();
        // The begin has stored the number of a site that has one, and no sections. One test finds out whether
        // the number is 0, or something was set while the attributes were evaluated: the sections are the
        // upper half.
        if (((record.site_and_sections() - 1) >> 32) != 0) [[unlikely]] {
            if (record.header.site == 0)
                record.header.site = register_site(site, site_keys<A...>, sizeof...(A));
            if (record.header.sections != 0) return add_as_sections(record, attributes...);
        }
        if constexpr (sizeof...(A) > 0) write_slots(record, attributes.value...);
    }
}

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
