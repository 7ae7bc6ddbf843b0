// SPDX-License-Identifier: MIT
// The HTTP server of the scrape endpoint: cpp-httplib's, with what it lacks for a server inside of somebody
// else's program. Heavy to include.
#pragma once

#include <httplib.h>

#include <fcntl.h>      // F_DUPFD_CLOEXEC
#include <sys/socket.h> // shutdown
#include <unistd.h>     // close

#include <algorithm> // find
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring> // strerror
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nanotel/core/background_thread.hpp>
#include <nanotel/core/config.hpp>
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/core/file_identity.hpp>
#include <nanotel/exporters/prometheus_connection.hpp>
#include <nanotel/exporters/sigpipe_action.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

struct scrape_request {
    bool known_path = false;
    bool reads = false; // GET or HEAD
    std::string accept;
    std::string accept_encoding;
};

struct scrape_answer {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string content_encoding{};
    std::string body{};
};

using scrape_function = std::function<scrape_answer(const scrape_request&)>;

/// The connections that are open, so that the end of the server need not wait for their peers.
class scrape_connections {
public:
    explicit scrape_connections(const scrape_patience& how_long) noexcept : patience(how_long) {}

    const scrape_patience patience;

    /// False once the server ends.
    bool add(int descriptor) {
        const std::lock_guard lock(mutex_);
        if (!ending_) open_.push_back(descriptor);
        return !ending_;
    }

    /// Under the lock, so that nobody shuts down another file that was given the same number.
    void close(int descriptor) noexcept {
        const std::lock_guard lock(mutex_);
        if (const auto place = std::find(open_.begin(), open_.end(), descriptor); place != open_.end())
            open_.erase(place);
        ::close(descriptor);
        closed_.notify_all();
    }

    /// No request is read any more; an answer that is on its way gets a moment.
    void end() noexcept {
        std::unique_lock lock(mutex_);
        ending_ = true;
        for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RD);
        closed_.wait_for(lock, patience.to_end, [this] { return open_.empty(); });
        for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
    }

private:
    std::mutex mutex_;
    std::condition_variable closed_;
    std::vector<int> open_;
    bool ending_ = false;
};

/// A few threads, and a short queue before them: when it is full, new connections wait in the kernel.
class scrape_workers final : public httplib::TaskQueue {
public:
    static constexpr std::size_t count = 4;

    scrape_workers() {
        try {
            for (std::thread& thread : threads_) thread = std::thread([this] { work(); });
        } catch (...) {
            if (!threads_.front().joinable()) throw; // one will do
        }
    }
    ~scrape_workers() override { end(); }

    // It returns nothing in old versions, and in newer ones whether the task was taken.
    using enqueue_result =
        decltype(std::declval<httplib::TaskQueue&>().enqueue(std::declval<std::function<void()>>()));

    enqueue_result enqueue(std::function<void()> task) override {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return waiting_ < tasks_.size(); });
        tasks_[(first_ + waiting_++) % tasks_.size()] = std::move(task);
        work_.notify_one();
        return static_cast<enqueue_result>(true);
    }

    void shutdown() override { end(); }

private:
    void work() noexcept {
        std::unique_lock lock(mutex_);
        for (;;) {
            work_.wait(lock, [this] { return waiting_ != 0 || ending_; });
            if (waiting_ == 0) return;
            std::function<void()> task = std::move(tasks_[first_]);
            first_ = (first_ + 1) % tasks_.size();
            --waiting_;
            lock.unlock();
            room_.notify_one();
            try {
                task();
            } catch (...) { // what a connection throws is its end, no more
            }
            task = nullptr;
            lock.lock();
        }
    }

    void end() noexcept {
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
        }
        work_.notify_all();
        for (std::thread& thread : threads_)
            if (thread.joinable()) thread.join();
    }

    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable room_;
    std::array<std::function<void()>, 16> tasks_; // a ring
    std::size_t first_ = 0;
    std::size_t waiting_ = 0;
    bool ending_ = false;
    std::array<std::thread, count> threads_;
};

