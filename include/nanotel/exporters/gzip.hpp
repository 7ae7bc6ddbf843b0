// SPDX-License-Identifier: MIT
// gzip for request bodies. Our own, because cpp-httplib may choose brotli, which a Collector does not read.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Bodies from this size on are worth compressing.
inline constexpr std::size_t least_gzip_size = 1024;

/// Compresses one body after another with the same state (256 KiB, taken at the first use). One thread
/// at a time.
class gzip_compressor {
public:
    gzip_compressor() = default;
    gzip_compressor(const gzip_compressor&) = delete;
    gzip_compressor& operator=(const gzip_compressor&) = delete;
    ~gzip_compressor() {
        if (ready_) ::deflateEnd(&stream_);
    }

    /// Replaces what compressed holds; its capacity is used again. False, with compressed empty, when zlib
    /// has no memory: then the body goes out as it is.
    [[nodiscard]] bool compress(std::string_view body, std::string& compressed) {
        compressed.clear();
        if (!prepare() || body.size() > std::numeric_limits<uInt>::max()) return false;
        stream_.next_in =
            reinterpret_cast<Bytef*>(const_cast<char*>(body.data())); // zlib does not write to it
        stream_.avail_in = static_cast<uInt>(body.size());
        for (int status = Z_OK; status != Z_STREAM_END;) {
            const std::size_t used = compressed.size();
            compressed.resize(used + step);
            stream_.next_out = reinterpret_cast<Bytef*>(compressed.data() + used);
            stream_.avail_out = static_cast<uInt>(step);
            status = ::deflate(&stream_, Z_FINISH);
            compressed.resize(used + step - stream_.avail_out);
            if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
                compressed.clear();
                return false;
            }
        }
        return true;
    }

private:
    static constexpr std::size_t step = 64 * 1024;
    // A body of 4 MiB of ours, spans with three to five attributes, on a busy machine: level 1 makes 115 MB/s
    // at a ratio of 9.7, level 3 120 MB/s at 10.0, level 6 44 MB/s at 11.8; where the ids weigh more, the
    // ratios come to 4.4 for level 1 and 5.2 for level 6. libdeflate makes 232 MB/s at 10.8 on its level 1
    // and 95 MB/s at 13.0 on level 6. It is not used: it would be one more library for everyone to install,
    // and what it saves is time of the sender thread alone, which waits for the network most of it.
    static constexpr int level = 1;
    static constexpr int gzip_window_bits = 15 + 16; // 16 asks zlib for a gzip header instead of its own

    bool prepare() noexcept {
        if (ready_) return ::deflateReset(&stream_) == Z_OK;
        ready_ = ::deflateInit2(&stream_, level, Z_DEFLATED, gzip_window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK;
        return ready_;
    }

    z_stream stream_{};
    bool ready_ = false;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
