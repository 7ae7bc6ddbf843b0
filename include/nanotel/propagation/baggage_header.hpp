// SPDX-License-Identifier: MIT
// Baggage in the header of that name: W3C Baggage.
#pragma once

#include <nanotel/core/context.hpp>
#include <nanotel/propagation/carrier.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

// Adds the entry that a member of the header is, if it is one.
inline void parse_baggage_member(baggage_builder& builder, text member) noexcept {
    text metadata = member;
    text value = cut_before(metadata, ';');
    const std::size_t equals = find_character(value, '=');
    if (equals == value.size) return;
    const text key = without_blanks(cut_before(value, '='));
    value = without_blanks(value);
    metadata = without_blanks(metadata);
    if (!is_token(key) || value.size > baggage::max_size || !is_baggage_metadata(metadata)) return;
    char* const end = write_percent_decoded(builder.scratch(), value);
    if (!end) return;
    builder.add({key, {builder.scratch(), static_cast<std::size_t>(end - builder.scratch())}, metadata});
}

// What is beyond the limits is left out, and so is what is no member.
inline baggage parse_baggage(const header_values& headers) noexcept {
    if (headers.count > header_values::most) return {};
    std::size_t size = 0;
    std::size_t members = headers.count;
    for (unsigned i = 0; i < headers.count; ++i) {
        size += headers.values[i].size;
        for (std::size_t k = 0; k < headers.values[i].size; ++k) members += headers.values[i][k] == ',';
    }
    if (size == 0) return {};
    if (size > baggage::max_size) size = baggage::max_size;
    if (members > baggage::max_entries) members = baggage::max_entries;
    // What is no UTF-8 grows by being replaced, though not beyond what can be sent again.
    const std::size_t grown = 3 * size < baggage::max_size ? 3 * size : baggage::max_size;
    baggage_builder builder(members, grown, 3 * size);
    if (!builder) return {};
    for (unsigned i = 0; i < headers.count; ++i)
        for (text rest = headers.values[i]; rest.size != 0;)
            if (const text member = cut_before(rest, ','); member.size <= size)
                parse_baggage_member(builder, member);
    return builder.finish();
}

// As it is sent, with a zero behind it; null where there is nothing, or memory is short.
inline shared_bytes* write_baggage(const baggage& from) noexcept {
    std::size_t size = 0;
    for (const baggage_entry entry : from)
        if (is_token(entry.key)) size += (size != 0) + sent_size_of(entry);
    shared_bytes* const made = size != 0 ? make_shared_bytes(size) : nullptr;
    if (!made) return nullptr;
    char* out = made->data();
    for (const baggage_entry entry : from) {
        if (!is_token(entry.key)) continue;
        if (out != made->data()) *out++ = ',';
        out = append(out, entry.key);
        *out++ = '=';
        out = write_percent_encoded(out, entry.value);
        if (entry.metadata.size != 0) *out++ = ';';
        out = append(out, entry.metadata);
    }
    return made;
}

} // namespace detail

/// Carries the baggage in `baggage` (W3C Baggage). No state; any thread. What a carrier throws flies on, and
/// nothing else does.
struct baggage_propagator {
    template <class F>
    static constexpr void for_each_field(F&& f) {
        f("baggage");
    }

    /// Writes the header where there is baggage whose keys are tokens of HTTP. A context without says nothing
    /// of it: a header that is there stays, as with other implementations of OpenTelemetry, since it may be
    /// what the application wants to send.
    template <writable_carrier C>
    static void inject(C&& carrier, const context& from) {
        const detail::shared_bytes_owner sent(detail::write_baggage(from.baggage));
        if (sent) detail::set_header(carrier, "baggage", sent.as_text());
    }

    /// `base` with the baggage of the headers; `base` as it is where they have none. Members that are none
    /// are left out, and those beyond 64 or 8192 bytes; of a key the last counts.
    template <readable_carrier C>
    static context extract(const C& carrier, const context& base = {}) {
        baggage found = detail::with_values(carrier, "baggage", [](const detail::header_values& values) {
            return detail::parse_baggage(values);
        });
        context whole = base;
        if (!found.empty()) whole.baggage = static_cast<baggage&&>(found);
        return whole;
    }
};

} // namespace nanotel::inline NANOTEL_ABI
