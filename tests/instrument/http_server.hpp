// SPDX-License-Identifier: MIT
#pragma once

#include <nanotel/instrument/httplib_server.hpp>

#include <httplib.h>

#include <thread>
#include <utility>

#include <doctest/doctest.h>

namespace nanotel_test {

// A server on a port of loopback that the system has chosen, from run() until this goes.
template <class Server = nanotel::httplib_server<>>
class served {
public:
    template <class... A>
    explicit served(A&&... arguments) : server(std::forward<A>(arguments)...) {}
    ~served() {
        server.stop();
        if (thread_.joinable()) thread_.join();
    }
    served(const served&) = delete;
    served& operator=(const served&) = delete;

    void run() {
        port = server.bind_to_any_port("127.0.0.1");
        REQUIRE(port > 0);
        thread_ = std::thread([this] { server.listen_after_bind(); });
        while (!server.is_running()) std::this_thread::yield();
    }

    Server server;
    int port = 0;

private:
    std::thread thread_;
};

} // namespace nanotel_test
