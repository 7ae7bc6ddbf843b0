// SPDX-License-Identifier: MIT
// What tests need to run a real program: a process, its folder, free ports, a configuration made from a form.
#pragma once

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib> // mkdtemp
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nanotel_test {

inline std::string read_file(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// A folder that goes, with all that is in it, when this does.
class temporary_folder {
public:
    temporary_folder() {
        char pattern[] = "/tmp/nanotel-test-XXXXXX";
        if (!::mkdtemp(pattern)) throw std::runtime_error("no temporary folder");
        path_ = pattern;
    }
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    std::string operator/(std::string_view name) const { return path_ + '/' + std::string(name); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// Ports of loopback that were free a moment ago, all different: for programs that tell nobody which port the
/// kernel gave them. Another process can take one before the program does, so a start that fails is tried
/// again.
template <std::size_t count>
std::array<int, count> free_ports() {
    std::array<int, count> sockets{};
    std::array<int, count> ports{};
    for (std::size_t i = 0; i < count; ++i) {
        sockets[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(sockets[i], generic, size) != 0 || ::getsockname(sockets[i], generic, &size) != 0)
            throw std::runtime_error("no free port");
        ports[i] = ntohs(address.sin_port);
    }
    for (const int socket : sockets) ::close(socket);
    return ports;
}

/// Names and what stands in their place, such as {"@PORT@", "4318"}.
using form_fields = std::vector<std::pair<std::string, std::string>>;

inline std::string fill_in(std::string form, const form_fields& fields) {
    for (const auto& [name, value] : fields)
        for (auto at = form.find(name); at != std::string::npos; at = form.find(name, at + value.size()))
            form.replace(at, name.size(), value);
    return form;
}

/// A program that runs until end(), or until this object or the thread that started it is gone.
class child_process {
public:
    child_process() = default;
    ~child_process() { end(SIGKILL); }
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    /// Starts the program ARGUMENTS[0]. It reads the file INPUT, and all that it says goes to the file LOG.
    void start(const std::vector<std::string>& arguments, const std::string& log,
               const std::string& input = "/dev/null") {
        end(SIGKILL);
        // Before it runs: whoever waits for its words must not read those of the one before it.
        static_cast<void>(::truncate(log.c_str(), 0));
        std::vector<char*> pointers;
        for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
        pointers.push_back(nullptr);
        child_ = ::fork();
        if (child_ < 0) throw std::runtime_error("no process for " + arguments[0]);
        if (child_ == 0) {
            // A test that is killed for taking too long must leave nothing behind.
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::dup2(::open(input.c_str(), O_RDONLY | O_CLOEXEC), STDIN_FILENO);
            const int out = ::open(log.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
            ::dup2(out, STDOUT_FILENO);
            ::dup2(out, STDERR_FILENO);
            ::execv(pointers[0], pointers.data());
            ::_exit(127);
        }
    }

    bool running() {
        if (child_ > 0 && ::waitpid(child_, nullptr, WNOHANG) != 0) child_ = 0;
        return child_ > 0;
    }

    /// Waits until it ends by itself; its exit code, or -1 when a signal ended it.
    int wait() {
        int status = 0;
        pid_t ended;
        do ended = ::waitpid(child_, &status, 0);
        while (ended < 0 && errno == EINTR);
        child_ = 0;
        return ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    /// Sends it SIGNAL and waits; as wait(), and -1 when it does not run.
    int end(int signal) {
        if (child_ <= 0) return -1;
        ::kill(child_, signal);
        return wait();
    }

    /// Asks READY again and again until it says yes; false when the program has ended or a minute has passed.
    template <typename Ready>
    bool wait_until(Ready ready) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (running() && std::chrono::steady_clock::now() < deadline) {
            if (ready()) return true;
            ::usleep(20'000); // between two questions, not instead of them
        }
        return false;
    }

private:
    pid_t child_ = 0;
};

} // namespace nanotel_test