/// One bound socket and what answers its connections, each with one request. Needs no SIGPIPE ignored, since
/// only a scrape_connection writes.
class scrape_listener final : private sigpipe_action, public httplib::Server {
public:
    scrape_listener(std::string path, const scrape_function& answer, scrape_connections& connections)
        : path_(std::move(path)), connections_(connections) {
        give_back();
        new_task_queue = [] { return new scrape_workers; };
        // Not the library's default, SO_REUSEPORT, with which a port that is taken could be had as well.
        set_socket_options([this](socket_t socket) {
            const int yes = 1;
            ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
            file_.close_if_same(made_);
            made_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
            file_ = file_identity(made_);
        });
        // Before its routing, which takes paths for regular expressions.
        set_pre_routing_handler(
            [this, &answer](const httplib::Request& request, httplib::Response& response) {
                write(response,
                      answer({request.path == path_, request.method == "GET" || request.method == "HEAD",
                              joined(request.headers, "Accept"), joined(request.headers, moved_encodings)}));
                return HandlerResponse::Handled;
            });
        set_exception_handler([](const httplib::Request&, httplib::Response& response, auto&&...) {
            response.status = 500;
            response.body.clear();
        });
    }
    ~scrape_listener() override { file_.close_if_same(made_); }

    /// The port, 0 where it cannot be had, with errno; or with errno 0 where the host has no address.
    int bind(const std::string& host, int port) {
        errno = 0;
        if (port != 0) return bind_to_port(host, port) ? port : unbound();
        const int any = bind_to_any_port(host);
        return any > 0 ? any : unbound();
    }

    /// Any thread: ends the accepting of connections. By a descriptor of our own: the library would close its
    /// while its thread accepts on it, and the number might by then be another file's.
    void end() noexcept {
        ::shutdown(made_, SHUT_RDWR);
#if !defined(__linux__)
        stop(); // elsewhere a shutdown does not wake who accepts
#endif
    }

    /// In a forked child: lets go of the parent's socket.
    void abandon() noexcept {
        file_.close_if_same(made_);
        file_.close_if_same(static_cast<int>(svr_sock_));
    }

private:
    // What the library is not to see: it would compress by itself, with brotli where it can.
    static constexpr const char* moved_encodings = "Nanotel-Accept-Encoding";

    int unbound() const noexcept {
        if (made_ < 0) errno = 0; // not even a socket was made
        return 0;
    }

    static std::string joined(const httplib::Headers& headers, const char* name) {
        std::string all;
        const auto [begin, end] = headers.equal_range(name);
        for (auto at = begin; at != end; ++at) all += (all.empty() ? "" : ",") + at->second;
        return all;
    }

    static void write(httplib::Response& response, scrape_answer answer) {
        response.status = answer.status;
        response.body = std::move(answer.body);
        response.set_header("Content-Type", answer.content_type.c_str());
        if (!answer.content_encoding.empty())
            response.set_header("Content-Encoding", answer.content_encoding.c_str());
        if (answer.status == 405) response.set_header("Allow", "GET, HEAD");
    }

    // Of the base class, which keeps connections alive: a thread each, for as long as their peers like.
    bool process_and_close_socket(socket_t socket) override {
        const int descriptor = static_cast<int>(socket);
        bool answered = false;
        try {
            ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
            if (connections_.add(descriptor)) {
                scrape_connection connection(descriptor, connections_.patience);
                answered = process(connection);
                if (answered) connection.finish();
            }
        } catch (...) { // no memory: the scraper comes again
        }
        connections_.close(descriptor);
        return answered;
    }

