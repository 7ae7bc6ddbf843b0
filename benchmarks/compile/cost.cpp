// SPDX-License-Identifier: MIT
// What the instrumentation costs a compilation, beside what an expensive header of the standard library costs
// it.
#include "support/harness.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>

#include <sys/resource.h>

namespace bench {
namespace {

double children_milliseconds() {
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    const auto ms = [](const timeval& t) {
        return 1e3 * static_cast<double>(t.tv_sec) + 1e-3 * static_cast<double>(t.tv_usec);
    };
    return ms(used.ru_utime) + ms(used.ru_stime);
}

// Milliseconds of the processor for one file.
double compile(const std::function<void(std::ofstream&)>& write) {
    char folder[] = "/tmp/nanotel-compile-XXXXXX";
    if (!::mkdtemp(folder)) throw std::runtime_error("no folder to compile in");
    const std::string file = std::string(folder) + "/file.cpp";
    {
        std::ofstream out(file);
        write(out);
    }
    const std::string command =
        NANOTEL_COMPILER " -std=c++20 -O2 -I" NANOTEL_INCLUDE " -c " + file + " -o " + file + ".o";
    const double before = children_milliseconds();
    const int status = std::system(command.c_str());
    const double used = children_milliseconds() - before;
    std::filesystem::remove_all(folder);
    if (status != 0) throw std::runtime_error("it does not compile: " + command);
    return used;
}

double include_cost(const char* header) {
    const double empty = compile([](std::ofstream&) {});
    return compile([&](std::ofstream& out) { out << "#include <" << header << ">\n"; }) - empty;
}

// As a large program has them: each site has a name of its own, keys come again here and there.
void write_sites(std::ofstream& out, int count) {
    out << "#include <nanotel/nanotel.hpp>\nusing namespace nanotel::literals;\nvoid work(int);\n";
    for (int i = 0; i < count; ++i)
        out << "void f" << i << "(int a, double b) { NANOTEL_SPAN(span, \"site " << i << "\", \"route."
            << i % 100 << "\"_attr = \"checkout\", \"items." << i % 100 << "\"_attr = a, \"total." << i % 100
            << "\"_attr = b); work(a); }\n";
}

const add header({"compile/include_nanotel",
                  "nanotel",
                  "ms",
                  5,
                  {},
                  [] { return include_cost("nanotel/nanotel.hpp"); },
                  false});
const add reference(
    {"compile/include_chrono", "libstdc++", "ms", 5, {}, [] { return include_cost("chrono"); }, false});
const add site({"compile/site_3_attributes",
                "nanotel",
                "ms",
                3,
                {},
                [] {
                    const double few = compile([](std::ofstream& out) { write_sites(out, 50); });
                    const double many = compile([](std::ofstream& out) { write_sites(out, 250); });
                    return (many - few) / 200;
                },
                false});

} // namespace
} // namespace bench
