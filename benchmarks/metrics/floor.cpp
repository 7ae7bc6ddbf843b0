// SPDX-License-Identifier: MIT
// What the machine asks for a measurement at the least: a load and a store of a word that one thread writes.
#include "measuring.hpp"

namespace bench {
namespace {

// As far apart as no prefetcher joins them.
struct alignas(128) own_word {
    nanotel::detail::atomic<std::uint64_t> value;
};
own_word words[2];
std::atomic<unsigned> threads{0};

std::uint64_t total() { return words[0].value.load_relaxed() + words[1].value.load_relaxed(); }

// The pointer comes from memory and the compiler knows nothing of it: no add is folded into the next.
const auto add_one = [] {
    auto* word = &words[threads.fetch_add(1) % 2].value;
    asm volatile("" : "+r"(word));
    return [word](int) {
        word->store_relaxed(word->load_relaxed() + 1);
        asm volatile("" ::: "memory");
    };
};
// Of a double, as the sum of a histogram is: the sum cannot be had sooner than the addition takes.
const auto add_half = [] {
    auto* word = &words[threads.fetch_add(1) % 2].value;
    asm volatile("" : "+r"(word));
    return [word](int) {
        const double sum = __builtin_bit_cast(double, word->load_relaxed()) + 0.5;
        word->store_relaxed(__builtin_bit_cast(std::uint64_t, sum));
        asm volatile("" ::: "memory");
    };
};

void check_one() {
    const auto before = total();
    const auto operation = add_one();
    for (int i = 0; i < 10; ++i) operation(i);
    require(total() - before == 10, "the floor added nothing");
}
void check_half() {
    words[0].value.store_relaxed(0);
    words[1].value.store_relaxed(0);
    const auto operation = add_half();
    for (int i = 0; i < 10; ++i) operation(i);
    require(__builtin_bit_cast(double, total()) == 5, "the floor added nothing");
    words[0].value.store_relaxed(0);
    words[1].value.store_relaxed(0);
}

template <class Make>
void add_floor(const std::string& name, Make make, void (*check)()) {
    add({.name = name,
         .library = "machine",
         .unit = "ns",
         .repetitions = 200,
         .check = check,
         .sample = [make] { return time_one_thread(make); },
         .floor = "metrics/floor"});
    add({.name = name + "_2_threads",
         .library = "machine",
         .unit = "ns",
         .repetitions = 200,
         .check = check,
         .sample = [make] { return time_two_threads(make); },
         .floor = "metrics/floor"});
}

[[maybe_unused]] const bool added = [] {
    add_floor("metrics/floor", add_one, check_one);
    add_floor("metrics/floor_double", add_half, check_half);
    return true;
}();

} // namespace
} // namespace bench
