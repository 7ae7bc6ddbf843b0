// SPDX-License-Identifier: MIT
// The processor that keeps personal data and secrets out of everything that is sent. For the sdk, opt-in.
#pragma once

#include <nanotel/core/text_processor.hpp>
#include <nanotel/privacy/detectors.hpp>
#include <nanotel/privacy/sha256.hpp>

#include <memory>
#include <vector>

namespace nanotel::inline NANOTEL_ABI {

/// What becomes of personal data in a text.
enum class privacy_action : std::uint8_t {
    hash,   ///< sha256: and the first 16 hexadecimal digits of its SHA-256: the same everywhere, so it can be
            ///< counted
    redact, ///< privacy_options::redaction
    cut,    ///< as much of it as tells nobody: ad***@example.com, ***4567, X.X.X.X, ***
    keep,
};

/// What nanotel::privacy_processor hides.
struct privacy_options {
    privacy_action emails = privacy_action::hash;
    /// In international form, as North America writes them, and with an area code; 10 digits in a row where
    /// they can be one of North America.
    privacy_action phones = privacy_action::hash;
    privacy_action ipv4_addresses = privacy_action::hash;
    /// The name of the user in /home/NAME, /Users/NAME and C:\Users\NAME.
    privacy_action home_paths = privacy_action::hash;
    /// Keys by the beginnings that well-known services give them, JSON Web Tokens, Bearer and Basic
    /// credentials, and what stands behind the name of a secret: password=…, "pass": "…", --token …, all
    /// strings of a list, <secret>…</secret>. What is not quoted ends at a space or a comma; the words of a
    /// passphrase go on to the end of the line, and so do those of "password: …" at its beginning.
    privacy_action api_keys = privacy_action::redact;
    /// 13 to 19 digits that pass Luhn's check. There are so few of them that a hash hides none.
    privacy_action cards = privacy_action::redact;

    /// Words beside the known ones (password, token, secret, authorization and their like) that make a key's
    /// value a secret wherever they stand in the key, in lower case without separators: {"iban"} for
    /// customer.IBAN. Such values are never sent, of whatever type they are; `redaction` is. Numbers of
    /// quantities are none: token_count.
    std::vector<std::string> denied_keys{};
    /// Keys whose values are sent as they are, though cut, whatever they are called and hold.
    std::vector<std::string> allowed_keys{};

    /// Characters that are kept of texts, and of the bodies of log records; 0: all. Cut after hiding, between
    /// characters.
    std::size_t attribute_limit = 500;
    std::size_t message_limit = 1000;

    std::string redaction = "[REDACTED]";
    /// Hashed before each value. Without it the hash of a phone number tells the number to whoever tries them
    /// all; with it hashes agree only between programs that have the same.
    std::string salt{};

    /// The same action for all that is looked for in texts.
    [[nodiscard]] static privacy_options all(privacy_action action) {
        privacy_options made;
        made.emails = made.phones = made.ipv4_addresses = made.home_paths = made.api_keys = made.cards =
            action;
        return made;
    }
};

namespace detail {

class privacy_filter final : public text_processor {
public:
    explicit privacy_filter(privacy_options options) : options_(std::move(options)) {
        for (std::string& word : options_.denied_keys) {
            std::string plain;
            for (const char c : word)
                if (is_key_character(c)) plain += lower_case(c);
            word = std::move(plain);
        }
    }

    bool replace(text_place place, std::string_view key, std::string_view value,
                 std::string& instead) const override {
        const bool allowed = is_allowed(key);
        if (!allowed && is_denied_key(key, false, options_.denied_keys)) {
            if (value.empty()) return false;
            instead = options_.redaction;
            return true;
        }
        std::size_t limit = place == text_place::log_body ? options_.message_limit : options_.attribute_limit;
        if (limit == 0) limit = std::string_view::npos; // what replaces may be longer than the value
        if (allowed) return cut(value, limit, instead);
        return hide(key, value, limit, instead) || cut(value, limit, instead);
    }

    bool replace_whole(text_place, std::string_view key, bool is_number,
                       std::string& instead) const override {
        if (is_allowed(key) || !is_denied_key(key, is_number, options_.denied_keys)) return false;
        instead = options_.redaction;
        return true;
    }

private:
    bool is_allowed(std::string_view key) const noexcept {
        for (const std::string& allowed : options_.allowed_keys)
            if (allowed == key) return true;
        return false;
    }

    static bool cut(std::string_view value, std::size_t limit, std::string& instead) {
        const std::size_t kept = bytes_of_characters(value, limit);
        if (kept == value.size()) return false;
        instead = value.substr(0, kept);
        return true;
    }

