// SPDX-License-Identifier: MIT
#include <nanotel/exporters/otlp_stdout.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using nanotel::export_outcome;
using nanotel::detail::stream_output;

namespace {

// What nothing takes that works.
std::chrono::steady_clock::time_point far() { return std::chrono::steady_clock::now() + 60s; }
std::chrono::steady_clock::time_point soon() { return std::chrono::steady_clock::now() + 30ms; }

struct two_ends {
    explicit two_ends(bool sockets = false) {
        int ends[2];
        REQUIRE((sockets ? ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : ::pipe(ends)) == 0);
        reading = ends[0];
        writing = ends[1];
    }
    two_ends(const two_ends&) = delete;
    two_ends& operator=(const two_ends&) = delete;
    ~two_ends() {
        stop_reading();
        ::close(writing);
    }
    void stop_reading() {
        if (reading >= 0) ::close(reading);
        reading = -1;
    }
    std::string read(std::size_t count) const {
        std::string all(count, '\0');
        std::size_t done = 0;
        while (done < count) {
            const ssize_t part = ::read(reading, all.data() + done, count - done);
            REQUIRE(part > 0);
            done += static_cast<std::size_t>(part);
        }
        return all;
    }
    int reading;
    int writing;
};

std::string block_of(char c, std::size_t size = 400'000) { return std::string(size - 1, c) + "\n"; }

// The number of SIGPIPE that the process has had.
volatile sig_atomic_t broken_pipes = 0;

} // namespace

TEST_CASE("a pipe that is full holds nobody up beyond the deadline, and is continued where it was cut") {
    const two_ends pipe;
    stream_output output(pipe.writing, nullptr);
    const std::string block = block_of('a');
    const auto cut = output.write(block, soon());
    CHECK(cut.outcome == export_outcome::retryable);
    CHECK(cut.message.find(" of 400000 bytes in time") != std::string::npos);
    // The descriptor itself waits as it did before: it is the application's.
    CHECK((::fcntl(pipe.writing, F_GETFL) & O_NONBLOCK) == 0);
    std::string received;
    std::thread reader([&] { received = pipe.read(block.size()); });
    const auto rest = output.write(block, far());
    CHECK(rest.outcome == export_outcome::delivered);
    if (rest.outcome != export_outcome::delivered) std::abort(); // or the reader would wait for ever
    reader.join();
    CHECK(received == block);
}

TEST_CASE("when another block comes instead, the line that was cut is ended before it") {
    const two_ends pipe;
    stream_output output(pipe.writing, nullptr);
    REQUIRE(output.write(block_of('a'), soon()).outcome == export_outcome::retryable);
    // Both find no room: neither is lost, and no line is ended twice.
    REQUIRE(output.write("{}\n", soon()).outcome == export_outcome::retryable);
    std::string received;
    const int capacity = ::fcntl(pipe.writing, F_GETPIPE_SZ);
    received = pipe.read(static_cast<std::size_t>(capacity));
    CHECK(output.write("{}\n", far()).outcome == export_outcome::delivered);
    CHECK(received == std::string(received.size(), 'a'));
    CHECK(pipe.read(4) == "\n{}\n");
}

TEST_CASE("a pipe that nobody reads is said, without a signal for the application") {
    broken_pipes = 0;
    struct sigaction before{};
    struct sigaction counting{};
    counting.sa_handler = [](int) { broken_pipes = broken_pipes + 1; };
    ::sigaction(SIGPIPE, &counting, &before);
    for (const bool sockets : {false, true}) {
        CAPTURE(sockets);
        two_ends pipe(sockets);
        stream_output output(pipe.writing, nullptr);
        CHECK(output.write("first\n", far()).outcome == export_outcome::delivered);
        CHECK(pipe.read(6) == "first\n");
        pipe.stop_reading();
        const auto result = output.write("second\n", far());
        CHECK(result.outcome == export_outcome::rejected);
        CHECK(result.message.find("nobody reads it any more") != std::string::npos);
    }
    CHECK(broken_pipes == 0);
    ::sigaction(SIGPIPE, &before, nullptr);
}

TEST_CASE("what is full when a reader goes is not waited for") {
    two_ends pipe;
    stream_output output(pipe.writing, nullptr);
    REQUIRE(output.write(block_of('a'), soon()).outcome == export_outcome::retryable);
    pipe.stop_reading();
    CHECK(output.write(block_of('a'), far()).outcome == export_outcome::rejected);
}

TEST_CASE("a descriptor that is closed or cannot be written is said") {
    stream_output closed(1023, nullptr);
    CHECK(closed.write("x\n", far()).outcome == export_outcome::rejected);
    const int full = ::open("/dev/full", O_WRONLY);
    REQUIRE(full >= 0);
    stream_output disk(full, nullptr);
    const auto result = disk.write("x\n", far());
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("make room") != std::string::npos);
    ::close(full);
}

