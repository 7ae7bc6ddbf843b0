// SPDX-License-Identifier: MIT
// Any body that a decoder takes, as a console shows it: UTF-8 in whole lines, and nothing that a terminal
// would obey. And any bytes, as a text and as the files in which a system describes itself.
#include <nanotel/exporters/console.hpp>
#include <nanotel/resource/container_id.hpp>
#include <nanotel/resource/os_release.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

void expect_harmless(std::string_view text) {
    while (!text.empty()) {
        const auto [code, size] = nanotel::detail::first_character(text);
        expect(code != nanotel::detail::console_character::invalid);
        expect(code == '\n' || !nanotel::detail::deceives_terminal(code));
        text.remove_prefix(size);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nanotel::detail;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::string line = printable(input);
    expect_harmless(line);
    expect(line.find('\n') == line.npos && shown_width(line) <= 201);
    const std::string id = container_id_of_groups(input) + container_id_of_mounts(input);
    expect(id.find_first_not_of("0123456789abcdef-") == id.npos);
    static_cast<void>(parse_os_release(input));

    for (const nanotel::signal kind :
         {nanotel::signal::traces, nanotel::signal::metrics, nanotel::signal::logs}) {
        char* text = nullptr;
        std::size_t length = 0;
        std::FILE* const memory = ::open_memstream(&text, &length);
        static_cast<void>(
            nanotel::console_exporter({.file = memory, .colours = false})
                ->send({kind, input, 1}, std::chrono::steady_clock::now() + std::chrono::seconds(60)));
        std::fclose(memory);
        const std::string shown(text, length);
        std::free(text);
        expect_harmless(shown);
        expect(shown.empty() || shown.back() == '\n');
    }
    return 0;
}
