// SPDX-License-Identifier: MIT
#include "clickhouse_schema.hpp"

#include <cstdio>

int main(int count, char** arguments) {
    const auto line_to = [](std::FILE* file) {
        return [file](const std::string& line) {
            std::fprintf(file, "%s\n", line.c_str());
            std::fflush(file);
        };
    };
    return nanotel_clickhouse_schema::run({arguments + 1, arguments + count}, nanotel::environment{},
                                          line_to(stdout), line_to(stderr));
}
