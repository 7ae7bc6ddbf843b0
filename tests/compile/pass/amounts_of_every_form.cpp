// FLAGS: -Wconversion
// SPDX-License-Identifier: MIT
// NANOTEL_ADD refuses negative constants, and for that must not trip over, nor evaluate twice, any other
// amount.
#include <nanotel/nanotel.hpp>

#include <coroutine>
#include <utility>

using namespace nanotel::literals;

constinit nanotel::counter<> requests{"requests"};
constinit nanotel::counter<double> joules{"joules"};
constinit nanotel::up_down_counter<> items{"items"};

int opaque(int);
extern int declared;
constexpr int constant = 3;
const int constant_integer = 4;
const double constant_double = 4.5;
enum class step { one = 1 };

struct two {
    int first, second;
};
two make();

struct with_members {
    int value;
    int get();
    nanotel::bound_counter<> bound;
    void add() {
        NANOTEL_ADD(requests, value);
        NANOTEL_ADD(requests, this->get());
        NANOTEL_ADD(requests, [this] { return value; }());
        NANOTEL_ADD(bound, value);
    }
};

void add(int n, unsigned u, const char* text, with_members& object) {
    NANOTEL_ADD(requests, n);
    NANOTEL_ADD(requests, n++);
    NANOTEL_ADD(requests, opaque(n));
    NANOTEL_ADD(requests, constant);
    NANOTEL_ADD(requests, constant_integer);
    NANOTEL_ADD(joules, constant_double);
    NANOTEL_ADD(joules, n * 1.5, "k"_attr = n);
    NANOTEL_ADD(joules, opaque(1) == 0 ? -1.5 : n);
    NANOTEL_ADD(requests, u);
    NANOTEL_ADD(requests, sizeof n);
    NANOTEL_ADD(requests, declared);
    NANOTEL_ADD(requests, text[0] + 0);
    NANOTEL_ADD(requests, static_cast<int>(step::one));
    NANOTEL_ADD(requests, std::exchange(n, 2), "k"_attr = "v");
    NANOTEL_ADD(requests, n > 0 ? 1 : throw 1);
    NANOTEL_ADD(items, -1);
    NANOTEL_ADD(object.bound, object.value);
    auto [first, second] = make();
    NANOTEL_ADD(requests, first);
    NANOTEL_ADD(items, -second);
    const auto inner = [&, n] { NANOTEL_ADD(requests, n + object.value); };
    inner();
    for (int i = 0; i < 3; ++i) NANOTEL_ADD(requests, i);
    if (n > 1)
        NANOTEL_ADD(requests, 1);
    else
        NANOTEL_ADD(items, -1);
}

template <class T, class Instrument>
void add_in_template(T amount, Instrument& instrument) {
    NANOTEL_ADD(instrument, amount);
    NANOTEL_ADD(requests, sizeof(T));
    auto [first, second] = make();
    NANOTEL_ADD(instrument, first + second);
    const auto generic = [&](auto one) { NANOTEL_ADD(instrument, one); };
    generic(1);
}
template void add_in_template(int, nanotel::counter<>&);
template void add_in_template(double, nanotel::counter<double>&);

struct task {
    struct promise_type {
        task get_return_object() { return {}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
};
struct awaited {
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<>) {}
    int await_resume() { return 3; }
};
task coroutine(int n) {
    auto [first, second] = make();
    NANOTEL_ADD(requests, co_await awaited{});
    NANOTEL_ADD(items, -co_await awaited{});
    NANOTEL_ADD(requests, n + first + second);
}
