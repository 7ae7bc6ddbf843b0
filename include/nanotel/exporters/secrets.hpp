// SPDX-License-Identifier: MIT
// Keeps what must not be said out of what others say: a server may repeat a request's headers in its answer.
#pragma once

#include <algorithm> // min, sort
#include <cstddef>
#include <string>
#include <string_view>
#include <utility> // move
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/core/environment.hpp> // percent_decode

namespace nanotel::inline NANOTEL_ABI::detail {

/// Texts that are replaced by *** wherever they stand.
class secret_list {
public:
    /// Of fewer than 6 bytes it is not hidden: there is nothing to keep, for it can be guessed, and much in
    /// any text that looks like it. So a server that repeats a header whose value is shorter may be quoted
    /// with it.
    void add(std::string_view secret) {
        if (secret.size() < 6) return;
        secrets_.emplace_back(secret);
        // The longest first: another may be a part of it.
        std::sort(secrets_.begin(), secrets_.end(),
                  [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
    }

    /// The value of a header: the whole, and what stands behind its scheme, as in Bearer TOKEN.
    void add_header_value(std::string_view value) {
        add(value);
        if (const auto space = value.find(' '); space != value.npos) add(value.substr(space + 1));
    }

    /// The query of a URL: the whole, and the value of each parameter, as it stands there and as it is meant.
    void add_query(std::string_view query) {
        add(query);
        for (std::size_t begin = 0; begin < query.size();) {
            const std::size_t end = std::min(query.find('&', begin), query.size());
            const std::string_view parameter = query.substr(begin, end - begin);
            const auto equals = parameter.find('=');
            const std::string_view value =
                equals == parameter.npos ? parameter : parameter.substr(equals + 1);
            add(value);
            if (const auto meant = percent_decode(value); meant && *meant != value) add(*meant);
            begin = end + 1;
        }
    }

    /// Linear in the text, be it nothing but secrets: a server may answer with 4 MiB of them.
    void hide(std::string& text) const {
        for (const std::string& secret : secrets_) {
            std::size_t at = text.find(secret);
            if (at == text.npos) continue;
            std::string shown;
            std::size_t begin = 0;
            for (; at != text.npos; begin = at + secret.size(), at = text.find(secret, begin))
                shown.append(text, begin, at - begin).append("***");
            shown.append(text, begin);
            text = std::move(shown);
        }
    }

private:
    std::vector<std::string> secrets_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
