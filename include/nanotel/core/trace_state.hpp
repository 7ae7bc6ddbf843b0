// SPDX-License-Identifier: MIT
// What the tracing systems along the way of a trace say of it, each under its key: W3C tracestate.
#pragma once

#include <nanotel/core/shared_bytes.hpp>
#include <nanotel/core/text_parts.hpp>

namespace nanotel::inline NANOTEL_ABI {

struct trace_state_member {
    text key;
    text value;
};

namespace detail {

constexpr bool is_lower_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// The members of a tracestate while it is read or changed; the texts are borrowed.
class trace_state_list {
public:
    static constexpr std::uint32_t most = 32;
    static constexpr std::size_t longest = 512;

    static constexpr bool is_key(text key) noexcept {
        if (key.size == 0 || key.size > 256 || !is_lower_or_digit(key[0])) return false;
        for (std::size_t i = 1; i < key.size; ++i)
            if (const char c = key[i];
                !is_lower_or_digit(c) && c != '_' && c != '-' && c != '*' && c != '/' && c != '@')
                return false;
        return true;
    }
    static constexpr bool is_value(text value) noexcept {
        if (value.size == 0 || value.size > 256 || value[value.size - 1] == ' ') return false;
        for (std::size_t i = 0; i < value.size; ++i)
            if (const char c = value[i]; c < 0x20 || c > 0x7e || c == ',' || c == '=') return false;
        return true;
    }

    // Adds the members of a header; false where any is none, stands there twice, or is one too many.
    constexpr bool add_header(text header) noexcept {
        while (header.size != 0) {
            text member = without_blanks(cut_before(header, ','));
            if (member.size == 0) continue;
            const std::size_t equals = find_character(member, '=');
            if (equals == member.size) return false;
            const text key{member.data, equals};
            const text value{member.data + equals + 1, member.size - equals - 1};
            if (!is_key(key) || !is_value(value) || count_ == most || find(key) != count_) return false;
            members_[count_++] = {key, value};
        }
        return true;
    }
    // The right-most give way.
    constexpr void add(const trace_state_member& member) noexcept {
        if (count_ != most) members_[count_++] = member;
    }
    constexpr std::uint32_t find(text key) const noexcept {
        std::uint32_t i = 0;
        while (i < count_ && !(members_[i].key == key)) ++i;
        return i;
    }

    // Whole members give way where all are too long together: first those of more than 128 characters, then
    // the right-most. Of the first, `kept` stay.
    constexpr void cut(std::uint32_t kept) noexcept {
        for (std::uint32_t i = count_; i-- > kept && size() > longest;)
            if (size_of(members_[i]) > 128) remove(i);
        while (count_ > kept && size() > longest) remove(count_ - 1);
    }
    constexpr std::size_t size() const noexcept {
        std::size_t all = count_ == 0 ? 0 : count_ - 1;
        for (std::uint32_t i = 0; i < count_; ++i) all += size_of(members_[i]);
        return all;
    }
    // Null where there is nothing, or memory is short.
    shared_bytes* write() const noexcept {
        if (count_ == 0 || size() > longest) return nullptr;
        shared_bytes* const made = make_shared_bytes(size());
        if (!made) return nullptr;
        char* out = made->data();
        for (std::uint32_t i = 0; i < count_; ++i) {
            if (i != 0) *out++ = ',';
            out = append(out, members_[i].key);
            *out++ = '=';
            out = append(out, members_[i].value);
        }
        return made;
    }

private:
    static constexpr std::size_t size_of(const trace_state_member& m) noexcept {
        return m.key.size + 1 + m.value.size;
    }
    constexpr void remove(std::uint32_t at) noexcept {
        for (std::uint32_t i = at + 1; i < count_; ++i) members_[i - 1] = members_[i];
        --count_;
    }

    trace_state_member members_[most];
    std::uint32_t count_ = 0;
};

} // namespace detail

/// The tracestate of a trace (W3C Trace Context, level 2): up to 32 members in an order, the last that was
/// changed first, together at most 512 characters, which is what every system has to pass on. A value of one
/// word that never changes: copies share it, and any thread may read it. No member of it throws.
class trace_state {
public:
    static constexpr std::size_t max_members = detail::trace_state_list::most;
    static constexpr std::size_t max_size = detail::trace_state_list::longest; ///< characters

    constexpr trace_state() noexcept = default;
    /// Reads the value of a header. One member that is none, a key that stands there twice or a 33rd member
    /// make it empty. Of more than 512 characters those of more than 128 give way, then the last.
    static trace_state parse(text header) noexcept {
        detail::trace_state_list list;
        return list.add_header(header) ? of(list) : trace_state();
    }

    constexpr bool empty() const noexcept { return !bytes_; }
    /// As it is sent, borrowed from this value: key=value,key=value.
    constexpr text to_text() const noexcept { return bytes_.as_text(); }
    /// Borrowed from this value; empty where there is no such member.
    text get(text key) const noexcept {
        for (const trace_state_member member : *this)
            if (member.key == key) return member.value;
        return {};
    }

    /// With this member in front, whether it was there or not. As before where key or value are none, or
    /// memory is short. A 32nd other member gives way.
    [[nodiscard]] trace_state set(text key, text value) const noexcept {
        using list_type = detail::trace_state_list;
        if (!list_type::is_key(key) || !list_type::is_value(value)) return *this;
        list_type list;
        list.add({key, value});
        for (const trace_state_member member : *this)
            if (!(member.key == key)) list.add(member);
        trace_state made = of(list, 1);
        return made.empty() ? *this : made;
    }
    /// Without this member.
    [[nodiscard]] trace_state remove(text key) const noexcept {
        detail::trace_state_list list;
        bool found = false;
        for (const trace_state_member member : *this) {
            if (member.key == key)
                found = true;
            else
                list.add(member);
        }
        return found ? of(list) : *this;
    }

    /// The members in their order; the texts are borrowed from the trace state.
    class iterator {
    public:
        constexpr explicit iterator(text rest) noexcept : rest_(rest) {}
        constexpr trace_state_member operator*() const noexcept {
            text member = rest_;
            member = detail::cut_before(member, ',');
            const text key = detail::cut_before(member, '=');
            return {key, member};
        }
        constexpr iterator& operator++() noexcept {
            detail::cut_before(rest_, ',');
            return *this;
        }
        constexpr bool operator==(const iterator& other) const noexcept {
            return rest_.size == other.rest_.size;
        }

    private:
        text rest_;
    };
    constexpr iterator begin() const noexcept { return iterator(to_text()); }
    constexpr iterator end() const noexcept { return iterator(text()); }

    friend constexpr bool operator==(const trace_state& a, const trace_state& b) noexcept {
        return a.bytes_.get() == b.bytes_.get() || a.to_text() == b.to_text();
    }

    // Internal.
    static trace_state of(detail::trace_state_list& list, std::uint32_t kept = 0) noexcept {
        list.cut(kept);
        return trace_state(list.write());
    }
    constexpr explicit trace_state(detail::shared_bytes* owned) noexcept : bytes_(owned) {}
    constexpr detail::shared_bytes* bytes() const noexcept { return bytes_.get(); }

private:
    detail::shared_bytes_owner bytes_;
};

} // namespace nanotel::inline NANOTEL_ABI
