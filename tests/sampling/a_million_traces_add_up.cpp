// SPDX-License-Identifier: MIT
#include "sampled.hpp"
#include "support/sanitizers.hpp"

#include <cmath>

using nanotel::context;
using nanotel::sampler;
using nanotel_test::counted_spans;
using nanotel_test::sampled;

namespace {

#ifdef __OPTIMIZE__
constexpr std::size_t count = nanotel_test::sanitized ? 30'000 : 1'000'000;
#else
constexpr std::size_t count = nanotel_test::sanitized ? 30'000 : 200'000;
#endif

// Splitmix64, from a fixed seed: the test is the same each time.
std::uint64_t seed = 0;
std::uint64_t next_id() noexcept {
    std::uint64_t z = seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    z ^= z >> 31;
    return z != 0 ? z : 1;
}

using kept_traces = std::vector<bool>;

struct service {
    kept_traces kept = kept_traces(count);
    std::vector<counted_spans> counted;
};

// A service after the others: one span for each trace, below what the service before has sent it, and of that
// span the context that it sends on.
service serve(sampler by, std::vector<context>& traces,
              std::vector<nanotel_test::sampled_destination> to = {{}}) {
    service here;
    const std::size_t destinations = to.size();
    sampled recorded({.sampler = std::move(by),
                      .destinations = std::move(to),
                      .id_source = &next_id,
                      .counts_only = true});
    for (std::size_t i = 0; i < count; ++i) {
        NANOTEL_SPAN_FROM(span, traces[i], nanotel::server("request"));
        here.kept[i] = span.is_recording();
        traces[i] = nanotel::current_context();
        traces[i].remote = true;
    }
    for (std::size_t d = 0; d < destinations; ++d) here.counted.push_back(recorded.counted(d));
    CHECK(recorded.dropped() == 0);
    return here;
}

std::size_t number_of(const kept_traces& kept) {
    std::size_t all = 0;
    for (const bool one : kept) all += one;
    return all;
}
bool is_within(const kept_traces& some, const kept_traces& all) {
    for (std::size_t i = 0; i < count; ++i)
        if (some[i] && !all[i]) return false;
    return true;
}

// Each of the N traces is kept with the probability p, and stands for 1/p then: the sum is N, with a standard
// deviation of sqrt(N (1 - p) / p). Five of them, which the sum is outside of in one of two million seeds.
void check_sum(const counted_spans& counted, double p) {
    constexpr auto n = static_cast<double>(count);
    CAPTURE(p);
    CHECK(counted.without_threshold == 0);
    CHECK(std::abs(counted.adjusted - n) <= 5 * std::sqrt(n * (1 - p) / p) + 1);
}

} // namespace

TEST_CASE("three services with ratios of their own: what the least keeps is whole, and every sum is right") {
    seed = 1;
    std::vector<context> traces(count);
    const service front = serve(sampler::independent(sampler::trace_id_ratio(0.5)), traces);
    const service cart = serve(sampler::independent(sampler::trace_id_ratio(0.1)), traces);
    const service payment = serve(sampler::independent(sampler::trace_id_ratio(0.25)), traces,
                                  {{}, {.ratio = 0.05}, {.ratio = 0.75}});
    check_sum(front.counted[0], 0.5);
    check_sum(cart.counted[0], 0.1);
    check_sum(payment.counted[0], 0.25);
    check_sum(payment.counted[1], 0.05);
    check_sum(payment.counted[2], 0.25); // it cannot have more than there is
    CHECK(payment.counted[2].spans == payment.counted[0].spans);
    CHECK(front.counted[0].spans == number_of(front.kept));
    CHECK(cart.counted[0].spans == number_of(cart.kept));
    CHECK(payment.counted[0].spans == number_of(payment.kept));
    CHECK(is_within(cart.kept, payment.kept));
    CHECK(is_within(payment.kept, front.kept));
    CHECK(number_of(cart.kept) < number_of(payment.kept));
    CHECK(number_of(payment.kept) < number_of(front.kept));
}

TEST_CASE("services that follow their parents keep the same traces, whole, with the first one's threshold") {
    seed = 2;
    std::vector<context> traces(count);
    const service front = serve(sampler::trace_id_ratio(0.1), traces);
    const service cart = serve(sampler::trace_id_ratio(0.5), traces); // decides about its own roots
    const service payment = serve(sampler::always_off(), traces, {{}, {.ratio = 0.02}});
    for (const service* each : {&front, &cart, &payment}) {
        check_sum(each->counted[0], 0.1);
        CHECK(each->kept == front.kept);
        CHECK(each->counted[0].adjusted == front.counted[0].adjusted);
    }
    check_sum(payment.counted[1], 0.02);
}