TEST_CASE("a file is written where it stands, a socket and a stream in memory like a pipe") {
    char name[] = "/tmp/nanotel-test-XXXXXX";
    const int file = ::mkstemp(name);
    REQUIRE(file >= 0);
    REQUIRE(::write(file, "before\n", 7) == 7);
    stream_output to_file(file, nullptr);
    CHECK(to_file.write("mine\n", far()).outcome == export_outcome::delivered);
    REQUIRE(::write(file, "after\n", 6) == 6);
    char content[64]{};
    CHECK(::pread(file, content, sizeof content, 0) == 18);
    CHECK(std::string(content) == "before\nmine\nafter\n");
    ::close(file);
    ::unlink(name);

    const two_ends sockets(true);
    stream_output to_socket(sockets.writing, nullptr);
    CHECK(to_socket.write("mine\n", far()).outcome == export_outcome::delivered);
    CHECK(sockets.read(5) == "mine\n");
    CHECK(to_socket.write(block_of('a', 4'000'000), soon()).outcome == export_outcome::retryable);

    char* memory = nullptr;
    std::size_t size = 0;
    std::FILE* const stream = ::open_memstream(&memory, &size);
    REQUIRE(stream != nullptr);
    stream_output to_memory(-1, stream);
    CHECK(to_memory.write("mine\n", far()).outcome == export_outcome::delivered);
    CHECK(std::string(memory, size) == "mine\n");
    std::fclose(stream);
    std::free(memory);
}

TEST_CASE("each payload is a line of standard output") {
    const two_ends pipe;
    std::FILE* const stream = ::fdopen(::dup(pipe.writing), "w");
    REQUIRE(stream != nullptr);
    const auto exporter = nanotel::otlp_stdout({.file = stream});
    CHECK(exporter->name() == "otlp_stdout");
    CHECK(nanotel::otlp_stdout()->description() == "standard output");
    for (const nanotel::signal kind :
         {nanotel::signal::traces, nanotel::signal::metrics, nanotel::signal::logs})
        CHECK(exporter->send({kind, R"({"resourceSpans":[]})", 0}, far()).outcome ==
              export_outcome::delivered);
    CHECK(pipe.read(63) == "{\"resourceSpans\":[]}\n{\"resourceSpans\":[]}\n{\"resourceSpans\":[]}\n");
    std::fclose(stream);
}

TEST_SUITE("concurrent") {
    // Fails when a write under way does not look for interrupts: the test would take a minute and find the
    // deadline passed.
    TEST_CASE("a write that waits for room is interrupted") {
        const two_ends pipe;
        stream_output output(pipe.writing, nullptr);
        const std::string block = block_of('a');
        REQUIRE(output.write(block, soon()).outcome == export_outcome::retryable);
        std::atomic<bool> ended{false};
        const auto deadline = far();
        std::thread writer([&] {
            CHECK(output.write(block, deadline).outcome == export_outcome::retryable);
            ended = true;
        });
        while (!ended) { // one before the write begins is not for it
            output.interrupt();
            std::this_thread::sleep_for(1ms);
        }
        writer.join();
        CHECK(std::chrono::steady_clock::now() < deadline);
    }
}
