// SPDX-License-Identifier: MIT
// What an application hands down to everything that a request causes, across threads and processes: baggage.
#pragma once

#include <nanotel/core/percent_text.hpp>
#include <nanotel/core/shared_bytes.hpp>

namespace nanotel::inline NANOTEL_ABI {

struct baggage_entry {
    text key;
    text value;
    text metadata; ///< the properties of the entry, as they are sent: "ttl=30;internal"
};

namespace detail {

// The bytes of a baggage: this, then for each entry its sizes and its texts.
struct baggage_head {
    std::uint32_t count;
    std::uint32_t size; // of all entries, as they lie here
    std::uint32_t sent; // of all entries, as they are sent
};
struct baggage_entry_sizes {
    std::uint32_t key;
    std::uint32_t value;
    std::uint32_t metadata;
};

inline baggage_head read_head(const shared_bytes* bytes) noexcept {
    baggage_head head;
    __builtin_memcpy(&head, bytes->data(), sizeof head);
    return head;
}
inline baggage_entry_sizes read_sizes(const char* entry) noexcept {
    baggage_entry_sizes sizes;
    __builtin_memcpy(&sizes, entry, sizeof sizes);
    return sizes;
}
inline std::size_t size_of_entry(const char* entry) noexcept {
    const auto sizes = read_sizes(entry);
    return sizeof sizes + sizes.key + sizes.value + sizes.metadata;
}
inline baggage_entry read_entry(const char* entry) noexcept {
    const auto sizes = read_sizes(entry);
    const char* const key = entry + sizeof sizes;
    return {
        {key, sizes.key}, {key + sizes.key, sizes.value}, {key + sizes.key + sizes.value, sizes.metadata}};
}
inline std::size_t sent_size_of(const baggage_entry& entry) noexcept {
    const std::size_t metadata = entry.metadata.size == 0 ? 0 : 1 + entry.metadata.size;
    return entry.key.size + 1 + percent_encoded_size(entry.value) + metadata;
}

} // namespace detail

/// Keys with values that travel with the context and are no part of any span until somebody sets them there
/// (OpenTelemetry Baggage API; W3C Baggage). At most 64 entries and 8192 bytes as they are sent: what would
/// be more is not added. A value of one word that never changes: copies share it, and any thread may read it.
/// No member of it throws. Everyone that the process calls gets to see it: no place for secrets.
class baggage {
public:
    static constexpr std::size_t max_entries = 64;
    static constexpr std::size_t max_size = 8192; ///< bytes, percent-encoded

    constexpr baggage() noexcept = default;

    constexpr bool empty() const noexcept { return !bytes_; }
    std::size_t size() const noexcept { return bytes_ ? detail::read_head(bytes_.get()).count : 0; }

    /// The value of a key, borrowed from this baggage; empty where there is none. Keys are case-sensitive.
    text get(text key) const noexcept {
        const iterator at = find(key);
        return at == end() ? text() : (*at).value;
    }
    bool contains(text key) const noexcept { return !(find(key) == end()); }
    text metadata(text key) const noexcept {
        const iterator at = find(key);
        return at == end() ? text() : (*at).metadata;
    }

    /// With this entry, in place of one of the same key. The value may be any UTF-8 and is percent-encoded
    /// where it is sent. As before where the key is empty, the limits would be passed or memory is short. A
    /// key that is no token of HTTP is kept and not sent; metadata that W3C Baggage does not allow is
    /// dropped.
    [[nodiscard]] baggage set(text key, text value, text metadata = {}) const noexcept {
        if (key.size == 0 || key.size > max_size || value.size > max_size) return *this;
        if (!detail::is_baggage_metadata(metadata)) metadata = {};
        return changed(key, {key, value, metadata});
    }
    [[nodiscard]] baggage remove(text key) const noexcept { return contains(key) ? changed(key, {}) : *this; }

    /// The entries in the order in which they were set; the texts are borrowed from the baggage.
    class iterator {
    public:
        constexpr iterator() noexcept = default;
        explicit iterator(const char* at) noexcept : at_(at) {}
        baggage_entry operator*() const noexcept { return detail::read_entry(at_); }
        iterator& operator++() noexcept {
            at_ += detail::size_of_entry(at_);
            return *this;
        }
        constexpr bool operator==(const iterator&) const noexcept = default;

    private:
        const char* at_ = nullptr;
    };
    iterator begin() const noexcept {
        return bytes_ ? iterator(bytes_.get()->data() + sizeof(detail::baggage_head)) : iterator();
    }
    iterator end() const noexcept {
        return bytes_ ? iterator(bytes_.get()->data() + sizeof(detail::baggage_head) +
                                 detail::read_head(bytes_.get()).size)
                      : iterator();
    }