    template <class Connection>
    bool process(Connection& connection) {
        bool closed = false;
        const auto prepare = [](httplib::Request& request) {
            std::string encodings = joined(request.headers, "Accept-Encoding");
            request.headers.erase("Accept-Encoding");
            request.headers.erase(moved_encodings);
            request.headers.emplace(moved_encodings, std::move(encodings));
            request.headers.erase("Expect");
            request.ranges.clear();
        };
        if constexpr (requires { this->process_request(connection, true, closed, prepare); })
            return this->process_request(connection, true, closed, prepare);
        else // newer versions want to be told the addresses
            return this->process_request(connection, std::string(), 0, std::string(), 0, true, closed,
                                         prepare);
    }

    std::string path_;
    scrape_connections& connections_;
    int made_ = -1;      // a second descriptor of the listening socket
    file_identity file_; // that both lead to
};

/// A listener and its thread, started once.
class scrape_server {
public:
    /// Several hosts: the first that can be had.
    scrape_server(std::vector<std::string> hosts, int port, std::string path, scrape_function answer,
                  const scrape_patience& patience = {})
        : hosts_(std::move(hosts)), port_(port), path_(std::move(path)), answer_(std::move(answer)),
          connections_(patience) {}

    scrape_server(const scrape_server&) = delete;
    scrape_server& operator=(const scrape_server&) = delete;

    /// The bound port; 0 where there is none, with errno or, where no host has an address, errno 0.
    [[nodiscard]] int start() {
        listener_ = bound();
        if (!listener_) return 0;
        thread_ = start_background_thread("nanotel-prom", [this] { run(); });
        return port_;
    }

    void stop() noexcept {
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
            if (listener_) listener_->end();
        }
        ended_.notify_all();
        connections_.end();
        if (thread_.joinable()) thread_.join();
    }

    /// In a forked child, where the threads are not; the object must not be destroyed afterwards. Where the
    /// parent's thread was replacing the listener, it is left as it is.
    void abandon() noexcept {
        if (mutex_.try_lock() && listener_) listener_->abandon();
    }

private:
    std::unique_ptr<scrape_listener> bound() {
        int problem = 0;
        for (const std::string& host : hosts_) {
            auto listener = std::make_unique<scrape_listener>(path_, answer_, connections_);
            if (const int port = listener->bind(host, port_)) {
                port_ = port;
                return listener;
            }
            if (problem == 0) problem = errno;
            // An address that this machine lacks is passed over, not one that somebody else has.
            if (problem == EADDRINUSE || problem == EACCES) break;
        }
        errno = problem;
        return nullptr;
    }

    // The library's server ends by itself where it cannot accept, as when the system is short of files.
    void run() noexcept {
        for (;;) {
            const std::string problem = listener_ ? listen() : "the port is taken meanwhile";
            std::unique_lock lock(mutex_);
            if (ending_) return;
            listener_.reset();
            lock.unlock();
            diagnose(diagnostic_level::warning, "prometheus:listen:" + std::to_string(port_),
                     "prometheus: no metrics can be scraped from port " + std::to_string(port_) +
                         " for a moment: " + problem + "; it is tried again every second");
            lock.lock();
            if (ended_.wait_for(lock, std::chrono::seconds{1}, [this] { return ending_; })) return;
            lock.unlock();
            std::unique_ptr<scrape_listener> next;
            try {
                next = bound();
            } catch (...) { // no memory: the next time there may be some
            }
            lock.lock();
            if (ending_) return;
            listener_ = std::move(next);
        }
    }

    std::string listen() noexcept {
        try {
            errno = 0;
            listener_->listen_after_bind();
            return errno == 0 ? "the connection was lost" : std::strerror(errno);
        } catch (const std::exception& problem) {
            listener_->stop(); // it threw before it could close
            return problem.what();
        }
    }

    const std::vector<std::string> hosts_;
    int port_;
    const std::string path_;
    const scrape_function answer_;
    scrape_connections connections_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool ending_ = false;
    std::unique_ptr<scrape_listener> listener_; // replaced by the thread alone, under the lock
    std::thread thread_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
