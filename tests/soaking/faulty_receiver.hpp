// SPDX-License-Identifier: MIT
// A receiver behind a proxy that does wrong at random, in a process of its own, so that its memory is not
// counted.
#pragma once

#include "support/fault_proxy.hpp"

#include <httplib.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace soaking {

/// What both processes see.
struct seen_by_receiver {
    std::atomic<std::uint64_t> spans{
        0}; // of requests that it answered with 200, whether that was heard or not
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> faults{0};
    std::atomic<bool> healthy{false}; // asked for
    std::atomic<bool> is_healthy{false};
    std::atomic<int> port{0};
};

inline std::uint64_t count(std::string_view body, std::string_view what) {
    std::uint64_t found = 0;
    for (auto at = body.find(what); at != body.npos; at = body.find(what, at + what.size())) ++found;
    return found;
}

class faulty_receiver {
public:
    /// Before there are threads.
    explicit faulty_receiver(std::uint64_t seed) {
        void* const shared = ::mmap(nullptr, sizeof(seen_by_receiver), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared == MAP_FAILED) throw std::runtime_error("no memory to share with the receiver");
        seen_ = new (shared) seen_by_receiver;
        child_ = ::fork();
        if (child_ < 0) throw std::runtime_error("no process for the receiver");
        if (child_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            run(*seen_, seed);
        }
        while (seen_->port == 0) ::usleep(1'000);
    }
    faulty_receiver(const faulty_receiver&) = delete;
    faulty_receiver& operator=(const faulty_receiver&) = delete;
    ~faulty_receiver() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
        ::munmap(seen_, sizeof(seen_by_receiver));
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(seen_->port.load()); }
    const seen_by_receiver& seen() const { return *seen_; }

    /// Ends all faults, and returns when no more come.
    void heal() {
        seen_->healthy = true;
        while (!seen_->is_healthy) ::usleep(1'000);
    }
    void harm() { seen_->healthy = seen_->is_healthy = false; }

private:
    using fault = nanotel_test::fault;

    static fault random_fault(std::minstd_rand& random) {
        using nanotel_test::http_text;
        switch (random() % 12) {
        case 0:
            return {.how = fault::way::reset_at_head};
        case 1:
            return {.how = fault::way::reset_in_body};
        case 2:
            return {.how = fault::way::reset};
        case 3:
            return {.how = fault::way::reset, .forwarded = true};
        case 4:
            return {.how = fault::way::deaf};
        case 5:
            return {.how = fault::way::silent};
        case 6:
            return {.how = fault::way::drip, .text = http_text("200 OK", "{}")};
        case 7:
            return {.how = fault::way::half_close};
        case 8:
            return {.how = fault::way::answer,
                    .text = http_text("429 Too Many Requests", "", "Retry-After: 1\r\n")};
        case 9:
            return {.how = fault::way::answer, .text = http_text("503 Service Unavailable", "later")};
        case 10:
            return {.how = fault::way::answer, .text = http_text("400 Bad Request", R"({"message":"no"})")};
        default:
            return {.how = fault::way::answer, .text = "HTTP/1.1 200 OK\r\nContent-Le", .hang_up = true};
        }
    }

    [[noreturn]] static void run(seen_by_receiver& seen, std::uint64_t seed) {
        httplib::Server server;
        server.set_payload_max_length(std::size_t{64} << 20);
        server.set_keep_alive_max_count(1'000'000);
        server.Post(".*", [&](const httplib::Request& request, httplib::Response& response) {
            seen.spans += count(request.body, "\"spanId\":\"");
            ++seen.requests;
            response.set_content("{}", "application/json");
        });
        const int port = server.bind_to_any_port("127.0.0.1");
        std::thread thread([&] { server.listen_after_bind(); });
        nanotel_test::fault_proxy proxy(port);
        seen.port = proxy.port();
        std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed));
        using clock = std::chrono::steady_clock;
        auto change = clock::now();
        bool refusing = false;
        for (;;) {
            ::usleep(20'000);
            proxy.forget();
            if (seen.healthy) {
                if (seen.is_healthy) continue;
                if (refusing) proxy.accept_again();
                refusing = false;
                proxy.heal();
                seen.is_healthy = true;
                change = clock::now();
                continue;
            }
            if (clock::now() < change) continue;
            change = clock::now() + std::chrono::milliseconds(200 + random() % 2'000);
            if (refusing) proxy.accept_again();
            refusing = false;
            switch (random() % 4) {
            case 0: // an outage
                proxy.refuse();
                refusing = true;
                ++seen.faults;
                break;
            case 1: // one kind of fault for every request
                proxy.set(random_fault(random));
                ++seen.faults;
                break;
            default:
                proxy.heal();
                if (random() % 3 == 0) proxy.cut();
            }
        }
    }

    seen_by_receiver* seen_ = nullptr;
    pid_t child_ = -1;
};

} // namespace soaking
