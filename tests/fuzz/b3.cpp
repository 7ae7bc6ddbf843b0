// SPDX-License-Identifier: MIT
// b3, the first line, and the several headers of B3, the others: what is read is written in either form and
// read again as it was.
#include <nanotel/propagation/b3.hpp>

#include "lines.hpp"

namespace {

template <class Propagator>
void check_written(const nanotel::context& read, std::size_t count) {
    headers written;
    Propagator::inject(written, read);
    expect(written.size() == count);
    expect(Propagator::extract(written) == read);
    expect(nanotel::b3_propagator::extract(written) == read);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr const char* names[] = {"b3", "X-B3-TraceId", "x-b3-spanid", "X-B3-SAMPLED", "x-b3-flags"};
    const auto lines = lines_of(data, size);
    headers carrier;
    for (std::size_t i = 0; i < lines.size() && i < std::size(names); ++i)
        if (!lines[i].empty()) carrier.emplace_back(names[i], lines[i]);
    const nanotel::context read = nanotel::b3_propagator::extract(carrier);
    expect(read == nanotel::b3_multi_propagator::extract(carrier));
    if (!read.is_valid()) {
        expect(read == nanotel::context{});
        return 0;
    }
    expect(read.remote && read.trace_state.empty());
    expect(read.flags == 0 || read.flags == 1 || read.flags == 0x81);
    check_written<nanotel::b3_propagator>(read, 1);
    check_written<nanotel::b3_multi_propagator>(read, 3);
    return 0;
}
