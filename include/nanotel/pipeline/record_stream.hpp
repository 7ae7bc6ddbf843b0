// SPDX-License-Identifier: MIT
// Records on their way to the destinations that take the same of them: encoded once, handed to each.
#pragma once

#include <nanotel/core/clock.hpp>
#include <nanotel/pipeline/chosen_encoder.hpp>
#include <nanotel/pipeline/fan_out.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

struct batch_options {
    std::size_t bytes = std::size_t{4} << 20;
    std::uint64_t items = 0;              // 0: no limit
    std::chrono::milliseconds timeout{0}; // of one attempt; 0: as the sender's options say
};

// The collector thread's, but for the counts, which anybody may read.
template <class Encoder>
class record_stream {
public:
    using clock = std::chrono::steady_clock;

    // Bodies are of the format of `other`, OTLP JSON where it is null.
    template <class... How>
    record_stream(signal kind, const batch_options& batch, std::unique_ptr<record_encoder> other,
                  const How&... how)
        : kind_(kind), batch_(batch), encoder_(std::move(other), how...) {}

    fan_out to; // filled before the first record

    // For how many destinations the record counts from here on. The body is due then if it begins with this.
    std::uint64_t encode(const std::byte* record, const clock_map& times, clock::time_point due) noexcept {
        if (!encoder_.add(record, times)) [[unlikely]] {
            lost_.add_by_owner(to.size());
            return to.size();
        }
        if (encoder_.items() == 1) due_ = due;
        encoded_.store_relaxed(encoder_.items() * to.size());
        if (encoder_.size() >= batch_.bytes || encoder_.items() == batch_.items) close();
        return to.size();
    }

    // Hands the body over, if there is one.
    void close() noexcept {
        const std::uint64_t items = encoder_.items();
        if (items == 0) return;
        byte_buffer body;
        try {
            body = encoder_.take();
        } catch (...) { // no memory
        }
        if (body.empty())
            lost_.add_by_owner(items * to.size());
        else
            to.push(std::move(body), items, kind_, batch_.timeout);
        encoded_.store_relaxed(0);
        ++closed_;
    }

    // When the body under construction is to be closed; never, where there is none.
    clock::time_point due() const noexcept { return encoder_.items() != 0 ? due_ : clock::time_point::max(); }
    bool is_due(clock::time_point now) const noexcept { return now >= due(); }

    // Once for each destination.
    std::uint64_t encoded_items() const noexcept { return encoded_.load_relaxed(); }
    std::uint64_t lost_to_memory() const noexcept { return lost_.load_relaxed(); }

protected:
    // So far. The collector thread's.
    std::uint64_t closed() const noexcept { return closed_; }

private:
    const signal kind_;
    const batch_options batch_;
    chosen_encoder<Encoder> encoder_;
    clock::time_point due_{};
    std::uint64_t closed_ = 0;

    // One writer, read by statistics: relaxed.
    atomic<std::uint64_t> encoded_;
    atomic<std::uint64_t> lost_;
};

// The streams of one signal: records go to each stream that takes them.
template <class Stream>
class stream_group {
public:
    using time_point = typename Stream::clock::time_point;

    // Before the start.
    Stream& add(std::unique_ptr<Stream> stream) {
        streams_.push_back(std::move(stream));
        return *streams_.back();
    }
    bool empty() const noexcept { return streams_.empty(); }

    void add(const std::byte* record, const clock_map& times, time_point due) noexcept {
        std::uint64_t takers = 0;
        for (const auto& stream : streams_) takers += stream->add(record, times, due);
        if (takers == 1) [[likely]]
            return;
        if (takers == 0)
            filtered_.add_by_owner(1);
        else
            counted_again_.add_by_owner(takers - 1);
    }
    // A record that could not be processed, for whatever reason.
    void lose() noexcept { unprocessed_.add_by_owner(1); }
    void close(bool all, time_point now) noexcept {
        for (const auto& stream : streams_)
            if (all || stream->is_due(now)) stream->close();
    }
    time_point due() const noexcept {
        time_point first = time_point::max();
        for (const auto& stream : streams_) first = std::min(first, stream->due());
        return first;
    }

    // Records of the bodies under construction, once for each destination; and so on.
    std::uint64_t encoded_items() const noexcept { return sum(&Stream::encoded_items); }
    std::uint64_t lost_to_memory() const noexcept {
        return sum(&Stream::lost_to_memory) + unprocessed_.load_relaxed();
    }
    // Records that no stream took, and those that count more than once, each time but the first.
    std::uint64_t filtered() const noexcept { return filtered_.load_relaxed(); }
    std::uint64_t counted_again() const noexcept { return counted_again_.load_relaxed(); }

private:
    std::uint64_t sum(std::uint64_t (Stream::*count)() const noexcept) const noexcept {
        std::uint64_t all = 0;
        for (const auto& stream : streams_) all += (*stream.*count)();
        return all;
    }

    std::vector<std::unique_ptr<Stream>> streams_;
    // One writer each, read by statistics: relaxed.
    atomic<std::uint64_t> filtered_;
    atomic<std::uint64_t> counted_again_;
    atomic<std::uint64_t> unprocessed_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
