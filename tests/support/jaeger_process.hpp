// SPDX-License-Identifier: MIT
#pragma once

#include "support/child_process.hpp"
#include "support/skip.hpp"

#include <httplib.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace nanotel_test {

/// The path of the real Jaeger, or an empty text after skip().
inline std::string real_jaeger() {
    const char* path = std::getenv("NANOTEL_JAEGER");
    if (path == nullptr || *path == '\0') {
        skip("NANOTEL_JAEGER does not name Jaeger; tests/jaeger/build builds it");
        return {};
    }
    return path;
}

/// The real Jaeger with its storage in memory, on free ports of loopback, from here to the end of this
/// object.
class jaeger_process {
public:
    explicit jaeger_process(const std::string& binary) {
        for (int attempt = 0; attempt < 5; ++attempt) {
            ports_ = free_ports<6>();
            const auto at = [this](std::size_t i) { return "127.0.0.1:" + std::to_string(ports_[i]); };
            process_.start(
                {binary, "--query.http-server.host-port=" + at(0), "--collector.otlp.http.host-port=" + at(1),
                 "--query.grpc-server.host-port=" + at(2), "--collector.otlp.grpc.host-port=" + at(3),
                 "--collector.http-server.host-port=" + at(4), "--collector.grpc-server.host-port=" + at(5)},
                folder_ / "log");
            const bool ready = process_.wait_until([this] {
                httplib::Client client("127.0.0.1", ports_[0]);
                const auto answer = client.Get("/api/services");
                return answer && answer->status == 200;
            });
            if (ready) return;
            process_.end(SIGKILL);
        }
        throw std::runtime_error("Jaeger does not start; it says:\n" + log());
    }

    std::string otlp_endpoint() const { return "http://127.0.0.1:" + std::to_string(ports_[1]); }
    std::string log() const { return read_file(folder_ / "log"); }

    /// What its query service answers to a path such as "/api/traces?service=shop". Throws where it refuses.
    std::string ask(const std::string& path) const {
        httplib::Client client("127.0.0.1", ports_[0]);
        const auto answer = client.Get(path.c_str());
        if (!answer) throw std::runtime_error("Jaeger does not answer; it says:\n" + log());
        if (answer->status != 200) throw std::runtime_error("Jaeger refuses " + path + ": " + answer->body);
        return answer->body;
    }

private:
    const temporary_folder folder_;
    std::array<int, 6> ports_{};
    child_process process_; // ends before its folder goes
};

} // namespace nanotel_test
