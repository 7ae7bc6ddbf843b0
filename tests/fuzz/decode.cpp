// SPDX-License-Identifier: MIT
// The decoders of OTLP JSON, whose input may be anybody's: they give items or say where and why there are
// none.
#include <nanotel/otlp/decode.hpp>
#include <nanotel/otlp/decode_metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

template <class Decoded, class Items>
void check(const Decoded& decoded, const Items& items) {
    if (!decoded.error.empty() && !items.empty()) std::abort(); // all or nothing
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view json(reinterpret_cast<const char*>(data), size);
    const auto traces = nanotel::decode_traces(json);
    check(traces, traces.spans);
    const auto metrics = nanotel::decode_metrics(json);
    check(metrics, metrics.metrics);
    return 0;
}
