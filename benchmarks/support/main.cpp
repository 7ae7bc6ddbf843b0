// SPDX-License-Identifier: MIT
// Runs the benchmarks, discards what the machine disturbed, prints a table and writes JSON.
#include "floor.hpp"
#include "harness.hpp"
#include "sink.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace bench {

std::vector<scenario>& scenarios() {
    static std::vector<scenario> all;
    return all;
}

add::add(scenario s) { scenarios().push_back(std::move(s)); }

namespace {

struct sample {
    double value;
    double reference; // the slower of the two loops around it
};

// By name and library: what several libraries do has one name.
std::map<std::pair<std::string, std::string>, std::vector<sample>> samples;
double fastest_reference = 1e9;

double take_sample(const scenario& s) {
    const double before = s.bracketed ? reference_sample() : 0;
    const double value = s.sample();
    const double after = s.bracketed ? reference_sample() : 0;
    samples[{s.name, s.library}].push_back({value, std::max(before, after)});
    if (s.bracketed) fastest_reference = std::min({fastest_reference, before, after});
    return value;
}

void run_once(const scenario& s, benchmark::State& state) {
    for ([[maybe_unused]] auto _ : state) {
        // What had to be timed before the first start has been.
        const double value = s.before_start ? 1 : take_sample(s);
        state.SetIterationTime(1e-9 * value);
    }
}

struct quiet : benchmark::BenchmarkReporter {
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>&) override {}
};

struct figures {
    double min, median, p90;
    std::size_t kept, all;
};

figures summarise(const scenario& s) {
    const auto& taken = samples[{s.name, s.library}];
    std::vector<double> values;
    // The machine has two speeds, about one to two apart; 15 % tells them and leaves the ordinary noise in.
    for (const sample& x : taken)
        if (!s.bracketed || x.reference <= 1.15 * fastest_reference) values.push_back(x.value);
    if (values.empty())
        for (const sample& x : taken) values.push_back(x.value);
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
        return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
    };
    return {values.front(), at(0.5), at(0.9), values.size(), taken.size()};
}

int usage(int status) {
    std::fputs("nanotel_benchmarks [--quick] [--json FILE] [options of Google Benchmark, such as "
               "--benchmark_filter=REGEX]\n"
               "  --quick      fewer repetitions: at most 40 seconds\n"
               "  --json FILE  writes a list of {benchmark, library, unit, min, median, p90}\n",
               status == 0 ? stdout : stderr);
    return status;
}

int run(int argc, char** argv) {
    bool quick = false;
    const char* json = nullptr;
    static char interleave[] = "--benchmark_enable_random_interleaving=true";
    std::vector<char*> rest{argv[0], interleave};
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--help") return usage(0);
        if (argument == "--quick")
            quick = true;
        else if (argument == "--json" && i + 1 < argc)
            json = argv[++i];
        else if (argument.starts_with("--benchmark_"))
            rest.push_back(argv[i]);
        else
            return std::fprintf(stderr, "unknown argument: %s\n", argv[i]), usage(2);
    }

    // Each floor stands before what is measured by it.
    std::sort(scenarios().begin(), scenarios().end(), [](auto& a, auto& b) {
        const auto key = [](const scenario& s) {
            return std::make_tuple(s.floor, s.name != s.floor, s.name);
        };
        return key(a) < key(b);
    });
    for (const scenario& s : scenarios()) {
        const int repetitions = quick ? std::max(s.repetitions / 5, 3) : s.repetitions;
        benchmark::RegisterBenchmark(s.name.c_str(), [&s](benchmark::State& state) { run_once(s, state); })
            ->UseManualTime()
            ->Iterations(1)
            ->Repetitions(repetitions);
    }
    int count = static_cast<int>(rest.size());
    benchmark::Initialize(&count, rest.data());
    if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 2;

    for (const scenario& s : scenarios())
        for (int i = 0; s.before_start && i < (quick ? (s.repetitions + 4) / 5 : s.repetitions); ++i)
            take_sample(s);
    std::puts("checking what is timed");
    for (const scenario& s : scenarios()) {
        try {
            if (s.check) s.check();
        } catch (const std::exception& e) {
            std::fprintf(stderr, "%s does not do what it is timed for: %s\n", s.name.c_str(), e.what());
            return 1;
        }
    }
    std::puts(quick ? "measuring, quickly" : "measuring");
    quiet reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);

    std::map<std::string, double> floors;
    for (const scenario& s : scenarios())
        if (s.name == s.floor && samples.count({s.name, s.library})) floors[s.name] = summarise(s).median;
    fmt::print("\n{:<52} {:<10} {:>12} {:>12} {:>12} {:>9}  {}\n", "benchmark", "unit", "min", "median",
               "p90", "x floor", "kept");
    std::string list;
    for (const scenario& s : scenarios()) {
        if (!samples.count({s.name, s.library})) continue;
        const figures f = summarise(s);
        const std::string ratio =
            s.unit == "ns" && floors.count(s.floor) ? fmt::format("{:.2f}", f.median / floors[s.floor]) : "";
        const std::string name = s.library == "nanotel" ? s.name : s.name + ": " + s.library;
        fmt::print("{:<52} {:<10} {:>12.2f} {:>12.2f} {:>12.2f} {:>9}  {}/{}\n", name, s.unit, f.min,
                   f.median, f.p90, ratio, f.kept, f.all);
        list += fmt::format("{}{{\"benchmark\":\"{}\",\"library\":\"{}\",\"unit\":\"{}\",\"min\":{:.4f},"
                            "\"median\":{:.4f},\"p90\":{:.4f}}}",
                            list.empty() ? "" : ",\n ", s.name, s.library, s.unit, f.min, f.median, f.p90);
    }
    if (json) {
        std::FILE* const file = std::fopen(json, "w");
        if (!file || std::fprintf(file, "[%s]\n", list.c_str()) < 0 || std::fclose(file) != 0) {
            std::fprintf(stderr, "%s cannot be written: %s\n", json, std::strerror(errno));
            return 1;
        }
    }
    return 0;
}

} // namespace
} // namespace bench

int main(int argc, char** argv) {
    bench::start_sink(); // a process of its own: before there are threads
    const int status = bench::run(argc, argv);
    bench::stop_sink();
    return status;
}
