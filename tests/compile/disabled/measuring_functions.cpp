// SPDX-License-Identifier: MIT
// The forms of metrics without a macro, which vanish where the compiler optimises.
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

int opaque(int);

constinit nanotel::counter<std::uint64_t, nanotel::label<"ok", bool>> orders{"orders"};
constinit nanotel::counter<double> turnover{"turnover"};
constinit nanotel::up_down_counter<> items{"items"};
constinit nanotel::gauge<> level{"level"};
constinit nanotel::histogram<> duration{"duration"};
constinit nanotel::exponential_histogram<> size{"size"};
constinit nanotel::observable_counter<> faults{"faults"};

int macro(int x) {
    NANOTEL_ADD(turnover, x, "x"_attr = x);
    return opaque(x);
}

#ifdef __OPTIMIZE__
int use(int x) {
    const nanotel::timer timing(duration.bind("x"_attr = x));
    orders.add(1, x > 2);
    const auto bound = orders.bind(true);
    bound.add(x);
    NANOTEL_ADD(bound, x);
    if (bound.enabled() || orders.enabled()) opaque(100);
    turnover.add(1.5, "x"_attr = x, "text"_attr = "text");
    turnover.bind("x"_attr = x).add(1);
    items.add(-x);
    level.set(x);
    level.bind().set(x);
    duration.record(x * 0.5, "x"_attr = x);
    size.record(x);
    const auto guard = faults.observe([x](const auto& observer) { observer.observe(x, "x"_attr = x); });
    nanotel::timer another(duration.bind());
    another.cancel();
    another.stop();
    return opaque(x) * 3;
}
#else
int use(int x) { return x; }
#endif
