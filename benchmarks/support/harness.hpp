// SPDX-License-Identifier: MIT
// One repetition of each benchmark in turn, each bracketed by a reference loop, so that what ran while the
// machine was slow can be told and left out.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace bench {

struct scenario {
    std::string name;               // area/what
    std::string library;            // who does it
    std::string unit;               // "ns": less is better
    int repetitions;                // of a full run
    std::function<void()> check;    // the output, before it is timed; throws what is wrong
    std::function<double()> sample; // one repetition: the figure of one operation
    bool bracketed = true;          // short enough for the reference loop to tell whether it ran undisturbed
    bool before_start = false;      // to be timed while no telemetry has been started in the process
    std::string floor = "floor";    // the scenario whose median it is shown as a multiple of
};

// Registers a scenario when the program starts.
struct add {
    explicit add(scenario s);
};

std::vector<scenario>& scenarios();

// Operations of one repetition of a recording benchmark: few enough for half a ring of 1 MiB, enough that the
// two readings of the clock around them do not count.
inline constexpr int batch = 4000;

double nanoseconds_now();

// Nanoseconds a call of `operation`, over a batch.
template <class F>
double time_batch(F&& operation) {
    const double begin = nanoseconds_now();
    for (int i = 0; i < batch; ++i) operation(i);
    return (nanoseconds_now() - begin) / batch;
}

} // namespace bench
