// SPDX-License-Identifier: MIT
// Headers of baggage, one a line: what is read is within the limits, and what is written of it is a header
// that is read again as it was.
#include <nanotel/propagation/baggage_header.hpp>

#include "lines.hpp"

namespace {

using propagator = nanotel::baggage_propagator;

std::string of(nanotel::text t) { return {t.data, t.size}; }

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    headers carrier;
    for (const std::string& line : lines_of(data, size)) carrier.emplace_back("Baggage", line);
    const nanotel::context read = propagator::extract(carrier);
    expect(!read.is_valid() && read.trace_state.empty());
    const nanotel::baggage& all = read.baggage;
    expect(all.size() <= nanotel::baggage::max_entries);
    std::set<std::string> keys;
    for (const nanotel::baggage_entry entry : all) {
        expect(keys.insert(of(entry.key)).second);
        expect(of(all.get(entry.key)) == of(entry.value));
        expect(of(all.metadata(entry.key)) == of(entry.metadata));
        if (keys.size() > 4) continue; // each of them looks at all
        const nanotel::baggage without = all.remove(entry.key);
        expect(without.size() + 1 == all.size() && !without.contains(entry.key));
        expect(without.set(entry.key, entry.value, entry.metadata) == all);
    }
    expect(keys.size() == all.size() && keys.empty() == all.empty());

    headers written;
    propagator::inject(written, read);
    expect(written.size() == (all.empty() ? 0 : 1));
    if (written.empty()) return 0;
    const std::string& header = written[0].second;
    expect(header.size() <= nanotel::baggage::max_size);
    for (const char c : header) expect((c >= 0x20 && c < 0x7f && c != '"' && c != '\\') || c == '\t');
    expect(propagator::extract(written) == read);
    return 0;
}
