// Records a number of spans in a function of its own, for an instruction counter to look at.
#include <nanotel/nanotel.hpp>
#include <nanotel/sdk.hpp>

#include <cstdlib>

#include <unistd.h>

using namespace nanotel::literals;

namespace {

struct discard final : nanotel::exporter {
    nanotel::export_result send(const nanotel::payload&, std::chrono::steady_clock::time_point) override { return {}; }
    std::string_view name() const noexcept override { return "discard"; }
    std::string description() const override { return "discard"; }
};

} // namespace

extern "C" [[gnu::noinline]] void record_spans(int count, double total) {
    for (int i = 0; i < count; ++i) {
        NANOTEL_SPAN(span, "three attributes", "route"_attr = "checkout", "items"_attr = i, "total"_attr = total);
        asm volatile("" ::: "memory");
    }
}

int main(int, char** arguments) {
    auto telemetry = nanotel::start({.exporter = std::make_shared<discard>(), .ring_bytes = 1 << 20});
    const auto before = telemetry.stats().recorded;
    {
        NANOTEL_SCOPED_SPAN("outer");
        record_spans(std::atoi(arguments[1]), 59.9);
    }
    const bool all = telemetry.stats().recorded - before == static_cast<std::uint64_t>(std::atoi(arguments[1])) + 1;
    ::_exit(all ? 0 : 1); // the count ends here: no shutdown in it
}
