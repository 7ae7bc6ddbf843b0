// Records a number of log records in a function of its own, for an instruction counter to look at.
#include <nanotel/sdk.hpp>

#include <cstdlib>

#include <unistd.h>

namespace {

struct discard final : nanotel::exporter {
    nanotel::export_result send(const nanotel::payload&, std::chrono::steady_clock::time_point) override {
        return {};
    }
    std::string_view name() const noexcept override { return "discard"; }
    std::string description() const override { return "discard"; }
};

} // namespace

extern "C" [[gnu::noinline]] void record_logs(int count, double total) {
    for (int i = 0; i < count; ++i) {
        NANOTEL_LOG_INFO("order {} of {} costs {:.2f}", i, "ada", total);
        asm volatile("" ::: "memory");
    }
}
extern "C" [[gnu::noinline]] void skip_logs(int count, double total) {
    for (int i = 0; i < count; ++i) {
        NANOTEL_LOG_DEBUG("order {} of {} costs {:.2f}", i, "ada", total);
        asm volatile("" ::: "memory");
    }
}

int main(int, char** arguments) {
    auto telemetry = nanotel::start({.exporter = std::make_shared<discard>(),
                                     .ring_bytes = 1 << 20,
                                     .logs = {.levels = {{"*", nanotel::severity::info}}}});
    const auto before = telemetry.stats().logs.recorded;
    const int count = std::atoi(arguments[1]);
    const bool skips = std::string_view(arguments[2]) == "skip_logs";
    {
        NANOTEL_SCOPED_SPAN("outer");
        (skips ? skip_logs : record_logs)(count, 59.9);
    }
    const bool all =
        telemetry.stats().logs.recorded - before == (skips ? 0 : static_cast<std::uint64_t>(count));
    ::_exit(all ? 0 : 1); // the count ends here: no shutdown in it
}
