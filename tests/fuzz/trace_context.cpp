// SPDX-License-Identifier: MIT
// traceparent, the first line, and tracestate, the others: what is read is within the limits and is written
// and read again as it was.
#include <nanotel/propagation/trace_context.hpp>
#include <nanotel/trace/sampling_state.hpp>

#include "lines.hpp"

namespace {

using propagator = nanotel::trace_context_propagator;

std::string of(nanotel::text t) { return {t.data, t.size}; }

void check_trace_state(const nanotel::trace_state& state) {
    expect(state.to_text().size <= nanotel::trace_state::max_size);
    std::set<std::string> keys;
    for (const nanotel::trace_state_member member : state) {
        expect(keys.insert(of(member.key)).second);
        expect(of(state.get(member.key)) == of(member.value));
        expect(member.key.size <= 256 && member.value.size <= 256);
        expect(of(member.value).find_first_of(std::string(",=\0\r\n", 5)) == std::string::npos);
        const nanotel::trace_state without = state.remove(member.key);
        expect(without.get(member.key).empty());
        // In front again: as many members, where nothing had to give way.
        const nanotel::trace_state moved = without.set(member.key, member.value);
        expect(of((*moved.begin()).key) == of(member.key));
    }
    expect(keys.size() <= nanotel::trace_state::max_members);
    expect(keys.empty() == state.empty());
    expect(nanotel::trace_state::parse(state.to_text()) == state);
    const auto sampling = nanotel::sampling_state::of(state);
    if (sampling.has_threshold()) expect(sampling.threshold >> 56 == 0);
    if (sampling.has_randomness()) expect(sampling.randomness >> 56 == 0);
    if (sampling.has_threshold() || sampling.has_randomness())
        expect(nanotel::sampling_state::of(sampling.write_to(state)) == sampling);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto lines = lines_of(data, size);
    headers carrier;
    for (std::size_t i = 0; i < lines.size(); ++i)
        carrier.emplace_back(i == 0 ? "TraceParent" : "tracestate", lines[i]);
    const nanotel::context read = propagator::extract(carrier);
    if (read.is_valid()) {
        expect(read.remote && read.flags <= 3);
        check_trace_state(read.trace_state);
        headers written;
        propagator::inject(written, read);
        expect(written.size() == (read.trace_state.empty() ? 1 : 2));
        expect(written[0].second.size() == 55);
        expect(propagator::extract(written) == read);
    } else {
        expect(read == nanotel::context{});
    }
    for (const std::string& line : lines) check_trace_state(nanotel::trace_state::parse(line));
    return 0;
}
