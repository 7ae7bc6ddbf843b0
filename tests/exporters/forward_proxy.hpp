#pragma once

#include "loopback.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace nanotel_test {

/// A real HTTP proxy on a free port of 127.0.0.1: tunnels for CONNECT, requests in absolute form, one
/// connection after another. Whatever host it is asked for, it connects to a port of 127.0.0.1 that the test
/// has said.
class forward_proxy {
public:
    /// What it says no with, whole; empty: it does as it is asked.
    using verdict = std::function<std::string(const std::string& head)>;

    explicit forward_proxy(
        int target_port, verdict judge = [](const std::string&) { return ""; })
        : target_port_(target_port), judge_(std::move(judge)),
          peer_([this](raw_connection& client) { serve(client); }) {}

    [[nodiscard]] std::string host_and_port() const { return "127.0.0.1:" + std::to_string(peer_.port()); }
    [[nodiscard]] std::string url(const std::string& user_information = "") const {
        return "http://" + (user_information.empty() ? "" : user_information + "@") + host_and_port();
    }
    /// The heads of what it was asked, of tunnels and of requests.
    [[nodiscard]] std::vector<std::string> heads() const {
        const std::lock_guard guard(mutex_);
        return heads_;
    }

private:
    void serve(raw_connection& client) {
        for (;;) {
            const std::string received = client.read_until("\r\n\r\n");
            const auto end = received.find("\r\n\r\n");
            if (end == received.npos) return;
            const std::string head = received.substr(0, end + 4);
            {
                const std::lock_guard guard(mutex_);
                heads_.push_back(head);
            }
            if (const std::string no = judge_(head); !no.empty()) {
                if (!head.starts_with("CONNECT ")) client.read_request();
                client.write(no);
                return;
            }
            const int server = connect();
            if (server < 0) return;
            if (head.starts_with("CONNECT ")) {
                client.write("HTTP/1.1 200 Connection established\r\n\r\n");
                relay(client, server, received.substr(end + 4), true);
                ::close(server);
                return;
            }
            // From the absolute form to that of a server: POST http://host:port/path HTTP/1.1
            std::string request = client.read_request();
            const auto scheme = request.find("http://");
            request.erase(scheme, request.find('/', scheme + 7) - scheme);
            relay(client, server, request, false);
            ::close(server);
        }
    }

    int connect() const {
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(target_port_));
        if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
            return server;
        ::close(server);
        return -1;
    }

    static bool write_all(int to, std::string_view bytes) {
        while (!bytes.empty()) {
            const auto put = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (put <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(put));
        }
        return true;
    }

    /// Both ways until one side closes, or, of a request, until an answer with Content-Length is whole.
    void relay(raw_connection& client, int server, const std::string& first, bool tunnel) const {
        if (!write_all(server, first)) return;
        std::string answer;
        while (!client.over()) {
            pollfd both[2]{{tunnel ? client.descriptor() : -1, POLLIN, 0}, {server, POLLIN, 0}};
            if (::poll(both, 2, 10) <= 0) continue;
            char bytes[65536];
            for (const pollfd& one : both) {
                if (one.revents == 0) continue;
                const auto size = ::recv(one.fd, bytes, sizeof bytes, 0);
                if (size <= 0) return;
                const std::string_view got(bytes, static_cast<std::size_t>(size));
                if (one.fd == server ? !client.write(got) : !write_all(server, got)) return;
                if (!tunnel) answer += got;
            }
            const auto end = answer.find("\r\n\r\n");
            const auto length = answer.find("Content-Length: ");
            if (!tunnel && end != answer.npos && length != answer.npos &&
                answer.size() >= end + 4 + std::stoul(answer.substr(length + 16)))
                return;
        }
    }

    int target_port_;
    verdict judge_;
    mutable std::mutex mutex_;
    std::vector<std::string> heads_;
    raw_peer peer_; // its thread ends first
};

} // namespace nanotel_test
