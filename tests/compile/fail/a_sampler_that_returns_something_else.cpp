// EXPECT: a sampler is a function that takes a const nanotel::sampling_parameters& and returns
// SPDX-License-Identifier: MIT
#include <nanotel/trace/sampler.hpp>

int main() {
    const auto decide = [](const nanotel::sampling_parameters&) {
#ifdef SHOULD_FAIL
        return "keep it";
#else
        return nanotel::sampling_result{nanotel::sampling_decision::record_and_sample};
#endif
    };
    return nanotel::sampler::custom("mine", decide).description().empty();
}
