// SPDX-License-Identifier: MIT
// service.instance.id: what tells one process of a service from another.
#pragma once

#include <nanotel/core/platform.hpp>

#include <cstring> // memcpy
#include <string>

namespace nanotel::inline NANOTEL_ABI::detail {

// A random UUID (RFC 9562, version 4).
inline std::string new_instance_id() {
    unsigned char bytes[16];
    fill_random(bytes, sizeof bytes);
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
    std::string text;
    for (int i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += "0123456789abcdef"[bytes[i] >> 4];
        text += "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

// The id of this process: the same for all that it starts, and another one in a forked child. Used by whoever
// starts the telemetry, one at a time.
class service_instance {
public:
    std::string id() {
        if (text_[0] == '\0') {
            const std::string made = new_instance_id();
            std::memcpy(text_, made.data(), sizeof text_);
        }
        return std::string(text_, sizeof text_);
    }
    // In a child, by the handler of the fork, which allocates nothing.
    void forget() noexcept { text_[0] = '\0'; }

private:
    char text_[36]{};
};

} // namespace nanotel::inline NANOTEL_ABI::detail
