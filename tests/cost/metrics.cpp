// Makes a number of measurements in a function of its own, for an instruction counter to look at.
#include <nanotel/nanotel.hpp>
#include <nanotel/sdk.hpp>

#include <cstdlib>
#include <cstring>

#include <unistd.h>

using namespace nanotel::literals;

namespace {

struct discard final : nanotel::exporter {
    nanotel::export_result send(const nanotel::payload&, std::chrono::steady_clock::time_point) override {
        return {};
    }
    std::string_view name() const noexcept override { return "discard"; }
    std::string description() const override { return "discard"; }
};

enum class payment { card, cash, voucher };
enum class region { eu, us, asia, africa };

constinit nanotel::counter<> plain{"cost.plain"};
constinit nanotel::counter<std::uint64_t, nanotel::label<"payment", payment>,
                           nanotel::label<"region", region>>
    with_enums{"cost.enums"};
constinit nanotel::counter<> with_labels{"cost.labels"};
constinit nanotel::histogram<> with_bounds{"cost.bounds"};
constinit nanotel::exponential_histogram<> exponential{"cost.exponential"};
constinit nanotel::gauge<> level{"cost.level"};

constexpr double values[] = {3, 7000, 61, 0.5, 240, 18, 980, 33, 4.5, 410, 2600, 12, 88, 150, 5100, 700};
// One: where sets of labels meet in the table of a thread depends on addresses.
const std::string user = "user-1000000";

} // namespace

extern "C" [[gnu::noinline]] void counter_add(int count) {
    for (int i = 0; i < count; ++i) {
        plain.add(1);
        asm volatile("" ::: "memory");
    }
}
extern "C" [[gnu::noinline]] void counter_add_bound(int count) {
    const auto bound = plain.bind();
    for (int i = 0; i < count; ++i) {
        bound.add(1);
        asm volatile("" ::: "memory");
    }
}
extern "C" [[gnu::noinline]] void counter_add_enum_labels(int count) {
    for (int i = 0; i < count; ++i) {
        with_enums.add(1, static_cast<payment>(i & 1), static_cast<region>(i >> 1 & 3));
        asm volatile("" ::: "memory");
    }
}
extern "C" [[gnu::noinline]] void counter_add_dynamic_labels(int count) {
    for (int i = 0; i < count; ++i) {
        with_labels.add(1, "method"_attr = "GET", "user"_attr = user);
        asm volatile("" ::: "memory");
    }
}
extern "C" [[gnu::noinline]] void histogram_record(int count) {
    for (int i = 0; i < count; ++i) {
        with_bounds.record(values[i & 15]);
        asm volatile("" ::: "memory");
    }
}
extern "C" [[gnu::noinline]] void exponential_record(int count) {
    for (int i = 0; i < count; ++i) {
        exponential.record(values[i & 15]);
        asm volatile("" ::: "memory");
    }
}
extern "C" [[gnu::noinline]] void gauge_set(int count) {
    for (int i = 0; i < count; ++i) {
        level.set(0.5 * i);
        asm volatile("" ::: "memory");
    }
}

// usage: metrics COUNT FUNCTION
int main(int, char** arguments) {
    const struct {
        const char* name;
        void (*run)(int);
    } all[] = {{"counter_add", counter_add},
               {"counter_add_bound", counter_add_bound},
               {"counter_add_enum_labels", counter_add_enum_labels},
               {"counter_add_dynamic_labels", counter_add_dynamic_labels},
               {"histogram_record", histogram_record},
               {"exponential_record", exponential_record},
               {"gauge_set", gauge_set}};
    auto telemetry = nanotel::start(
        {.exporter = std::make_shared<discard>(), .metric_readers = {{.interval = std::chrono::hours(1)}}});
    for (const auto& each : all)
        if (std::strcmp(each.name, arguments[2]) == 0) {
            each.run(std::atoi(arguments[1]));
            ::_exit(0); // the count ends here: no shutdown in it
        }
    ::_exit(1);
}
