// SPDX-License-Identifier: MIT
#include "other_file.hpp"

#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

namespace nanotel_test::other_file {

namespace {

enum class outcome { good, bad };

constinit nanotel::counter<> requests{"same.requests", {.unit = "{request}", .description = "served"}};
constinit nanotel::counter<> in_capitals{"SAME.Requests", {.unit = "{request}", .description = "served"}};
constinit nanotel::counter<std::uint64_t, nanotel::label<"outcome", outcome>> labelled{
    "same.requests", {.unit = "{request}", .description = "served"}};
constinit nanotel::histogram<> durations{"same.durations", {.bounds = {1, 2}}};
constinit nanotel::gauge<> level{"same.level"};
const auto bound = requests.bind("outcome"_attr = "good");

} // namespace

void count(std::uint64_t amount) { requests.add(amount); }
void count_labelled(std::uint64_t amount) { labelled.add(amount, outcome::good); }
void count_bound(std::uint64_t amount) { bound.add(amount); }
void count_in_capitals(std::uint64_t amount) { in_capitals.add(amount); }
void record(double value) { durations.record(value); }
void set(double value) { level.set(value); }

} // namespace nanotel_test::other_file
