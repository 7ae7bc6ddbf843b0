// SPDX-License-Identifier: MIT
// The files of a spool: whatever lies in the folder, under whatever name, is read without harm, and only what
// would be written again byte for byte is taken. The first line of an input is a file's name, the rest its
// content.
#include <nanotel/pipeline/spool_names.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace nanotel::detail;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

void read_name(std::string_view name) {
    const spool_entry entry = read_spool_name(name);
    const spool_identity& of = entry.identity;
    switch (entry.kind) {
    case spool_entry_kind::payload:
        expect(payload_name(of).view() == name && of.items <= greatest_spool_items);
        break;
    case spool_entry_kind::damaged:
        expect(damaged_name(of).view() == name);
        break;
    case spool_entry_kind::temporary:
        expect(temporary_name(of.sequence, of.owner).view() == name);
        break;
    case spool_entry_kind::claim:
        expect(claim_name(of.owner).view() == name);
        break;
    case spool_entry_kind::foreign:
        break;
    }
    const std::string folder = spool_folder_name(name);
    expect(!folder.empty() && folder.size() <= 65 && folder[0] != '.' && folder.find('/') == folder.npos);
}

void read_content(std::string_view file) {
    spool_header header;
    const std::string_view begins = file.substr(0, spool_header_text::capacity);
    if (read_spool_header(begins, header) != spool_damage::none) return;
    expect(header.size <= begins.size() && header.items <= greatest_spool_items);
    const std::string_view body = file.substr(header.size);
    const bool fits = check_spool_body(begins, header, body) == spool_damage::none;
    // Fuzzers do not find a checksum: what it would be is known here.
    const auto again = make_spool_header(header.kind, header.items, body);
    expect(fits == (again.view() == file.substr(0, header.size)));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t line = input.find('\n');
    read_name(input.substr(0, line));
    if (line != input.npos) read_content(input.substr(line + 1));
    return 0;
}
