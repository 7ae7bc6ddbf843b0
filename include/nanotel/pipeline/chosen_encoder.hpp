// SPDX-License-Identifier: MIT
// The encoder of a stream: that of OTLP, called directly, or another format's.
#pragma once

#include <nanotel/exporters/body_format.hpp>

#include <optional>

namespace nanotel::inline NANOTEL_ABI::detail {

// A branch that always goes the same way is all that OTLP pays for there being others.
template <class Otlp>
class chosen_encoder {
public:
    // What `how` holds is for the encoder of OTLP, which is not made where there is another.
    template <class... How>
    explicit chosen_encoder(std::unique_ptr<record_encoder> other, const How&... how)
        : other_(std::move(other)) {
        if (!other_) otlp_.emplace(how...);
    }

    bool add(const std::byte* record, const clock_map& clock) noexcept {
        return other_ ? other_->add(record, clock) : otlp_->add(record, clock);
    }
    std::uint64_t items() const noexcept { return other_ ? other_->items() : otlp_->items(); }
    std::size_t size() const noexcept { return other_ ? other_->size() : otlp_->size(); }
    byte_buffer take() { return other_ ? other_->take() : otlp_->take(); }

private:
    const std::unique_ptr<record_encoder> other_;
    std::optional<Otlp> otlp_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
