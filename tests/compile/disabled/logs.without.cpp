// SPDX-License-Identifier: MIT

int opaque(int);

int everything(int x, const char*) {
    if (x > 7) {
    }
    if (x > 8) {
    } else
        x += 2;
    for (int i = 0; i < x; ++i) {
        x += opaque(i);
    }
    return x;
}

int only_for_logs(int used) {
    [[maybe_unused]] const int local = used + 1;
    [[maybe_unused]] const auto computed = [](int a) { return a; };
    return used;
}

template <class T>
T of_template(T value) {
    return value + static_cast<T>(opaque(1));
}
template int of_template(int);

int by_function(int x) { return x; }
