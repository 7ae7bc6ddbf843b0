// SPDX-License-Identifier: MIT
// Runs a cpp-httplib server as a process should: any free port, told in a file, and an orderly end on
// SIGTERM.
#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h> // getpid

namespace support {

/// SIGTERM and SIGINT, blocked in the calling thread and in those that it starts later: call it first in
/// main().
class ending_signals {
public:
    ending_signals() {
        sigemptyset(&set_);
        sigaddset(&set_, SIGTERM);
        sigaddset(&set_, SIGINT);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
        std::signal(SIGPIPE,
                    SIG_IGN); // a peer that has gone is an error of a write, not the end of the process
    }

    void wait() const {
        int signal = 0;
        sigwait(&set_, &signal);
    }

private:
    sigset_t set_{};
};

namespace detail {

/// Writes aside and renames, so that who sees the file sees the whole port.
inline void write_port(const std::string& path, int port) {
    const std::string aside = path + ".new";
    std::ofstream(aside) << port << '\n';
    std::filesystem::rename(aside, path);
}

/// Ends the reading side of every connection to `port`. Without this, an idle connection that is kept alive
/// holds up the end of cpp-httplib 0.11's server until its timeout; requests that were read are still
/// answered.
inline void stop_reading(int port) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        const int fd = std::stoi(entry.path().filename().string());
        sockaddr_in address{};
        socklen_t size = sizeof(address);
        if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
        if (address.sin_family != AF_INET || ntohs(address.sin_port) != port) continue;
        shutdown(fd, SHUT_RD);
    }
}

} // namespace detail

/// Binds to 127.0.0.1. Returns the port, or 0 when it cannot be had.
[[nodiscard]] inline int bind_loopback(httplib::Server& server, int port) {
    if (port != 0) return server.bind_to_port("127.0.0.1", port) ? port : 0;
    const int any = server.bind_to_any_port("127.0.0.1");
    return any > 0 ? any : 0;
}

/// Serves on the bound `port` until one of the signals comes. Connections are taken from before the port file
/// is written, because the socket listens already.
inline void serve_until(const ending_signals& signals, httplib::Server& server, int port,
                        const std::string& port_file) {
    if (!port_file.empty()) detail::write_port(port_file, port);
    std::atomic<bool> ended = false;
    std::thread waiter([&] {
        signals.wait();
        // stop() does nothing before the server runs, so one call is not enough for a signal that comes
        // early.
        for (int round = 0; !ended.load(); ++round) {
            server.stop();
            if (round >= 40) detail::stop_reading(port); // until then, requests on their way may arrive
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    });
    server.listen_after_bind();
    ended = true;
    kill(getpid(), SIGTERM); // wakes the waiter in case the server ended by itself; blocked everywhere else
    waiter.join();
}

} // namespace support
