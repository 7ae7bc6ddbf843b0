// SPDX-License-Identifier: MIT
// What a log statement does once its record is kept: its arguments and attributes into the slots of a record.
#pragma once

#include <nanotel/log/format.hpp>
#include <nanotel/log/log_writing.hpp>
#include <nanotel/trace/exception.hpp>
#include <nanotel/trace/site_recording.hpp>

#include <cxxabi.h> // __cxa_current_exception_type

namespace nanotel::inline NANOTEL_ABI {

/// An exception as an argument of a log statement or of nanotel::log, told by the attributes exception.type
/// and exception.message (OpenTelemetry Semantic Conventions, "Exceptions in logs"); it stands for no place
/// in the text: `NANOTEL_LOG_ERROR("{} was not paid", id, nanotel::exception(e))`. Borrowed until the call
/// returns.
template <class E>
constexpr auto exception(const E& e) noexcept {
    return detail::logged_exception<E>{&e};
}
/// Whatever is being handled, in `catch (...)`.
constexpr auto current_exception() noexcept { return detail::logged_exception<void>{nullptr}; }

namespace detail {

[[gnu::noinline, gnu::cold]] inline std::uint32_t register_log_site(log_site& site, const site_key* keys,
                                                                    std::uint32_t count) noexcept {
    thread_state* const thread = this_thread();
    if (!thread || is_interrupted(*thread)) return 0; // the record is counted where it is written
    const change_of_thread registering(*thread);
    return runtime.load_acquire()->register_log_site(site, keys, count);
}

template <class A>
constexpr site_key key_of_argument() noexcept {
    if constexpr (is_attribute<A>)
        return {A::key_type::name(), argument_type_of<A>()};
    else
        return {{}, argument_type_of<A>()};
}
template <class... A>
inline constexpr site_key argument_keys[sizeof...(A) + 1] = {key_of_argument<A>()..., {}};

// Where the text is formatted on the caller's side: it, then a slot for each argument, of which those of
// attributes hold something.
template <class... A>
inline constexpr site_key formatted_keys[sizeof...(A) + 1] = {
    {{}, argument_type::formatted},
    (is_beside_text<A> ? key_of_argument<A>() : site_key{{}, argument_type::nothing})...};

// A word or a text: nothing that has to be built.
template <class A>
constexpr bool is_plain_argument() noexcept {
    if constexpr (is_attribute<A>)
        return fixed_size_value<typename A::value_stored> || bytes_value<typename A::value_stored>;
    else
        return !is_exception_argument<A>;
}

// As write_log takes them.
template <class V>
constexpr auto word_or_text(const V& value) noexcept {
    if constexpr (fixed_size_value<V>)
        return record_builder::to_bits(value);
    else
        return text(static_cast<const char*>(static_cast<const void*>(value.data)), value.size);
}

inline void add_exception(record_builder& record, const exception_description& e) noexcept {
    if (e.type.size != 0 && !record.add_attribute("exception.type", type_name{e.type.data, e.type.size}))
        record.count_dropped(&record_builder::dropped_attributes);
    if (e.has_message && !record.add_attribute("exception.message", e.message))
        record.count_dropped(&record_builder::dropped_attributes);
}

template <class A>
void add_exception_of(record_builder& record, const A& argument) noexcept {
    if constexpr (std::is_same_v<A, logged_exception<void>>) {
#if defined(__cpp_exceptions)
        try {
            if (exception_in_flight()) throw;
        } catch (const std::exception& e) {
            add_exception(record, describe_exception(e));
        } catch (...) {
            exception_description unknown{nullptr, {}, {}, false};
            if (const auto* type = abi::__cxa_current_exception_type()) unknown.type = type->name();
            add_exception(record, unknown);
        }
#endif
    } else if constexpr (is_exception_argument<A>) {
        add_exception(record, describe_exception(*argument.object));
    }
}

// What only the end of a record says, within the bytes that are kept for it.
inline void add_dropped_count(record_builder& record) noexcept {
    if ((record.marks.other & unusual_marks::dropped) == 0) return;
    record.use_reserve();
    const std::uint32_t body = record.open_section(section_type::dropped, 0, sizeof(dropped_body));
    if (body != record_builder::no_room) record.put(body, dropped_body{record.dropped_attributes, 0, 0, 0});
}

// The text does not fit with its arguments: the record is none.
inline bool has_argument_without_room(const record_builder& record, const site_key* keys,
                                      std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        if (keys[i].name.size != 0 ||
            (keys[i].type != value_type::string && keys[i].type != argument_type::formatted))
            continue;
        variable_slot slot;
        __builtin_memcpy(&slot, record.payload() + 8 * i, sizeof slot);
        if (slot.offset == record_builder::no_room) return true;
    }
    return false;
}

[[gnu::noinline, gnu::cold]] inline void count_large_log() noexcept {
    thread_state* const thread = this_thread();
    if (!thread) return;
    thread->logs.recorded.add_by_owner(1);
    thread->logs.dropped_large.add_by_owner(1);
}

// Built on the stack first: ranges and maps are walked, exceptions asked.
template <class... V>
[[gnu::noinline]] inline void start_built_log(record_builder& record, std::uint32_t site,
                                              const V&... values) noexcept {
    record.open(site);
    write_slots(record, values...);
}

inline void finish_built_log(record_builder& record, const site_key* keys, std::size_t count) noexcept {
    if (has_argument_without_room(record, keys, count)) {
        count_large_log();
    } else {
        add_dropped_count(record);
        write_built_log(record, nullptr);
    }
    record.release();
}

template <class... A>
[[gnu::noinline]] inline void log_built(std::uint32_t site, const A&... arguments) noexcept {
    if (!may_build_log()) return;
    record_builder record;
    start_built_log(record, site, slot_value(arguments)...);
    (add_exception_of(record, arguments), ...);
    finish_built_log(record, argument_keys<A...>, sizeof...(A));
}

// -- formatting now

// Calls `use` with those of the arguments that stand in the text. Each step moves one from the front to the
// back, or leaves it out.
template <std::size_t Left, class Use, class... All>
void with_text_arguments(const Use& use, const All&... all) {
    if constexpr (Left == 0)
        use(all...);
    else
        [&](const auto& first, const auto&... rest) {
            if constexpr (is_beside_text<std::remove_cvref_t<decltype(first)>>)
                with_text_arguments<Left - 1>(use, rest...);
            else
                with_text_arguments<Left - 1>(use, rest..., first);
        }(all...);
}

// As the copied path has them: a null pointer is a text too, and an array ends with its last element.
template <class A>
constexpr decltype(auto) shown_value(const A& argument) noexcept {
    if constexpr (is_text_argument<A>) {
        const text value = slot_value(argument);
        return fmt::string_view(value.data, value.size);
    } else {
        return (argument);
    }
}

template <class... A>
void format_log(fmt::memory_buffer& into, fmt::string_view format, const A&... arguments) noexcept {
#if defined(__cpp_exceptions)
    try {
#endif
        with_text_arguments<sizeof...(A)>(
            [&](const auto&... of_text) {
                const auto write = [&](const auto&... shown) {
                    fmt::vformat_to(fmt::appender(into), format, fmt::make_format_args(shown...));
                };
                write(shown_value(of_text)...);
            },
            arguments...);
#if defined(__cpp_exceptions)
    } catch (
        ...) { // a formatter of the application's, or a width that is negative: rather the text as it stands
        into.clear();
        into.append(format.data(), format.data() + format.size());
    }
#endif
}

template <class A>
constexpr decltype(auto) value_beside_text(const A& argument) noexcept {
    if constexpr (is_beside_text<A>)
        return slot_value(argument);
    else
        return std::uint64_t{0};
}

template <class... A>
[[gnu::noinline]] inline void log_formatted(std::uint32_t site, fmt::string_view format,
                                            const A&... arguments) noexcept {
    if (!may_build_log()) return;
    fmt::memory_buffer formatted;
    format_log(formatted, format, arguments...);
    record_builder record;
    start_built_log(record, site, text(formatted.data(), formatted.size()), value_beside_text(arguments)...);
    (add_exception_of(record, arguments), ...);
    finish_built_log(record, formatted_keys<A...>, sizeof...(A) + 1);
}

// -- what the macros call

template <class... A>
[[gnu::always_inline]] inline void log_at_site(log_site& site, log_format<A...> format,
                                               const A&... arguments) noexcept {
    static_assert(
        (8 * (sizeof...(A) + 1)) <= NANOTEL_SPAN_INLINE_BYTES,
        "nanotel: a log statement has more arguments and attributes than NANOTEL_SPAN_INLINE_BYTES has "
        "room for");
    if constexpr (((is_beside_text<A> || is_formattable_argument<A>) && ...)) {
        constexpr bool copied = ((is_beside_text<A> || is_copied_argument<A>) && ...);
        std::uint32_t id = site.here.id.load_relaxed();
        if (id == 0) [[unlikely]]
            id = copied ? register_log_site(site, argument_keys<A...>, sizeof...(A))
                        : register_log_site(site, formatted_keys<A...>, sizeof...(A) + 1);
        if constexpr (!copied)
            log_formatted(id, format, arguments...);
        else if constexpr ((is_plain_argument<A>() && ...))
            write_log(id, word_or_text(slot_value(arguments))...);
        else
            log_built(id, arguments...);
    }
}

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
