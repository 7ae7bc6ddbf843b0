// SPDX-License-Identifier: MIT
// Every macro of metrics, and instruments at namespace scope. measuring_macros.without.cpp is the same
// without them.
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

NANOTEL_INSTRUMENTATION_SCOPE("shop", "1.0");

int opaque(int);
struct order {
    int items;
    double total;
    const char* customer;
};
enum class payment { card, cash };

inline constinit nanotel::counter<std::uint64_t, nanotel::label<"payment", payment>,
                                  nanotel::label<"new", bool>>
    orders{"orders", {.unit = "{order}", .description = "Orders", .scope = NANOTEL_SCOPE}};
constinit nanotel::counter<double> turnover{"turnover", {.unit = "EUR"}};
static constinit nanotel::up_down_counter<> open_orders{"open"};
constinit nanotel::gauge<> level{"level"};
constinit nanotel::histogram<> duration{"duration", {.unit = "s", .bounds = {0.1, 1, 10}}};
constinit nanotel::exponential_histogram<std::int64_t, nanotel::label<"region", nanotel::one_of<"eu", "us">>>
    size{"size"};
constinit nanotel::observable_counter<> faults{"faults"};
constinit nanotel::observable_up_down_counter<> memory{"memory"};
constinit nanotel::observable_gauge<> temperature{"temperature"};

int plain(int x) {
    NANOTEL_ADD(orders, x, payment::cash, opaque(1) == 2);
    return opaque(x) + 1;
}

int everything(int x, const order& o) {
    NANOTEL_TIME(duration);
    NANOTEL_TIME(duration, "customer"_attr = o.customer, "items"_attr = opaque(2));
    NANOTEL_ADD(turnover, o.total, "customer"_attr = o.customer);
    NANOTEL_ADD(open_orders, -1);
    for (int i = 0; i < x; ++i) {
        NANOTEL_GAUGE_SET(level, opaque(3), "i"_attr = i);
        NANOTEL_RECORD(duration, opaque(4) * 0.1, "text"_attr = "literal");
        NANOTEL_RECORD(size, o.items, "eu");
        x += opaque(i);
    }
    if (x > 7) NANOTEL_ADD(open_orders, opaque(5));
    if (x > 8)
        NANOTEL_GAUGE_SET(level, 1.5);
    else
        x += 2;
    switch (x) {
    case 1: {
        NANOTEL_TIME(duration);
        return opaque(6);
    }
    default:
        break;
    }
    return x;
}

// Used for nothing but measurements: no warning without them.
int only_for_measurements(int used, [[maybe_unused]] int parameter) {
    const int local = used + 1;
    const auto computed = [](int a) { return a; };
    NANOTEL_ADD(orders, computed(local), payment::card, true);
    NANOTEL_RECORD(duration, local, "parameter"_attr = parameter);
    return used;
}

template <class T>
T of_template(T value) {
    NANOTEL_RECORD(duration, value);
    NANOTEL_TIME(duration, "value"_attr = value);
    return value + static_cast<T>(opaque(1));
}
template int of_template(int);
template double of_template(double);

struct two {
    int first, second;
};
two order_of(int);
struct with_members {
    int value;
    int get() const;
};
int with_members::get() const {
    NANOTEL_ADD(open_orders, value);
    const auto [first, second] = order_of(value);
    NANOTEL_RECORD(duration, first, "second"_attr = second);
    return second;
}
