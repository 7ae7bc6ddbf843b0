// SPDX-License-Identifier: MIT
// Label sets of which not even the keys are known when compiling.
#pragma once

#include <nanotel/metrics/measuring.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// `fill(add)` calls `add(key, value)` for each label, and may be called twice; `use(label_set)` then has the
// set as long as it runs. Where it measures it takes the long way, about a microsecond.
template <class Fill, class Use>
void with_run_time_labels(Fill fill, Use use) noexcept {
    record_builder builder;
    builder.open(0);
    builder.block = nullptr;
    builder.block_capacity = 0;
    // Sets that are equal are equal bytes, also those between a text and the next word.
    __builtin_memset(builder.payload(), 0, builder.capacity());
    bool complete = false;
    for (const record_builder::position begin = builder.mark();;) {
        const unsigned block = builder.marks.pool_class;
        complete = true;
        fill([&](text key, const auto& value) noexcept {
            complete = complete && builder.add_attribute(key, stored_for_run_time_key(value));
        });
        if (builder.marks.pool_class == block) break;
        // It moved to a block that holds what was there before; now it has room.
        __builtin_memset(builder.payload(), 0, builder.size);
        builder.rewind(begin);
    }
    use(label_set{builder.payload(), builder.size, complete, false, nullptr, 0, no_slot, 0, nullptr});
    builder.release();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
