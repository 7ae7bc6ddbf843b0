// SPDX-License-Identifier: MIT
// Personal data in texts: whatever the bytes, what is sent keeps its limits, has no known datum left, and
// hiding once more changes nothing.
#include <nanotel/privacy/privacy.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

std::size_t characters_in(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    return count;
}

std::string sent(const nanotel::text_processor& by, std::string_view text, nanotel::text_place place) {
    std::string instead;
    return by.replace(place, "key", text, instead) ? instead : std::string(text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    static const auto hashing = nanotel::privacy_processor();
    static const auto cutting =
        nanotel::privacy_processor(nanotel::privacy_options::all(nanotel::privacy_action::cut));
    expect(characters_in(sent(*hashing, input, nanotel::text_place::attribute)) <= 500);
    expect(characters_in(sent(*cutting, input, nanotel::text_place::log_body)) <= 1000);
    // Found in order, within the text, and not twice.
    std::size_t done = 0;
    const std::size_t enough = input.size();
    nanotel::detail::find_personal_data(input, enough, [&](const nanotel::detail::found_data& found) {
        expect(found.size != 0 && found.begin >= done && found.begin + found.size <= input.size());
        done = found.begin + found.size;
    });
    // Known data between whatever it is, set apart by a line end, is hidden.
    if (size < 400) {
        const std::string around = std::string(input) + "\nada@example.com\n" + std::string(input);
        const std::string hidden = sent(*hashing, around, nanotel::text_place::log_body);
        expect(hidden.find("\nada@example.com\n") == std::string::npos);
        for (const char* const before : {"\n\x1b[31m", "\n\\t", "\nip_"}) {
            const std::string known = before + std::string("10.0.0.1\n");
            const std::string safe =
                sent(*hashing, std::string(input) + known, nanotel::text_place::log_body);
            expect(safe.find(known) == std::string::npos);
        }
    }
    static_cast<void>(nanotel::detail::is_denied_key(input, (size & 1) != 0));
    return 0;
}
