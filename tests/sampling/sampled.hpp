// SPDX-License-Identifier: MIT
#pragma once

#include <nanotel/nanotel.hpp>
#include <nanotel/otlp/finished_span.hpp>
#include <nanotel/trace/sampler.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace nanotel_test {

struct sampled_destination {
    double ratio = 1;
    bool unsampled = false;
};

struct sampled_options {
    std::optional<nanotel::sampler> sampler{};
    std::vector<std::pair<std::string, std::string>> environment{};
    std::vector<sampled_destination> destinations{{}};
    std::uint64_t (*id_source)() noexcept = nullptr;
    bool counts_only = false; // for many: their thresholds are added up, and they are forgotten
};

// Of the spans that have arrived.
struct counted_spans {
    std::uint64_t spans = 0;
    std::uint64_t without_threshold = 0;
    double adjusted = 0; // the sum of their adjusted counts
};

// Records into memory for as long as it lives, and hears what the library has to say. What it stands on is
// compiled once, in sampled.cpp.
class sampled {
public:
    explicit sampled(const sampled_options& options = {});
    explicit sampled(nanotel::sampler by) : sampled(sampled_options{.sampler = std::move(by)}) {}
    ~sampled();
    sampled(const sampled&) = delete;
    sampled& operator=(const sampled&) = delete;

    // What has ended so far and arrived at the destination of this number.
    std::vector<nanotel::finished_span> spans(std::size_t destination = 0);
    std::vector<std::string> names(std::size_t destination = 0);
    // The only one of that name; fails the test where there is none or are several.
    nanotel::finished_span span(std::string_view name, std::size_t destination = 0);
    counted_spans counted(std::size_t destination = 0); // where counts_only
    // Of the spans since the start.
    std::uint64_t recorded();
    std::uint64_t delivered();
    std::uint64_t dropped();
    // What was said since the start, each once.
    std::vector<std::string> said();

    // What start would make of options and environment.
    static std::string description_of(const sampled_options& options);

private:
    struct implementation;
    std::unique_ptr<implementation> implementation_;
};

inline nanotel::context remote(bool is_sampled, std::uint64_t last_word = 0) {
    // The last 7 bytes of the id are the randomness, in the order of the wire.
    return {{{0x1122334455667788, __builtin_bswap64(last_word | std::uint64_t{0xab} << 56)}},
            {0x99},
            static_cast<std::uint8_t>(is_sampled ? 3 : 2),
            true};
}

} // namespace nanotel_test
