// SPDX-License-Identifier: MIT
// What an encoder makes of a site when it first meets it, and copies for each of its records.
#pragma once

#include <nanotel/otlp/json_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility> // move
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

// A piece of JSON that is copied in whole strides: readable beyond its end.
struct json_fragment {
    std::string bytes;
    std::size_t size = 0;

    json_fragment() = default;
    explicit json_fragment(std::string text) : bytes(std::move(text)), size(bytes.size()) {
        bytes.append(32, ' ');
    }
    char* write(char* out) const noexcept { return write_fragment(out, bytes.data(), size); }
};

// What is known of each site, by its number. Used by one thread.
template <class Code>
class site_codes {
public:
    // What learn(code, id) made of the site when it was first asked for. Throws what that throws, and asks it
    // again the next time: memory may have been short.
    template <class Learn>
    const Code& at(std::uint32_t id, const Learn& learn) {
        if (id >= codes_.size()) [[unlikely]]
            codes_.resize(id + 1);
        entry& one = codes_[id];
        if (!one.known) [[unlikely]] {
            one.code = {};
            learn(one.code, id);
            one.known = true;
        }
        return one.code;
    }

private:
    struct entry {
        bool known = false;
        Code code{};
    };
    std::vector<entry> codes_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
