// SPDX-License-Identifier: MIT
// Every macro, in every place where one may stand. macros.without.cpp is the same without them.
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

NANOTEL_INSTRUMENTATION_SCOPE("shop", "1.0", "", "a"_attr = 1);

int opaque(int);
struct order {
    int items;
    double total;
    const char* customer;
};
inline constexpr nanotel::span_schema<"schema", nanotel::span_kind::client,
                                      nanotel::required<"amount", double>, nanotel::optional<"retries", int>>
    charge;

int plain(int x) {
    NANOTEL_SPAN(span, "plain", "x"_attr = x, "y"_attr = opaque(x));
    return opaque(x) + 1;
}

int everything(int x, const order& o) {
    NANOTEL_SPAN(span, nanotel::server("everything"), "items"_attr = o.items, "total"_attr = o.total,
                 "customer"_attr = o.customer);
    NANOTEL_SCOPED_SPAN("scoped", "n"_attr = opaque(1));
    NANOTEL_TRACE_FUNCTION("m"_attr = opaque(2));
    NANOTEL_DETACHED_SPAN(detached, "detached", "k"_attr = opaque(3));
    NANOTEL_SPAN_FROM(below, nanotel::new_root, nanotel::client("below"), "j"_attr = opaque(4));
    NANOTEL_SPAN(typed, charge, "amount"_attr = 2.5);
    for (int i = 0; i < x; ++i) {
        NANOTEL_SCOPED_SPAN("in a loop", "i"_attr = i);
        NANOTEL_SET(span, "late"_attr = opaque(i), "text"_attr = "literal");
        NANOTEL_EVENT(below, "event", "i"_attr = i);
        NANOTEL_SET(typed, "retries"_attr = i);
        NANOTEL_SET(detached, "key known at run time", opaque(5));
        NANOTEL_SET(detached, "another", i);
        NANOTEL_SET(detached, "a text", o.customer);
        NANOTEL_SET(detached, "a literal", "text");
        x += opaque(i);
    }
    if (x > 7) NANOTEL_SET(span, "branch"_attr = 1);
    if (x > 8)
        NANOTEL_EVENT(span, "one");
    else
        x += 2;
    switch (x) {
    case 1: {
        NANOTEL_SCOPED_SPAN("case");
        return opaque(6);
    }
    default:
        break;
    }
    return x;
}

// Used for nothing but attributes: no warning without them.
int only_for_attributes(int used, [[maybe_unused]] int parameter) {
    const int local = used + 1;
    const auto computed = [](int a) { return a; };
    NANOTEL_SPAN(span, "only", "local"_attr = local, "computed"_attr = computed(local),
                 "parameter"_attr = parameter);
    NANOTEL_SET(span, "again"_attr = local);
    return used;
}

template <class T>
T of_template(T value) {
    NANOTEL_SPAN(span, "template", "value"_attr = value);
    NANOTEL_TRACE_FUNCTION();
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
    NANOTEL_SPAN(span, "member", "value"_attr = value);
    const auto [first, second] = order_of(value);
    NANOTEL_SET(span, "first"_attr = first);
    return second;
}
