#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <httplib.h>

#include <nanotel/exporters/http.hpp>

namespace nanotel_test {

/// An environment in which nothing is set but what is given.
inline nanotel::environment variables(std::vector<std::pair<std::string, std::string>> set = {}) {
    return {[set = std::move(set)](const std::string& name) -> std::optional<std::string> {
        for (const auto& [key, value] : set)
            if (key == name) return value;
        return std::nullopt;
    }};
}

inline std::chrono::steady_clock::time_point in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}

/// A time that is only reached when something hangs.
constexpr std::chrono::seconds patience{20};

inline nanotel::export_result send(nanotel::exporter& exporter, std::string_view body,
                                   std::uint64_t items = 1, nanotel::signal kind = nanotel::signal::traces) {
    return exporter.send({kind, body, items}, in(patience));
}

inline std::shared_ptr<nanotel::exporter> exporter_to(const std::string& endpoint) {
    return nanotel::otlp_http({.endpoint = endpoint}, variables());
}

/// A real HTTP server on a free port of 127.0.0.1 that answers every POST as it is told.
class http_peer {
public:
    using handler = std::function<void(const httplib::Request&, httplib::Response&)>;

    explicit http_peer(handler answer) : answer_(std::move(answer)) {
        server_.set_tcp_nodelay(true);
        server_.set_keep_alive_max_count(1000);
        server_.set_read_timeout(60);
        server_.Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
            const std::lock_guard guard(mutex_);
            requests_.push_back(request);
            answer_(request, response);
        });
        port_ = server_.bind_to_any_port("127.0.0.1");
        if (port_ <= 0) throw std::runtime_error("no free port on 127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
        while (!server_.is_running()) std::this_thread::yield();
#ifdef __SANITIZE_THREAD__
        // Debian's cpp-httplib is not instrumented: ThreadSanitizer misses the guards of its function-local
        // statics and would call their first use by two threads a race. It does see what a request orders.
        static const bool statics_are_made = bool(httplib::Client("127.0.0.1", port_).Get("/"));
        if (!statics_are_made) throw std::runtime_error("the peer does not answer");
#endif
    }
    http_peer()
        : http_peer([](const auto&, auto& response) { response.set_content("{}", "application/json"); }) {}
    http_peer(const http_peer&) = delete;
    http_peer& operator=(const http_peer&) = delete;
    ~http_peer() {
        server_.stop();
        thread_.join();
    }

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::vector<httplib::Request> requests() const {
        const std::lock_guard guard(mutex_);
        return requests_;
    }

private:
    handler answer_;
    httplib::Server server_;
    int port_ = 0;
    std::thread thread_;
    mutable std::mutex mutex_;
    std::vector<httplib::Request> requests_;
};

/// One accepted connection of a raw_peer.
class raw_connection {
public:
    explicit raw_connection(int descriptor, const std::atomic<bool>& stop)
        : descriptor_(descriptor), stop_(stop) {}
    raw_connection(const raw_connection&) = delete;
    raw_connection& operator=(const raw_connection&) = delete;
    ~raw_connection() { close(); }

    /// Reads until the text is there, the other side has closed or the test is over; returns all that was
    /// read.
    std::string read_until(std::string_view end) {
        while (received_.find(end) == received_.npos && read_some()) {
        }
        return received_;
    }

    /// Reads a whole request with Content-Length.
    std::string read_request() {
        read_until("\r\n\r\n");
        const auto head = received_.find("\r\n\r\n");
        const auto length = received_.find("Content-Length: ");
        if (head == received_.npos || length == received_.npos) return received_;
        const std::size_t wanted = head + 4 + std::stoul(received_.substr(length + 16));
        while (received_.size() < wanted && read_some()) {
        }
        return std::exchange(received_, {});
    }

    /// False when the other side has gone.
    bool write(std::string_view text) {
        while (!text.empty()) {
            const auto written = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (written >= 0) {
                text.remove_prefix(static_cast<std::size_t>(written));
            } else {
                if (errno != EAGAIN) return false;
                pollfd waiting{descriptor_, POLLOUT, 0};
                if (stop_) return false;
                ::poll(&waiting, 1, 10);
            }
        }
        return true;
    }

    /// Stays silent until the other side closes or the test is over.
    void wait_for_close() {
        while (read_some()) received_.clear();
    }

    /// Closes with a reset instead of an end.
    void reset() {
        const linger at_once{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close();
    }

    void close() {
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = -1;
    }

    [[nodiscard]] bool over() const { return stop_; }
    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    bool read_some() {
        char bytes[65536];
        for (;;) {
            pollfd waiting{descriptor_, POLLIN, 0};
            if (::poll(&waiting, 1, 10) > 0) break;
            if (stop_) return false;
        }
        const auto size = ::recv(descriptor_, bytes, sizeof bytes, 0);
        if (size <= 0) return false;
        received_.append(bytes, static_cast<std::size_t>(size));
        return true;
    }

    int descriptor_;
    const std::atomic<bool>& stop_;
    std::string received_;
};

/// A peer that does on each connection exactly what the test says, for faults that no server library makes.
class raw_peer {
public:
    using script = std::function<void(raw_connection&)>;

    explicit raw_peer(script play) : play_(std::move(play)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        listen(reinterpret_cast<const sockaddr*>(&address), size);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }
    /// On a unix socket.
    raw_peer(script play, const sockaddr_un& address, std::size_t size) : play_(std::move(play)) {
        listen(reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size));
    }
    raw_peer(const raw_peer&) = delete;
    raw_peer& operator=(const raw_peer&) = delete;
    ~raw_peer() {
        stop_ = true;
        thread_.join();
        ::close(listener_);
    }

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] int connections() const { return connections_; }

private:
    void listen(const sockaddr* address, socklen_t size) {
        listener_ = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::bind(listener_, address, size) != 0 || ::listen(listener_, 16) != 0)
            throw std::runtime_error("no place to listen at");
        thread_ = std::thread([this] { run(); });
    }

    void run() {
        while (!stop_) {
            pollfd waiting{listener_, POLLIN, 0};
            if (::poll(&waiting, 1, 10) <= 0) continue;
            const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (accepted < 0) continue;
            ++connections_;
            raw_connection connection(accepted, stop_);
            play_(connection);
        }
    }

    script play_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> stop_{false};
    std::atomic<int> connections_{0};
    std::thread thread_;
};

/// A port of 127.0.0.1 on which nobody listens: bound, so that nobody else is given it.
class closed_port {
public:
    closed_port() {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("no free port on 127.0.0.1");
        port_ = ntohs(address.sin_port);
    }
    closed_port(const closed_port&) = delete;
    closed_port& operator=(const closed_port&) = delete;
    ~closed_port() { ::close(socket_); }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
    int socket_ = -1;
    int port_ = 0;
};

inline std::string answer(std::string_view status, std::string_view body, std::string_view headers = "") {
    return "HTTP/1.1 " + std::string(status) +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(headers) + "\r\n" + std::string(body);
}

} // namespace nanotel_test
