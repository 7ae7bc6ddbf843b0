// SPDX-License-Identifier: MIT
// A proxy that does wrong on purpose: it stands between an exporter and a real receiver, and does with each
// request what the test says.
#pragma once

#include "support/fault.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h> // strncasecmp
#include <sys/socket.h>
#include <unistd.h>

namespace nanotel_test {

/// Listens on a free port of 127.0.0.1 from construction to destruction. Thread-safe.
class fault_proxy {
public:
    /// Asked when the head of a request is there, one at a time.
    using rule = std::function<fault(const proxied_request&)>;

    explicit fault_proxy(int receiver_port) : receiver_port_(receiver_port) {
        placeholder_ = bound_to(0);
        port_ = port_of(placeholder_);
        open_listener();
        acceptor_ = std::thread([this] { accept_connections(); });
    }
    fault_proxy(const fault_proxy&) = delete;
    fault_proxy& operator=(const fault_proxy&) = delete;
    ~fault_proxy() {
        stop_ = true;
        acceptor_.join();
        for (connection& each : connections_) each.thread.join();
        if (listener_ >= 0) ::close(listener_);
        ::close(placeholder_);
    }

    int port() const { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    /// From the next request on.
    void set(rule asked) {
        const std::lock_guard lock(mutex_);
        rule_ = std::move(asked);
    }
    void set(const fault& always) {
        set([always](const proxied_request&) { return always; });
    }
    void heal() { set(fault{}); }

    /// Connections are refused when it returns, and those that were open are reset.
    void refuse() {
        listen(false);
        cut();
    }
    void accept_again() { listen(true); }

    /// Resets the connections that are open.
    void cut() {
        std::unique_lock lock(mutex_);
        const unsigned before = generation_++;
        changed_.wait(lock, [&] {
            return std::none_of(serving_.begin(), serving_.end(),
                                [&](unsigned generation) { return generation <= before; });
        });
    }

    /// Requests that the receiver has half of.
    int held() const { return held_; }

    std::vector<proxied_request> log() const {
        const std::lock_guard lock(mutex_);
        return log_;
    }
    /// What the proxy has seen so far is forgotten: for tests that run long.
    void forget() {
        const std::lock_guard lock(mutex_);
        forgotten_ += static_cast<int>(log_.size());
        log_.clear();
    }
    int requests() const {
        const std::lock_guard lock(mutex_);
        return forgotten_ + static_cast<int>(log_.size());
    }

private:
    struct connection {
        std::thread thread;
        std::atomic<bool> over{false};
    };

    // One side of a connection; not blocking, so that the end of the test ends every wait.
    struct side {
        int descriptor = -1;
        std::string received;
        side() = default;
        explicit side(int of) : descriptor(of) {}
        side(const side&) = delete;
        side& operator=(const side&) = delete;
        ~side() { close(); }
        void close() {
            if (descriptor >= 0) ::close(descriptor);
            descriptor = -1;
            received.clear();
        }
        void reset() {
            const linger at_once{1, 0};
            if (descriptor >= 0) ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            close();
        }
    };

    static sockaddr_in loopback(int port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        return address;
    }
    // SO_REUSEADDR lets a socket that does not listen hold the port while another does, or none.
    static int bound_to(int port) {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        const int on = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const sockaddr_in address = loopback(port);
        if (socket < 0 || ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("no port for the proxy");
        return socket;
    }
    static int port_of(int socket) {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
        return ntohs(address.sin_port);
    }
    void open_listener() {
        listener_ = bound_to(port_);
        if (::listen(listener_, 64) != 0) throw std::runtime_error("the proxy cannot listen");
    }

    // The listener belongs to the accepting thread; this asks it and waits until it has done so.
    void listen(bool wanted) {
        std::unique_lock lock(mutex_);
        wanted_ = wanted;
        changed_.wait(lock, [&] { return (listener_ >= 0) == wanted; });
    }

    void accept_connections() {
        while (!stop_) {
            {
                const std::lock_guard lock(mutex_);
                if (wanted_ && listener_ < 0) {
                    open_listener();
                } else if (!wanted_ && listener_ >= 0) {
                    ::close(listener_);
                    listener_ = -1;
                }
                changed_.notify_all();
            }
            connections_.remove_if([](connection& each) {
                if (!each.over) return false;
                each.thread.join();
                return true;
            });
            pollfd waiting{listener_, POLLIN, 0}; // a negative descriptor only waits
            if (::poll(&waiting, 1, 10) <= 0) continue;
            const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (accepted < 0) continue;
            connection& made = connections_.emplace_back();
            unsigned generation;
            {
                const std::lock_guard lock(mutex_);
                generation = generation_;
                serving_.push_back(generation);
            }
            made.thread = std::thread([this, &made, accepted, generation, number = ++accepted_] {
                {
                    side client(accepted);
                    serve(client, number, generation);
                }
                const std::lock_guard lock(mutex_);
                serving_.erase(std::find(serving_.begin(), serving_.end(), generation));
                changed_.notify_all();
                made.over = true;
            });
        }
    }

    void serve(side& client, int number, unsigned generation) {
        const int on = 1;
        ::setsockopt(client.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        side receiver;
        while (serve_request(client, receiver, number, generation)) {
        }
    }

    // False when the connection is over.
    bool serve_request(side& client, side& receiver, int connection_number, unsigned generation) {
        const auto lives = [&] { return !stop_ && generation_ == generation; };
        std::size_t head = 0;
        std::size_t body = 0;
        if (!read_head(client, head, body, lives)) return end(client, lives);
        const auto decided = decide(client.received, body, connection_number);
        const std::size_t index = decided.first;
        const fault& todo = decided.second;

        const auto has = [&](std::size_t bytes) { return read_until_size(client, head + bytes, lives); };
        switch (todo.how) {
        case fault::way::reset_at_head:
            client.reset();
            return false;
        case fault::way::reset_in_body:
            has(body / 2);
            client.reset();
            return false;
        case fault::way::deaf:
            wait(client, POLLRDHUP, lives);
            return end(client, lives);
        default:
            break;
        }
        if (!has(body)) return end(client, lives);
        const std::string request = client.received.substr(0, head + body);
        client.received.erase(0, head + body);
        note(index, [&](proxied_request& seen) { seen.body = request.substr(head); });

        std::string answer = todo.text;
        if (todo.how == fault::way::hold_in_forward) {
            if (connect(receiver, lives) &&
                write(receiver, std::string_view(request).substr(0, head + body / 2), lives)) {
                ++held_;
                wait(receiver, POLLIN | POLLRDHUP, lives);
                --held_;
            }
            client.reset();
            return false;
        }
        if (todo.how == fault::way::none || todo.forwarded) {
            const std::string said = forward(receiver, request, lives);
            note(index, [&](proxied_request& seen) { seen.receiver_said = status_of(said); });
            if (said.empty()) { // the receiver is not there, or went
                client.reset();
                return false;
            }
            if (todo.how == fault::way::none) answer = said;
        }
        switch (todo.how) {
        case fault::way::reset:
            client.reset();
            return false;
        case fault::way::half_close:
            ::shutdown(client.descriptor, SHUT_WR);
            discard_until_closed(client, lives);
            return end(client, lives);
        case fault::way::silent:
            discard_until_closed(client, lives);
            return end(client, lives);
        case fault::way::drip:
            for (std::size_t i = 0; i < answer.size(); ++i) {
                if (!write(client, std::string_view(answer).substr(i, 1), lives)) return end(client, lives);
                const auto next = std::chrono::steady_clock::now() + std::chrono::seconds(1);
                wait(client, POLLRDHUP, [&] { return lives() && std::chrono::steady_clock::now() < next; });
            }
            break;
        default:
            if (!write(client, answer, lives)) return end(client, lives);
            break;
        }
        const std::string blanks(std::min<std::uint64_t>(todo.filler, 1 << 16), ' ');
        for (std::uint64_t left = todo.filler; left > 0; left -= std::min<std::uint64_t>(left, blanks.size()))
            if (!write(client,
                       std::string_view(blanks).substr(0, std::min<std::uint64_t>(left, blanks.size())),
                       lives))
                return end(client, lives);
        note(index, [&](proxied_request& seen) {
            seen.client_heard = todo.hang_up ? 0 : status_of(answer);
            seen.answered = std::chrono::steady_clock::now();
        });
        return !todo.hang_up;
    }

    // A connection that cut() ended is reset, others are closed.
    template <class Lives>
    static bool end(side& client, const Lives& lives) {
        if (lives())
            client.close();
        else
            client.reset();
        return false;
    }

    std::pair<std::size_t, fault> decide(std::string_view head, std::size_t body, int connection_number) {
        const std::lock_guard lock(mutex_);
        proxied_request seen;
        seen.connection = connection_number;
        seen.number = forgotten_ + static_cast<int>(log_.size()) + 1;
        seen.came = std::chrono::steady_clock::now();
        const auto target = head.find(' ') + 1;
        seen.target = head.substr(target, head.find(' ', target) - target);
        seen.body_bytes = body;
        fault todo = rule_ ? rule_(seen) : fault{};
        seen.how = todo.how;
        log_.push_back(std::move(seen));
        return {static_cast<std::size_t>(forgotten_) + log_.size() - 1, std::move(todo)};
    }

    template <class Change>
    void note(std::size_t index, Change change) {
        const std::lock_guard lock(mutex_);
        if (index >= static_cast<std::size_t>(forgotten_))
            change(log_[index - static_cast<std::size_t>(forgotten_)]);
    }

    template <class Lives>
    bool connect(side& receiver, const Lives& lives) {
        if (receiver.descriptor >= 0) return true;
        receiver.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        const sockaddr_in address = loopback(receiver_port_);
        if (::connect(receiver.descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
            return true;
        int error = 0;
        socklen_t size = sizeof error;
        return errno == EINPROGRESS && wait(receiver, POLLOUT, lives) &&
               ::getsockopt(receiver.descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
    }

    // The receiver's whole answer, or nothing.
    template <class Lives>
    std::string forward(side& receiver, const std::string& request, const Lives& lives) {
        std::size_t head = 0;
        std::size_t body = 0;
        if (!connect(receiver, lives) || !write(receiver, request, lives) ||
            !read_head(receiver, head, body, lives) || !read_until_size(receiver, head + body, lives)) {
            receiver.close();
            return {};
        }
        std::string answer = receiver.received.substr(0, head + body);
        receiver.received.erase(0, head + body);
        return answer;
    }

    static int status_of(std::string_view answer) {
        return answer.size() < 12 ? 0 : std::atoi(std::string(answer.substr(9, 3)).c_str());
    }

    template <class Lives>
    static bool wait(const side& on, short events, const Lives& lives) {
        while (lives()) {
            pollfd waiting{on.descriptor, events, 0};
            if (::poll(&waiting, 1, 10) > 0) return true;
        }
        return false;
    }
    template <class Lives>
    static bool read_some(side& from, const Lives& lives) {
        if (!wait(from, POLLIN, lives)) return false;
        char bytes[65536];
        const ssize_t size = ::recv(from.descriptor, bytes, sizeof bytes, 0);
        if (size > 0) from.received.append(bytes, static_cast<std::size_t>(size));
        return size > 0 || (size < 0 && errno == EAGAIN);
    }
    template <class Lives>
    static bool read_until_size(side& from, std::size_t size, const Lives& lives) {
        while (from.received.size() < size)
            if (!read_some(from, lives)) return false;
        return true;
    }
    template <class Lives>
    static bool read_head(side& from, std::size_t& head, std::size_t& body, const Lives& lives) {
        std::size_t end;
        while ((end = from.received.find("\r\n\r\n")) == std::string::npos)
            if (!read_some(from, lives)) return false;
        head = end + 4;
        constexpr std::string_view field = "\r\ncontent-length:";
        for (std::size_t line = from.received.find("\r\n"); line < end;
             line = from.received.find("\r\n", line + 2))
            if (::strncasecmp(from.received.data() + line, field.data(), field.size()) == 0)
                body = std::strtoull(from.received.c_str() + line + field.size(), nullptr, 10);
        return true;
    }
    template <class Lives>
    static void discard_until_closed(side& from, const Lives& lives) {
        while (read_some(from, lives)) from.received.clear();
    }
    template <class Lives>
    static bool write(const side& to, std::string_view text, const Lives& lives) {
        while (!text.empty()) {
            const ssize_t written = ::send(to.descriptor, text.data(), text.size(), MSG_NOSIGNAL);
            if (written >= 0)
                text.remove_prefix(static_cast<std::size_t>(written));
            else if (errno != EAGAIN || !wait(to, POLLOUT, lives))
                return false;
        }
        return true;
    }

    const int receiver_port_;
    int placeholder_ = -1; // keeps the port while nobody listens
    int port_ = 0;
    int listener_ = -1;
    int accepted_ = 0;
    std::atomic<bool> stop_{false};
    std::atomic<unsigned> generation_{0};
    std::atomic<int> held_{0};
    std::list<connection> connections_; // the accepting thread's
    std::vector<unsigned> serving_;     // the generation of each connection that is open
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool wanted_ = true;
    rule rule_;
    std::vector<proxied_request> log_;
    int forgotten_ = 0;
    std::thread acceptor_;
};

} // namespace nanotel_test
