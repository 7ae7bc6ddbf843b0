// SPDX-License-Identifier: MIT
// Where a value stands in a document, written as a JSON pointer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace receiver {

/// One step from the root of a document to a value. The steps live on the stack of the walk and point to
/// their parents, so that a body without violations never pays for the text of a path.
class json_path {
public:
    constexpr json_path() = default;

    [[nodiscard]] constexpr json_path member(std::string_view key) const { return {this, key, no_index}; }
    [[nodiscard]] constexpr json_path element(std::size_t index) const { return {this, {}, index}; }

    /// The path as a JSON pointer (RFC 6901); the root, whose pointer is empty, is called "(body)".
    [[nodiscard]] std::string text() const {
        std::string result;
        append_to(result);
        return result.empty() ? "(body)" : result;
    }

private:
    static constexpr std::size_t no_index = static_cast<std::size_t>(-1);

    constexpr json_path(const json_path* parent, std::string_view key, std::size_t index)
        : parent_(parent), key_(key), index_(index) {}

    void append_to(std::string& out) const {
        if (parent_ == nullptr) return;
        parent_->append_to(out);
        out += '/';
        if (index_ != no_index) {
            out += std::to_string(index_);
            return;
        }
        for (const char c : key_) {
            if (c == '~') {
                out += "~0";
            } else if (c == '/') {
                out += "~1";
            } else {
                out += c;
            }
        }
    }

    const json_path* parent_ = nullptr;
    std::string_view key_;
    std::size_t index_ = no_index;
};

} // namespace receiver
