// SPDX-License-Identifier: MIT

int opaque(int);
struct order {
    int items;
    double total;
    const char* customer;
};

int plain(int x) { return opaque(x) + 1; }

int everything(int x, const order&) {
    for (int i = 0; i < x; ++i) {
        x += opaque(i);
    }
    if (x > 7) {
    }
    if (x > 8) {
    } else
        x += 2;
    switch (x) {
    case 1: {
        return opaque(6);
    }
    default:
        break;
    }
    return x;
}

int only_for_measurements(int used, [[maybe_unused]] int parameter) {
    [[maybe_unused]] const int local = used + 1;
    [[maybe_unused]] const auto computed = [](int a) { return a; };
    return used;
}

template <class T>
T of_template(T value) {
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
    const auto [first, second] = order_of(value);
    return second;
}
