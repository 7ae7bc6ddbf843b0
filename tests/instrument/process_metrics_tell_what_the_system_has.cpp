// SPDX-License-Identifier: MIT
#include "../support/child_process.hpp"
#include "../support/paths.hpp"

#include <doctest/doctest.h>

namespace {

// What a program of this module prints and complains about; its exit code must be 0.
std::string printed_by(const std::string& name) {
    const nanotel_test::temporary_folder folder;
    nanotel_test::child_process child;
    child.start({nanotel_test::program(name)}, folder / "log");
    const int status = child.wait();
    CHECK(status == 0);
    return nanotel_test::read_file(folder / "log");
}

} // namespace

TEST_CASE("without Linux there is what getrusage tells, and no complaint") {
    CHECK(printed_by("portable") == "process.context_switches 2\n"
                                    "process.cpu.time 2\n"
                                    "process.cpu.utilization 2\n"
                                    "process.paging.faults 2\n");
}

TEST_CASE("a forked child tells of itself") { CHECK(printed_by("forked") == "told 1\n"); }