    // False, and nothing written, where there is nothing to hide.
    bool hide(std::string_view key, std::string_view value, std::size_t limit, std::string& instead) const {
        // Numbers with dots and hyphens between them that are no address, no phone and no card.
        const bool is_version = key.size() >= 7 && goes_on_with(key, key.size() - 7, "version");
        const bool limited = limit != std::string_view::npos; // else no character is counted
        std::size_t done = 0;
        std::size_t enough = bytes_of_characters(value, limit);
        std::size_t left = limit; // characters that may be written behind `done`
        // Those of the value from `done` to `enough`. Counted on from one datum to the next: what is looked
        // at once more is no longer than what was hidden and written.
        std::size_t between = limited ? characters_in(value.substr(0, enough)) : 0;
        find_personal_data(value, enough, [&](const found_data& found) {
            const privacy_action action = action_for(found.kind);
            if (action == privacy_action::keep || (is_version && is_number(found.kind))) return;
            const std::size_t before = instead.size(), begin = done;
            instead += value.substr(done, found.begin - done);
            append(instead, action, found.kind, value.substr(found.begin, found.size));
            done = found.begin + found.size;
            if (!limited) return;
            const std::size_t written = characters_in(std::string_view(instead).substr(before));
            left -= written < left ? written : left;
            if (done < enough) {
                between -= characters_in(value.substr(begin, done - begin));
            } else {
                between = 0;
                enough = done;
            }
            for (; between > left; --between)
                while (--enough > done && continues_character(value[enough])) {
                }
            if (between < left) {
                const std::size_t more = bytes_of_characters(value.substr(enough), left - between);
                between += characters_in(value.substr(enough, more));
                enough += more;
            }
        });
        if (done == 0) return false;
        if (enough > done) instead += value.substr(done, enough - done);
        instead.resize(bytes_of_characters(instead, limit));
        return true;
    }

    static std::size_t characters_in(std::string_view text) noexcept {
        std::size_t count = 0;
        for (const char c : text) count += !continues_character(c);
        return count;
    }

    static constexpr bool is_number(personal_data kind) noexcept {
        return kind == personal_data::ipv4 || kind == personal_data::phone || kind == personal_data::card;
    }

    privacy_action action_for(personal_data kind) const noexcept {
        switch (kind) {
        case personal_data::email:
            return options_.emails;
        case personal_data::phone:
            return options_.phones;
        case personal_data::api_key:
            return options_.api_keys;
        case personal_data::card:
            return options_.cards;
        case personal_data::ipv4:
            return options_.ipv4_addresses;
        case personal_data::home_path:
            return options_.home_paths;
        }
        return privacy_action::redact;
    }

    void append(std::string& to, privacy_action action, personal_data kind, std::string_view value) const {
        if (action == privacy_action::hash) {
            sha256 hash;
            hash.add(options_.salt);
            hash.add(value);
            to += "sha256:";
            to += hash.first_16_digits();
        } else if (action == privacy_action::cut) {
            append_cut(to, kind, value);
        } else {
            to += options_.redaction;
        }
    }

    static void append_cut(std::string& to, personal_data kind, std::string_view value) {
        if (kind == personal_data::ipv4) {
            to += "X.X.X.X";
            return;
        }
        const std::size_t at = value.find_first_of("@%");
        if (kind == personal_data::email)
            to += value.substr(0, bytes_of_characters(value.substr(0, at), at > 2 ? 2 : 0));
        to += "***";
        if (kind == personal_data::email) to += value.substr(at);
        if ((kind == personal_data::card || kind == personal_data::phone) && value.size() > 8)
            for (std::size_t i = value.size(), digits = 0; i-- > 0 && digits < 4;)
                if (is_ascii_digit(value[i]) && ++digits == 4) to += value.substr(i);
    }

    privacy_options options_;
};

} // namespace detail

/// A processor for options::processor that hides personal data and secrets in everything that is sent, to
/// every destination: attributes, the messages of logs, statuses and exceptions, names given at run time, the
/// labels of metrics, the resource. Costs what it costs on the collector thread, 20 to 40 nanoseconds a
/// character; labels cost it when they are used for the first time. Names of call sites, of instruments and
/// the keys of attributes are the program's and are not looked at, and neither is what is sent as a number
/// unless its key says that it is a secret.
[[nodiscard]] inline std::shared_ptr<const text_processor> privacy_processor(privacy_options options = {}) {
    return std::make_shared<detail::privacy_filter>(std::move(options));
}

} // namespace nanotel::inline NANOTEL_ABI
