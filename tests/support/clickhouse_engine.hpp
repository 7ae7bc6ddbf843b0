// SPDX-License-Identifier: MIT
// A real ClickHouse: its engine in a process of its own, behind ClickHouse's HTTP interface
// (tests/clickhouse/engine).
#pragma once

#include "support/child_process.hpp"
#include "support/paths.hpp"
#include "support/skip.hpp"

#include <httplib.h>

#include <algorithm> // min
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nanotel_test {

/// The path of the python3 that can import chDB, or an empty text after skip().
inline std::string real_chdb() {
    const char* path = std::getenv("NANOTEL_CHDB");
    if (path == nullptr || *path == '\0') {
        skip("NANOTEL_CHDB does not name a python3 with chDB; tests/clickhouse/install says where it is");
        return {};
    }
    return path;
}

struct clickhouse_engine_options {
    std::string user = "default";
    std::string password{};
    std::string timezone = "UTC";
    std::string certificate_file{}; // TLS, when it is given with
    std::string key_file{};
};

/// ClickHouse on a port of loopback, from here to the end of this object, with databases that outlast stop().
/// It starts in seconds rather than moments, so a test case asks much of one.
class clickhouse_engine {
public:
    using options = clickhouse_engine_options;

    explicit clickhouse_engine(std::string python, options with = {})
        : python_(std::move(python)), options_(std::move(with)) {
        start();
    }
    ~clickhouse_engine() { stop(); }

    /// Starts it again on the same port, with what it had.
    void start() {
        // It ends when its input does: a pipe that nobody writes to, and that this process holds open.
        const std::string input = folder_ / "input";
        if (::mkfifo(input.c_str(), 0600) != 0 && errno != EEXIST)
            throw std::runtime_error("no pipe " + input);
        input_ = ::open(input.c_str(), O_RDWR | O_CLOEXEC);
        std::vector<std::string> arguments{python_,      source_root() + "/tests/clickhouse/engine",
                                           "--data",     folder_ / "data",
                                           "--port",     std::to_string(port_),
                                           "--user",     options_.user,
                                           "--password", options_.password,
                                           "--timezone", options_.timezone};
        if (!options_.certificate_file.empty())
            arguments.insert(arguments.end(),
                             {"--certificate", options_.certificate_file, "--key", options_.key_file});
        process_.start(arguments, folder_ / "log", input);
        constexpr std::string_view before = "listening on port ";
        const bool ready = process_.wait_until([&] {
            const std::string said = log();
            const auto at = said.find(before);
            if (at == said.npos || said.find('\n', at) == said.npos) return false;
            port_ = std::atoi(said.c_str() + at + before.size());
            return true;
        });
        if (!ready) throw std::runtime_error("ClickHouse's engine does not start; it says:\n" + log());
    }

    /// Lets it write down what it has, and waits until it has ended.
    void stop() {
        if (input_ < 0) return;
        ::close(std::exchange(input_, -1));
        process_.wait();
    }

    /// Ends it as a loss of power would.
    void kill() {
        process_.end(SIGKILL);
        ::close(std::exchange(input_, -1));
    }

    int port() const { return port_; }
    std::string endpoint() const {
        return (options_.certificate_file.empty() ? "http://127.0.0.1:" : "https://localhost:") +
               std::to_string(port_);
    }
    std::string log() const { return read_file(folder_ / "log"); }

    /// The lines of the answer to SQL, with tabs between columns unless it says FORMAT. Throws with what
    /// ClickHouse says when it refuses it.
    std::vector<std::string> query(const std::string& sql) const {
        const std::string body = ask(sql);
        std::vector<std::string> lines;
        for (std::size_t begin = 0; begin < body.size();) {
            const auto end = std::min(body.find('\n', begin), body.size());
            lines.push_back(body.substr(begin, end - begin));
            begin = end + 1;
        }
        return lines;
    }

    /// The one value that SQL has, as text.
    std::string value(const std::string& sql) const {
        auto lines = query(sql);
        if (lines.size() != 1)
            throw std::runtime_error("'" + sql + "' has " + std::to_string(lines.size()) + " lines, not one");
        return std::move(lines[0]);
    }

    /// The answer to SQL as it came.
    std::string ask(const std::string& sql) const {
        httplib::Client client(endpoint());
        client.set_read_timeout(120);
        client.set_tcp_nodelay(true);
#ifdef CPPHTTPLIB_OPENSSL_SUPPORT
        client.enable_server_certificate_verification(false);
#endif
        const httplib::Headers headers{{"X-ClickHouse-User", options_.user},
                                       {"X-ClickHouse-Key", options_.password}};
        const auto answer = client.Post("/", headers, sql, "text/plain");
        if (!answer) throw std::runtime_error("ClickHouse does not answer; it says:\n" + log());
        if (answer->status != 200)
            throw std::runtime_error("ClickHouse refuses '" + sql + "': " + answer->body);
        return answer->body;
    }

private:
    const std::string python_;
    const options options_;
    const temporary_folder folder_;
    int port_ = 0;
    int input_ = -1;
    child_process process_; // ends before its folder goes
};

} // namespace nanotel_test