    friend bool operator==(const baggage& a, const baggage& b) noexcept {
        if (a.bytes_.get() == b.bytes_.get()) return true;
        if (a.size() != b.size()) return false;
        for (const baggage_entry entry : a) {
            const iterator other = b.find(entry.key);
            if (other == b.end() || !((*other).value == entry.value) ||
                !((*other).metadata == entry.metadata))
                return false;
        }
        return true;
    }

    // Internal.
    constexpr explicit baggage(detail::shared_bytes* owned) noexcept : bytes_(owned) {}
    constexpr detail::shared_bytes* bytes() const noexcept { return bytes_.get(); }

private:
    iterator find(text key) const noexcept {
        iterator at = begin();
        while (!(at == end()) && !((*at).key == key)) ++at;
        return at;
    }
    // Without the entry of this key, and with that of `added` where it has a key.
    baggage changed(text key, const baggage_entry& added) const noexcept;

    detail::shared_bytes_owner bytes_;
};

namespace detail {

// Collects the entries of a baggage, each in place of one of the same key, up to the limits.
class baggage_builder {
public:
    // Room for so many entries whose texts have so many bytes together, and for `scratch` bytes beside them.
    baggage_builder(std::size_t entries, std::size_t bytes, std::size_t scratch = 0) noexcept
        : made_(make_shared_bytes(sizeof(baggage_head) + entries * sizeof(baggage_entry_sizes) + bytes +
                                  scratch)),
          room_(entries * sizeof(baggage_entry_sizes) + bytes) {
        if (made_) put({});
    }
    ~baggage_builder() { release(made_); }
    baggage_builder(const baggage_builder&) = delete;
    baggage_builder& operator=(const baggage_builder&) = delete;

    explicit operator bool() const noexcept { return made_ != nullptr; }
    char* scratch() noexcept { return begin() + room_; }

    // False where it would pass a limit.
    bool add(const baggage_entry& entry) noexcept {
        remove(entry.key);
        const baggage_head head = read_head(made_);
        const std::size_t sent = head.sent + (head.count != 0) + sent_size_of(entry);
        const baggage_entry_sizes sizes{static_cast<std::uint32_t>(entry.key.size),
                                        static_cast<std::uint32_t>(entry.value.size),
                                        static_cast<std::uint32_t>(entry.metadata.size)};
        const std::size_t size =
            head.size + sizeof sizes + entry.key.size + entry.value.size + entry.metadata.size;
        if (head.count == baggage::max_entries || sent > baggage::max_size || size > room_) return false;
        char* const out = begin() + head.size;
        __builtin_memcpy(out, &sizes, sizeof sizes);
        append(append(append(out + sizeof sizes, entry.key), entry.value), entry.metadata);
        put({head.count + 1, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(sent)});
        return true;
    }
    baggage finish() noexcept {
        if (!made_ || read_head(made_).count == 0) return {};
        shared_bytes* const whole = made_;
        made_ = nullptr;
        return baggage(whole);
    }

private:
    char* begin() noexcept { return made_->data() + sizeof(baggage_head); }
    void put(const baggage_head& head) noexcept { __builtin_memcpy(made_->data(), &head, sizeof head); }
    void remove(text key) noexcept {
        const baggage_head head = read_head(made_);
        char* at = begin();
        char* const end = begin() + head.size;
        while (at != end && !(read_entry(at).key == key)) at += size_of_entry(at);
        if (at == end) return;
        const std::size_t size = size_of_entry(at);
        const std::size_t sent = sent_size_of(read_entry(at)) + (head.count != 1);
        __builtin_memmove(at, at + size, static_cast<std::size_t>(end - at) - size);
        put({head.count - 1, static_cast<std::uint32_t>(head.size - size),
             static_cast<std::uint32_t>(head.sent - sent)});
    }

    shared_bytes* made_;
    std::size_t room_;
};

} // namespace detail

inline baggage baggage::changed(text key, const baggage_entry& added) const noexcept {
    const std::size_t now = bytes_ ? detail::read_head(bytes_.get()).size : 0;
    detail::baggage_builder builder(size() + 1,
                                    now + added.key.size + added.value.size + added.metadata.size);
    if (!builder) return *this;
    for (const baggage_entry entry : *this)
        if (!(entry.key == key)) builder.add(entry);
    if (added.key.size != 0 && !builder.add(added)) return *this;
    return builder.finish();
}

} // namespace nanotel::inline NANOTEL_ABI
