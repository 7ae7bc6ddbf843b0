// SPDX-License-Identifier: MIT
// What carries a context between processes: any map of header names and values, or a callable.
#pragma once

#include <nanotel/core/text_parts.hpp>

#include <type_traits>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

constexpr bool is_header(text name, text lower_case) noexcept {
    if (name.size != lower_case.size) return false;
    for (std::size_t i = 0; i < name.size; ++i) {
        const char c = name[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != lower_case[i]) return false;
    }
    return true;
}

// The values of one header in their order, borrowed.
struct header_values {
    static constexpr unsigned most = 32;

    text values[most];
    unsigned count = 0; // beyond `most` they are counted and no more

    constexpr void add(text value) noexcept {
        if (count < most) values[count] = value;
        ++count;
    }
    // The only one, without the blanks around it; empty where there is none or are several.
    constexpr text only() const noexcept { return count == 1 ? without_blanks(values[0]) : text(); }
};

template <class C>
concept string_pairs = requires(const C& c) {
    text((*c.begin()).first);
    (*c.begin()).second;
    c.end();
};
template <class C>
concept getting_callable = requires(const C& c) { c("name"); };
template <class C>
concept setting_callable = requires(C& c) { c("name", "value"); };

} // namespace detail

/// Where `extract` reads: pairs of a name and a value or a range of values (std::map, std::unordered_map, a
/// multimap such as httplib::Headers, a vector of pairs), in which names are found in any case and several of
/// a name are taken in their order; or a callable that is given the name as a `const char*` in lower case and
/// returns a string, an optional or a pointer to one. Empty and null are absent.
template <class C>
concept readable_carrier = detail::string_pairs<C> || detail::getting_callable<C>;

/// Where `inject` writes: such pairs, in which a name that is there in any case is replaced, and which own
/// their texts, or a callable that is given name and value as `const char*`.
template <class C>
concept writable_carrier =
    detail::string_pairs<std::remove_reference_t<C>> || detail::setting_callable<std::remove_reference_t<C>>;

namespace detail {

// What is found is there until `use` returns: a callable may make the value.
template <readable_carrier C, class Use>
auto with_values(const C& carrier, const char* name, Use&& use) {
    header_values found;
    if constexpr (getting_callable<C>) {
        auto&& value = carrier(name);
        if constexpr (std::is_convertible_v<decltype(value), text>) {
            if (const text t(value); !t.empty()) found.add(t);
        } else {
            if (value) found.add(text(*value));
        }
        return use(found);
    } else {
        const text wanted(name);
        for (const auto& pair : carrier) {
            if (!is_header(text(pair.first), wanted)) continue;
            if constexpr (requires { text(pair.second); })
                found.add(text(pair.second));
            else
                for (const auto& value : pair.second) found.add(text(value));
        }
        return use(found);
    }
}

// Of a callable nothing can be erased.
template <class C>
void erase_header(C& carrier, const char* name) {
    if constexpr (!setting_callable<C>) {
        const text wanted(name);
        for (auto at = carrier.begin(); at != carrier.end();) {
            if (is_header(text((*at).first), wanted))
                at = carrier.erase(at);
            else
                ++at;
        }
    }
}

// std::string_view, const char* and their like, by what they are made of: none of the headers that name them
// is known here. What owns its characters is not trivially copied, or larger.
template <class T>
consteval bool is_borrowed_text() noexcept {
    if constexpr (std::is_pointer_v<T>)
        return true;
    else if constexpr (requires(const T& t) { text(t); })
        return std::is_trivially_copyable_v<T> && sizeof(T) <= 2 * sizeof(void*);
    else if constexpr (requires(const T& t) { *t.begin(); }) // the values of a name
        return is_borrowed_text<std::remove_cvref_t<decltype(*std::declval<const T&>().begin())>>();
    else
        return false;
}

// `value` ends with a zero.
template <class C>
void set_header(C& carrier, const char* name, text value) {
    if constexpr (setting_callable<C>) {
        carrier(name, value.data);
    } else {
        using pair = std::remove_cvref_t<decltype(*carrier.begin())>;
        using key = std::remove_cvref_t<decltype(pair::first)>;
        using mapped = std::remove_cv_t<decltype(pair::second)>;
        constexpr bool borrows = is_borrowed_text<key>() || is_borrowed_text<mapped>();
        static_assert(!borrows,
                      "nanotel: inject writes texts that are gone when it returns, and this carrier "
                      "would only refer to them: use one of std::string");
        if constexpr (!borrows) {
            const text wanted(name);
            erase_header(carrier, name);
            if constexpr (requires { mapped(value.data, value.size); })
                carrier.insert(carrier.end(),
                               pair(key(wanted.data, wanted.size), mapped(value.data, value.size)));
            else
                carrier.insert(carrier.end(),
                               pair(key(wanted.data, wanted.size), mapped{{value.data, value.size}}));
        }
    }
}

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
