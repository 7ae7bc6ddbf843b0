// SPDX-License-Identifier: MIT
#include <nanotel/core/callback_list.hpp>
#include <nanotel/core/module.hpp>

#include <cstring>

#include <doctest/doctest.h>

using namespace nanotel::detail;

namespace {

constexpr std::uint64_t other_thread = 1; // no address of an errno

int destroyed = 0;
void (*while_destroyed)() = nullptr;

struct module_of_test {
    module_links links{1, nullptr, nullptr, nullptr, nullptr, nullptr};
    callback_state callback{};

    module_of_test() {
        destroyed = 0;
        while_destroyed = nullptr;
        callback.is_plain_memory = true; // which it is not: to free it is an error
        callback.destroy = [](callback_state& self) noexcept {
            if (while_destroyed) while_destroyed();
            ++destroyed;
            std::memset(static_cast<void*>(&self), 0x5a, sizeof self); // whoever follows it crashes
        };
        add_callback(links, callback);
    }
    callback_list& list() { return links.callbacks; }
    void call_on(std::uint64_t thread) {
        callback.running = 1;
        callback.runner = thread;
    }
};

// Out of line: the compiler would see that what it never frees could not be freed.
[[gnu::noinline]] void remove_by_guard(callback_state& callback) { remove_callback(callback); }

} // namespace

// Fails where what was removed is out of the sight of its module before the module's code has done with it.
TEST_CASE("a module waits for a callback that has removed itself and still runs") {
    module_of_test tested;
    tested.call_on(this_thread_number());
    remove_by_guard(tested.callback);
    CHECK(destroyed == 0);
    tested.callback.runner = other_thread;
    int waits = 0;
    forget_callbacks(tested.list(), tested.links, [&] {
        if (++waits == 2) end_call(tested.list(), tested.callback);
        return true;
    });
    CHECK(waits == 2);
    CHECK(destroyed == 1);
    CHECK(tested.list().first == nullptr);
}

TEST_CASE("a module waits for a callback that is being destroyed") {
    static module_of_test* seen;
    static int waits;
    module_of_test mine;
    seen = &mine;
    waits = 0;
    while_destroyed = [] {
        REQUIRE(seen->list().first != nullptr);
        seen->list().first->runner = other_thread;
        forget_callbacks(seen->list(), seen->links, [] { return ++waits < 3; });
    };
    remove_by_guard(mine.callback);
    CHECK(waits == 3);
    CHECK(destroyed == 1);
    CHECK(mine.list().first == nullptr);
}

// Fails, by crash, where the module follows a callback that it has waited for.
TEST_CASE("a guard may go while the module waits for its callback") {
    module_of_test tested;
    tested.call_on(other_thread);
    int waits = 0;
    forget_callbacks(tested.list(), tested.links, [&] {
        ++waits;
        end_call(tested.list(), tested.callback);
        remove_by_guard(tested.callback);
        return true;
    });
    CHECK(waits == 1);
    CHECK(destroyed == 1);
}

// Fails, by crash, where the guard frees what is in use.
TEST_CASE("a callback that does not return is left behind") {
    module_of_test tested;
    tested.call_on(other_thread);
    int waits = 0;
    forget_callbacks(tested.list(), tested.links, [&] { return ++waits < 5; });
    CHECK(waits == 5);
    CHECK(tested.list().first == nullptr);
    remove_by_guard(tested.callback);
    end_call(tested.list(), tested.callback);
    CHECK(destroyed == 0);
}
