// FLAGS: -fno-exceptions -fno-rtti -DNANOTEL_DISABLED
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

#include <stdexcept>

using namespace nanotel::literals;

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "this file is to be compiled without both"
#endif

NANOTEL_INSTRUMENTATION_SCOPE("light", "1.0");

enum class outcome { ok, failed };
inline constinit nanotel::counter<std::uint64_t, nanotel::label<"outcome", outcome>> requests{
    "requests", {.unit = "{request}", .scope = NANOTEL_SCOPE}};
inline constinit nanotel::up_down_counter<> items{"items"};
inline constinit nanotel::gauge<> level{"level"};
inline constinit nanotel::histogram<> duration{"duration", {.unit = "s", .bounds = {0.1, 1, 10}}};
inline constinit nanotel::exponential_histogram<> size{"size"};
inline constinit nanotel::observable_gauge<> temperature{"temperature"};

void measure(int n) {
    NANOTEL_TIME(duration, "k"_attr = n);
    NANOTEL_ADD(requests, 1, outcome::ok);
    requests.bind(outcome::failed).add(n);
    items.add(-n, "k"_attr = "text");
    NANOTEL_GAUGE_SET(level, n);
    NANOTEL_RECORD(size, n);
    const auto guard =
        temperature.observe([n](const auto& observer) { observer.observe(n, "k"_attr = true); });
}

int main() {
    NANOTEL_SPAN(span, "span", "n"_attr = 1, "text"_attr = "text");
    NANOTEL_TRACE_FUNCTION();
    measure(1);
    NANOTEL_DETACHED_SPAN(detached, nanotel::client("detached"));
    span.set("late"_attr = 2.5);
    span.record_exception(std::runtime_error("made and not thrown"));
    return nanotel::in_span("function", "k"_attr = true,
                            [](nanotel::span& inner) { return inner.is_recording() ? 0 : 0; });
}
