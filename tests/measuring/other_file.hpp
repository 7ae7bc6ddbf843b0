// SPDX-License-Identifier: MIT
// What other_file.cpp declares and does: the same instruments in another translation unit.
#pragma once

#include <cstdint>

namespace nanotel_test::other_file {

void count(std::uint64_t amount);             // same.requests, declared there as here
void count_labelled(std::uint64_t amount);    // with outcome::good
void count_bound(std::uint64_t amount);       // through a handle that was bound before main
void count_in_capitals(std::uint64_t amount); // SAME.Requests
void record(double value);                    // same.durations
void set(double value);                       // same.level

} // namespace nanotel_test::other_file
