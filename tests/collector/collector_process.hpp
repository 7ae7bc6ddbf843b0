#pragma once

#include "support/skip.hpp"

#include <nanotel/otlp/decode.hpp>

#include <httplib.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nanotel_test {

/// The real OpenTelemetry Collector, configured as in production, on free ports of loopback, from here to
/// stop().
class collector_process {
public:
    explicit collector_process(const std::string& binary) {
        char pattern[] = "/tmp/nanotel-collector-XXXXXX";
        if (!::mkdtemp(pattern)) throw std::runtime_error("no folder for the Collector's output");
        folder_ = pattern;
        // The Collector tells nobody which port the kernel gave it. All three are held until all are known;
        // another process could take one in the moment before the Collector does, and then it is tried again.
        for (int attempt = 0; attempt < 5; ++attempt) {
            choose_ports();
            start(binary);
            if (wait_until_healthy()) return;
            stop();
        }
        throw std::runtime_error("the Collector does not start; it says:\n" + log());
    }
    ~collector_process() {
        stop();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    collector_process(const collector_process&) = delete;
    collector_process& operator=(const collector_process&) = delete;

    std::string http_endpoint() const { return "http://127.0.0.1:" + std::to_string(ports_[1]); }
    std::string grpc_endpoint() const { return "http://127.0.0.1:" + std::to_string(ports_[2]); }

    /// Asks it to end, which makes it write out the batch that it still holds, and waits.
    void stop() {
        if (child_ <= 0) return;
        ::kill(child_, SIGTERM);
        ::waitpid(child_, nullptr, 0);
        child_ = 0;
    }

    /// All spans of its file exporter's output; the Collector must have been stopped.
    std::vector<nanotel::finished_span> spans() const {
        std::vector<nanotel::finished_span> all;
        std::ifstream lines(folder_ + "/traces.jsonl");
        for (std::string line; std::getline(lines, line);) {
            auto decoded = nanotel::decode_traces(line);
            if (!decoded) throw std::runtime_error("the Collector's output cannot be read: " + decoded.error);
            for (auto& span : decoded.spans) all.push_back(std::move(span));
        }
        return all;
    }

    std::string log() const {
        std::ifstream file(folder_ + "/log");
        std::stringstream text;
        text << file.rdbuf();
        return text.str();
    }

private:
    void choose_ports() {
        int sockets[3];
        for (int i = 0; i < 3; ++i) {
            sockets[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            socklen_t size = sizeof address;
            auto* const generic = reinterpret_cast<sockaddr*>(&address);
            if (::bind(sockets[i], generic, size) != 0 || ::getsockname(sockets[i], generic, &size) != 0)
                throw std::runtime_error("no free port");
            ports_[i] = ntohs(address.sin_port);
        }
        for (const int socket : sockets) ::close(socket);
        std::ifstream form(NANOTEL_TEST_SOURCE_ROOT "/tests/collector/config.yaml.in");
        std::stringstream text;
        text << form.rdbuf();
        std::string config = text.str();
        const auto fill = [&](const std::string& name, const std::string& value) {
            for (auto at = config.find(name); at != std::string::npos; at = config.find(name))
                config.replace(at, name.size(), value);
        };
        fill("@HEALTH_PORT@", std::to_string(ports_[0]));
        fill("@HTTP_PORT@", std::to_string(ports_[1]));
        fill("@GRPC_PORT@", std::to_string(ports_[2]));
        fill("@OUTPUT@", folder_);
        std::ofstream(folder_ + "/config.yaml") << config;
    }

    void start(const std::string& binary) {
        const std::string config = folder_ + "/config.yaml";
        const std::string output = folder_ + "/log";
        child_ = ::fork();
        if (child_ < 0) throw std::runtime_error("no process for the Collector");
        if (child_ == 0) {
            const int log = ::open(output.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
            ::dup2(log, STDOUT_FILENO);
            ::dup2(log, STDERR_FILENO);
            ::execl(binary.c_str(), binary.c_str(), "--config", config.c_str(), nullptr);
            ::_exit(127);
        }
    }

    // The extension answers when the Collector is ready, or the process ends.
    bool wait_until_healthy() const {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (std::chrono::steady_clock::now() < deadline) {
            if (::waitpid(child_, nullptr, WNOHANG) != 0) return false;
            httplib::Client health("127.0.0.1", ports_[0]);
            if (const auto answer = health.Get("/"); answer && answer->status == 200) return true;
            ::usleep(20'000); // between two questions, not instead of them
        }
        return false;
    }

    std::string folder_;
    int ports_[3]{};
    pid_t child_ = 0;
};

} // namespace nanotel_test
