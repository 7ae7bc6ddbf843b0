// SPDX-License-Identifier: MIT
#include "support/child_process.hpp"
#include "support/paths.hpp"
#include "support/skip.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

struct outcome {
    int exit_code;
    std::string output;
};

outcome run(const std::string& script, const std::vector<std::string>& arguments) {
    const nanotel_test::temporary_folder folder;
    std::vector<std::string> command{"/usr/bin/env", "python3",
                                     nanotel_test::source_root() + "/tools/semconv/" + script};
    command.insert(command.end(), arguments.begin(), arguments.end());
    nanotel_test::child_process process;
    process.start(command, folder / "output");
    const int exit_code = process.wait();
    return {exit_code, nanotel_test::read_file(folder / "output")};
}

} // namespace

TEST_CASE("the headers of the semantic conventions are what the generator makes of its model, byte by byte") {
    const outcome result = run("generate", {"--check"});
    INFO(result.output);
    CHECK(result.exit_code == 0);
}

TEST_CASE("the model agrees with what is published of it for Go") {
    constexpr int not_to_be_had = 77;
    const outcome result = run("compare_with_go", {});
    if (result.exit_code == not_to_be_had) return nanotel_test::skip(result.output);
    INFO(result.output);
    CHECK(result.exit_code == 0);
}
