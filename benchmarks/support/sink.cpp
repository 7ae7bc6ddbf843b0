// SPDX-License-Identifier: MIT
#include "sink.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {
namespace {

pid_t child = -1;
unsigned short port = 0;

void require(bool holds, const char* what) {
    if (!holds) throw std::system_error(errno, std::generic_category(), what);
}

struct connection {
    int socket;
    std::string head;        // of the request, until it is whole
    std::size_t missing = 0; // of its body
};

// False when the peer has gone.
bool serve(connection& c, std::vector<char>& buffer) {
    const ssize_t got = ::recv(c.socket, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    std::string_view rest(buffer.data(), static_cast<std::size_t>(got));
    while (!rest.empty()) {
        if (c.missing == 0) {
            c.head += rest;
            const auto end = c.head.find("\r\n\r\n");
            if (end == std::string::npos) return true;
            const auto field = c.head.find("Content-Length: ");
            if (field == std::string::npos) return false;
            c.missing = std::strtoull(c.head.c_str() + field + 16, nullptr, 10);
            rest = rest.substr(rest.size() - (c.head.size() - end - 4));
            c.head.clear();
        }
        const std::size_t taken = std::min(c.missing, rest.size());
        c.missing -= taken;
        rest.remove_prefix(taken);
        if (c.missing != 0) return true;
        constexpr std::string_view answer =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        if (::send(c.socket, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return false;
    }
    return true;
}

[[noreturn]] void run(int listener) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<char> buffer(1 << 20);
    std::vector<connection> open;
    for (;;) {
        std::vector<pollfd> ready{{listener, POLLIN, 0}};
        for (const connection& c : open) ready.push_back({c.socket, POLLIN, 0});
        if (::poll(ready.data(), ready.size(), -1) < 0) continue;
        for (std::size_t i = open.size(); i-- > 0;)
            if (ready[i + 1].revents != 0 && !serve(open[i], buffer)) {
                ::close(open[i].socket);
                open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
            }
        if (ready[0].revents != 0) {
            const int socket = ::accept(listener, nullptr, nullptr);
            const int on = 1;
            if (socket < 0) continue;
            ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            open.push_back({socket, {}, 0});
        }
    }
}

} // namespace

void start_sink() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    require(listener >= 0, "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    require(::bind(listener, generic, size) == 0 && ::listen(listener, 16) == 0 &&
                ::getsockname(listener, generic, &size) == 0,
            "the sink's socket on loopback");
    port = ntohs(address.sin_port);
    child = ::fork();
    require(child >= 0, "fork");
    if (child == 0) run(listener);
    ::close(listener);
}

void stop_sink() noexcept {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

std::string sink_endpoint() { return "http://127.0.0.1:" + std::to_string(port); }

} // namespace bench
