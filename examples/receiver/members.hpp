// SPDX-License-Identifier: MIT
// The members of an object: which ones the protocol knows, which ones are there.
#pragma once

#include "json_path.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <array>
#include <bit> // countr_zero
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace receiver {

namespace dom = simdjson::dom;

/// The set of members that were seen in an object, a bit each in the order of its key table.
using member_set = std::uint32_t;

[[nodiscard]] constexpr member_set bit_of(unsigned member) { return member_set{1} << member; }

/// Calls `visit(index, value, path)` for every member of `object` that `keys` names, and reports those that
/// it does not name and those that come twice. Writers keep an order, so the search starts behind the last
/// match.
template <std::size_t N, typename Visit>
member_set for_each_member(violation_log& log, const json_path& path, dom::object object,
                           const std::array<std::string_view, N>& keys, Visit visit) {
    static_assert(N <= 32);
    member_set seen = 0;
    std::size_t expected = 0;
    for (const auto field : object) {
        std::size_t index = expected;
        std::size_t tried = 0;
        while (tried < N && keys[index] != field.key) {
            index = index + 1 == N ? 0 : index + 1;
            ++tried;
        }
        const json_path here = path.member(field.key);
        if (tried == N) {
            const bool snake_case = field.key.find('_') != std::string_view::npos;
            log.add(snake_case ? rule::snake_case_member : rule::unknown_member, here, field.value);
            continue;
        }
        if ((seen & bit_of(static_cast<unsigned>(index))) != 0) {
            log.add(rule::duplicate_member, here, field.value);
        }
        seen |= bit_of(static_cast<unsigned>(index));
        expected = index + 1 == N ? 0 : index + 1;
        visit(static_cast<unsigned>(index), field.value, here);
    }
    return seen;
}

/// Reports each member of `required` that is not among `seen`.
template <std::size_t N>
void require_members(violation_log& log, const json_path& path, member_set seen, member_set required,
                     const std::array<std::string_view, N>& keys) {
    for (member_set missing = required & ~seen; missing != 0; missing &= missing - 1) {
        log.add(rule::missing_member, path, keys[static_cast<std::size_t>(std::countr_zero(missing))]);
    }
}

/// Calls `visit(element, path)` for the elements of `value`, which must be an array. Returns how many there
/// were.
template <typename Visit>
std::size_t for_each_element(violation_log& log, const json_path& path, dom::element value, Visit visit) {
    dom::array array;
    if (value.get(array) != simdjson::SUCCESS) {
        log.add(rule::wrong_type, path, value);
        return 0;
    }
    std::size_t count = 0;
    for (const dom::element element : array) {
        visit(element, path.element(count));
        ++count;
    }
    return count;
}

/// The same for an array of objects, which is what most arrays of the protocol are.
template <typename Visit>
std::size_t for_each_object(violation_log& log, const json_path& path, dom::element value, Visit visit) {
    return for_each_element(log, path, value, [&](dom::element element, const json_path& here) {
        dom::object object;
        if (element.get(object) != simdjson::SUCCESS) {
            log.add(rule::wrong_type, here, element);
            return;
        }
        visit(object, here);
    });
}

/// An array that must not be empty: the envelopes around resources, scopes and records.
template <typename Visit>
std::size_t for_each_enveloped(violation_log& log, const json_path& path, dom::element value, Visit visit) {
    const std::size_t count = for_each_object(log, path, value, visit);
    if (count == 0 && value.is_array()) log.add(rule::empty_envelope, path, value);
    return count;
}

} // namespace receiver
