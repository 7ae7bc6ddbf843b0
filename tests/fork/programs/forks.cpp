// SPDX-License-Identifier: MIT
// Forks in the way that its first argument names; all its processes append to the files of the folder that
// its second argument names. Exits with 0, or a number that says what went wrong.
#include <nanotel/instrument/process.hpp>
#include <nanotel/instrument/self.hpp>
#include <nanotel/sdk.hpp>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <sched.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using namespace nanotel::literals;

enum class color { red, green };

nanotel::counter<> hits("hits");
nanotel::counter<std::uint64_t, nanotel::label<"color", color>> colored("colored");
nanotel::counter<> labelled("labelled");
nanotel::histogram<> sizes("sizes");
nanotel::gauge<std::int64_t> depth("depth");
nanotel::observable_gauge<std::int64_t> observed("observed");

constexpr unsigned patience = 100; // seconds until a process that hangs is ended

nanotel::options make_options(const std::string& folder) {
    return {
        .service_name = "forks",
        .resource_attributes = {{"process.pid", std::int64_t{::getpid()}}, {"service.instance.id", "first"}},
        .exporter = nanotel::otlp_file({.directory = folder}),
        .schedule_delay = 1h,
        .when_full = nanotel::full_ring_policy::block,
        .block_timeout = 60s,
        .shutdown_timeout = 60s};
}

int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) != child)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::size_t thread_count() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) ++count;
    return count;
}

bool adds_up(const nanotel::statistics& s) {
    return s.recorded == s.delivered + s.queued + s.dropped &&
           s.data_points.recorded == s.data_points.delivered + s.data_points.queued + s.data_points.dropped;
}

bool delivered(const nanotel::telemetry& telemetry, std::uint64_t spans) {
    const nanotel::statistics s = telemetry.stats();
    return adds_up(s) && s.recorded == spans && s.delivered == spans;
}

template <class Work>
pid_t fork_child(Work work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::alarm(patience);
    std::_Exit(work());
}

void work(int worker, int count) {
    for (int i = 0; i < count; ++i) {
        NANOTEL_SPAN(span, "work", "worker"_attr = worker, "number"_attr = i);
        hits.add(1);
    }
}

// -- a server that starts before it forks, as many do

int server(const std::string& folder, int count) {
    const auto all = 2 * static_cast<std::uint64_t>(count);
    auto telemetry = nanotel::start(make_options(folder));
    work(-1, 100);
    std::vector<pid_t> workers;
    for (int w = 0; w < 8; ++w) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::alarm(patience);
            std::thread half([&] { work(w, count); });
            work(w + 100, count);
            half.join();
            if (w % 4 == 0) return 0; // the guard, which is a copy, sends it
            if (w % 4 == 1) std::exit(0);
            if (w % 4 == 2) {
                if (!telemetry.flush(60s)) std::_Exit(2);
                std::_Exit(delivered(telemetry, all) ? 0 : 3);
            }
            if (!telemetry.shutdown(60s) || !delivered(telemetry, all)) std::_Exit(4);
            work(w, 5); // nothing records any more
            std::_Exit(delivered(telemetry, all) ? 0 : 5);
        }
        workers.push_back(child);
    }
    work(-2, 100);
    int failed = 0;
    for (const pid_t worker : workers) failed += wait_for(worker) != 0;
    if (!telemetry.flush(60s)) return 6;
    return failed == 0 && delivered(telemetry, 200) ? 0 : 7;
}

// -- who a process is, where nobody says

int identity(const std::string& folder) {
    const auto options = [&] {
        auto made = make_options(folder);
        made.resource_attributes.clear();
        return made;
    };
    auto telemetry = nanotel::start(options());
    work(0, 1);
    const pid_t goes_on = ::fork();
    if (goes_on == 0) {
        ::alarm(patience);
        work(1, 1);
        return 0;
    }
    const pid_t starts = ::fork();
    if (starts == 0) {
        ::alarm(patience);
        telemetry = nanotel::start(options());
        work(2, 1);
        return 0;
    }
    return wait_for(goes_on) + wait_for(starts);
}

// -- forks on two threads while others record, flush, register and come and go

int load(const std::string& folder, int forks) {
    auto options = make_options(folder);
    options.schedule_delay = 1ms;
    auto telemetry = nanotel::start(std::move(options));
    std::atomic<bool> done{false};
    std::atomic<int> failed{0};
    std::vector<std::thread> recorders;
    for (int r = 0; r < 4; ++r)
        recorders.emplace_back([&, r] {
            for (int i = 0; !done.load(); ++i) {
                nanotel::span around("around");
                around.set("text"_attr = std::string(static_cast<std::size_t>(i % 5000), 'x'));
                work(-1, 20);
                labelled.add(1, "number"_attr = i % 50, "thread"_attr = r);
                sizes.record(i);
                if (i % 16 == 0) static_cast<void>(telemetry.flush(0ms));
                if (i % 8 == 0) std::thread([] { work(-1, 1); }).join();
                std::this_thread::sleep_for(2ms);
            }
        });
    std::vector<std::thread> forkers;
    for (int f = 0; f < 2; ++f)
        forkers.emplace_back([&, f] {
            for (int i = 0; i < forks / 2; ++i) {
                nanotel::detached_span detached("of the parent");
                const pid_t child = fork_child([&] {
                    work(f, 3);
                    labelled.add(1, "number"_attr = 1, "thread"_attr = 0);
                    detached.end();
                    if (!telemetry.flush(60s)) return 1;
                    return delivered(telemetry, 3) ? 0 : 2;
                });
                failed += wait_for(child) != 0;
            }
        });
    for (std::thread& t : forkers) t.join();
    done.store(true);
    for (std::thread& t : recorders) t.join();
    if (!telemetry.flush(60s)) return 1;
    const nanotel::statistics s = telemetry.stats();
    if (!adds_up(s) || s.dropped != 0 || s.queued != 0) return 2;
    return failed.load() == 0 ? 0 : 3;
}

// -- what is open across the fork

int spans(const std::string& folder) {
    auto telemetry = nanotel::start(make_options(folder));
    int status;
    {
        nanotel::span outer("outer");
        nanotel::detached_span detached("detached");
        nanotel::span moved("left out of order");
        nanotel::span inner("inner");
        moved.end();
        inner.set("text"_attr = std::string(5000, 'x')); // it has a block
        const nanotel::context_scope attached(detached.context());
        const nanotel::context before = nanotel::current_context();
        const pid_t child = ::fork();
        if (child == 0) {
            ::alarm(patience);
            // Asked before anything is recorded, as to hand it to another program.
            const nanotel::context now = nanotel::current_context();
            if (now.trace_id != before.trace_id || now.span_id != before.span_id || !now.is_sampled())
                return 2;
            if (thread_count() != 1) return 3;
            {
                nanotel::span s("below detached");
                nanotel::span t("below that");
                detached.set("of the parent"_attr = true);
                inner.set("of the parent"_attr = true);
            }
            const nanotel::context_scope again(outer.context());
            nanotel::span s("below outer");
            detached.end();
        } else {
            status = wait_for(child);
            detached.end();
        }
        if (child == 0) {
            // What is left of the scope ends quietly.
            goto inherited;
        }
    }
    if (status != 0) return status;
    return telemetry.flush(60s) && delivered(telemetry, 4) ? 0 : 4;
inherited : { nanotel::span s("a root"); }
    return telemetry.flush(60s) && delivered(telemetry, 4) ? 0 : 5;
}

// One step of what was open ends in the child after the other.
int steps(const std::string& folder) {
    auto telemetry = nanotel::start(make_options(folder));
    pid_t child = -1;
    {
        nanotel::span a("a");
        {
            nanotel::span b("b");
            {
                nanotel::span c("c");
                child = ::fork();
                if (child == 0) {
                    ::alarm(patience);
                    // And in the child of a child that has not recorded, what it inherited itself.
                    child = ::fork();
                    if (child != 0) std::_Exit(wait_for(child));
                    ::alarm(patience);
                }
                if (child == 0) nanotel::span s("below c");
            }
            if (child == 0) nanotel::span s("below b");
            // A child of a child that has.
            if (child == 0 && (child = ::fork()) != 0) {
                if (wait_for(child) != 0) std::_Exit(8);
                child = 0;
            } else if (child == 0) {
                ::alarm(patience);
                nanotel::span s("grandchild below b");
            }
        }
        if (child == 0) nanotel::span s("below a");
    }
    if (child == 0) {
        nanotel::span s("a root");
        return 0;
    }
    if (wait_for(child) != 0) return 2;
    return telemetry.flush(60s) && delivered(telemetry, 3) ? 0 : 3;
}

// -- trace state and baggage

// What whoever this thread calls is told now, but for its parent.
std::string sent() {
    std::map<std::string, std::string> headers;
    nanotel::inject(headers);
    return headers["tracestate"] + " " + headers["baggage"];
}

int carried(const std::string& folder) {
    auto telemetry = nanotel::start(make_options(folder));
    const nanotel::context remote = nanotel::extract(std::map<std::string, std::string>{
        {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
        {"tracestate", "a=1,b=2"},
        {"baggage", "tenant=blue"}});
    // Others take and give back theirs, and with them the memory and the counts of owners.
    std::atomic<bool> done{false};
    std::vector<std::thread> others;
    for (int t = 0; t < 2; ++t)
        others.emplace_back([&] {
            while (!done.load()) {
                const nanotel::context_scope attached(remote);
                const nanotel::baggage_scope more(nanotel::current_baggage().set("other", "thread"));
            }
        });
    int status = 0;
    pid_t child = -1;
    {
        const nanotel::baggage_scope alone(nanotel::baggage().set("tenant", "red"));
        for (int i = 0; i < 20 && status == 0; ++i)
            status = wait_for(fork_child([&] {
                if (!(nanotel::current_baggage().get("tenant") == "red")) return 2;
                const nanotel::span s("below baggage alone");
                if (!(s.context().baggage.get("tenant") == "red")) return 3;
                return nanotel::current_baggage() == s.context().baggage ? 0 : 4;
            }));
    }
    if (status == 0) {
        const nanotel::context_scope arrived(remote);
        nanotel::span served("served");
        const nanotel::baggage_scope told(nanotel::current_baggage().set("user", "ada"));
        const std::string whole = "a=1,b=2 tenant=blue,user=ada";
        child = ::fork();
        if (child == 0) {
            ::alarm(patience);
            if (sent() != whole) std::_Exit(5); // asked before anything is recorded, and by a child of it
            if (wait_for(fork_child([&] { return sent() == whole ? 0 : 1; })) != 0) std::_Exit(6);
            {
                nanotel::span below("below served");
                const nanotel::baggage_scope more(nanotel::current_baggage().set("user", "grace"));
                nanotel::span deeper("below that");
                if (sent() != "a=1,b=2 tenant=blue,user=grace") std::_Exit(7);
            }
            if (sent() != whole) std::_Exit(8);
            served.end();
            if (sent() != whole) std::_Exit(9); // of what arrived
        } else {
            status = wait_for(child);
            if (sent() != whole) status = 10;
        }
    } // what is left of the scopes ends in both
    done = true;
    if (child != 0)
        for (std::thread& other : others) other.join();
    if (status != 0) return status;
    if (sent() != " ") return 11;
    if (child == 0) {
        {
            nanotel::span s("a root");
            if (!s.context().baggage.empty()) std::_Exit(12);
        }
        const bool sent_all = telemetry.flush(60s) && delivered(telemetry, 3);
        std::_Exit(sent_all ? 0 : 13); // the threads of the parent cannot be joined here
    }
    return telemetry.flush(60s) && delivered(telemetry, 1) ? 0 : 14;
}

// -- instruments

void measure(int times, const nanotel::bound_counter<>& bound) {
    for (int i = 0; i < times; ++i) {
        hits.add(1);
        colored.add(1, color::green);
        labelled.add(1, "key"_attr = "value");
        bound.add(1);
        sizes.record(3);
        depth.set(times);
    }
}

int instruments(const std::string& folder) {
    auto process = nanotel::observe_process();
    auto self = nanotel::observe_telemetry();
    auto guard = observed.observe([](const auto& o) { o.observe(static_cast<std::int64_t>(::getpid())); });
    auto telemetry = nanotel::start(make_options(folder));
    const auto bound = labelled.bind("key"_attr = "bound");
    measure(1000, bound);
    if (!telemetry.flush(60s)) return 1;
    const pid_t child = fork_child([&] {
        measure(7, bound);
        std::thread([&] { measure(7, bound); }).join();
        return telemetry.flush(60s) && adds_up(telemetry.stats()) ? 0 : 2;
    });
    if (const int status = wait_for(child)) return status;
    // One that measures nothing itself is asked by a flush.
    const pid_t idle = fork_child([&] { return telemetry.flush(60s) ? 0 : 3; });
    if (const int status = wait_for(idle)) return status;
    measure(1, bound);
    return telemetry.flush(60s) ? 0 : 4;
}

// -- ends

int ends(const std::string& folder) {
    auto telemetry = nanotel::start(make_options(folder));
    work(0, 1);
    pid_t child = ::fork();
    if (child == 0) {
        // It never records, so it never starts anything, not even at its end.
        if (thread_count() != 1) std::_Exit(2);
        if (telemetry.stats().recorded != 0) std::_Exit(3);
        telemetry = {};
        std::_Exit(thread_count() == 1 ? 0 : 4);
    }
    if (const int status = wait_for(child)) return status;
    child = ::fork();
    if (child == 0) std::exit(0);
    if (const int status = wait_for(child)) return status;
    child = ::fork();
    if (child == 0) return 0;
    if (const int status = wait_for(child)) return status;
    // It gives up what it inherited, then starts as any other.
    child = ::fork();
    if (child == 0) {
        if (!telemetry.shutdown(1s)) std::_Exit(5);
        work(1, 3);
        if (thread_count() != 1 || telemetry.stats().recorded != 0) std::_Exit(6);
        auto own = nanotel::start(make_options(folder));
        work(2, 1);
        if (!own.flush(60s)) std::_Exit(7);
        std::_Exit(delivered(own, 1) ? 0 : 8);
    }
    if (const int status = wait_for(child)) return status;
    // A daemon: the parents end, what is left of it goes on.
    int pipe[2];
    if (::pipe(pipe) != 0) return 9;
    child = ::fork();
    if (child == 0) {
        if (::setsid() < 0) std::_Exit(10);
        const pid_t middle = ::getpid();
        if (::fork() != 0) std::_Exit(0);
        ::alarm(patience);
        while (::getppid() == middle) std::this_thread::yield();
        work(3, 10);
        const char good = telemetry.flush(60s) && delivered(telemetry, 10) ? 1 : 0;
        [[maybe_unused]] const auto written = ::write(pipe[1], &good, 1);
        std::_Exit(0);
    }
    if (const int status = wait_for(child)) return status;
    char good = 0;
    return ::read(pipe[0], &good, 1) == 1 && good == 1 ? 0 : 11;
}

// -- start in a child

int starts(const std::string& folder) {
    auto telemetry = nanotel::start(make_options(folder));
    work(0, 1);
    auto other = [&] {
        auto options = make_options(folder + "/other");
        options.service_name = "other";
        return options;
    };
    // At once.
    pid_t child = ::fork();
    if (child == 0) {
        ::alarm(patience);
        auto own = nanotel::start(other());
        work(1, 2);
        telemetry = {}; // the copy of a guard that has nothing to end
        work(2, 2);
        if (!own.flush(60s)) std::_Exit(2);
        if (!delivered(own, 4)) std::_Exit(3);
        return 0; // `own` ends what it started
    }
    if (const int status = wait_for(child)) return status;
    // After it has recorded as its parent did.
    child = ::fork();
    if (child == 0) {
        ::alarm(patience);
        work(3, 2);
        auto own = nanotel::start(other());
        work(4, 2);
        if (!own.flush(60s)) std::_Exit(4);
        std::_Exit(delivered(own, 4) ? 0 : 5);
    }
    if (const int status = wait_for(child)) return status;
    return telemetry.flush(60s) && delivered(telemetry, 1) ? 0 : 6;
}

// -- copies made in other ways

// In a function of its own, since what returns twice may clobber variables.
[[gnu::noinline]] pid_t vfork_nothing(const char* self) {
    const pid_t program = ::vfork();
    if (program == 0) {
        ::execl(self, self, "nothing", nullptr);
        ::_exit(127);
    }
    return program;
}

int others(const std::string& folder, const char* self) {
    auto telemetry = nanotel::start(make_options(folder));
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> recorded{0};
    std::vector<std::thread> recorders;
    for (int r = 0; r < 2; ++r)
        recorders.emplace_back([&] {
            while (!done.load()) {
                std::thread([&] { work(-1, 10); }).join(); // takes all the locks that there are
                recorded += 10;
            }
        });
    int failed = 0;
    for (int i = 0; i < 20; ++i) {
        nanotel::span open("open");
        ++recorded;
        // No handler of pthread_atfork runs; anything may be locked.
        const long raw = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
        if (raw == 0) {
            ::alarm(patience);
            work(0, 3);
            hits.add(1);
            {
                nanotel::span s("never recorded");
                nanotel::detached_span d("neither");
            }
            open.end();
            const bool nothing = bool(telemetry.flush(1h)) && telemetry.stats().recorded == 0;
            if (!telemetry.shutdown(1h)) ::_exit(2);
            ::_exit(nothing ? 0 : 1);
        }
        failed += wait_for(static_cast<pid_t>(raw)) != 0;
        failed += wait_for(vfork_nothing(self)) != 0;
        if (i % 10 != 0) continue;
        pid_t spawned = 0;
        char* arguments[] = {const_cast<char*>(self), const_cast<char*>("nothing"), nullptr};
        failed += ::posix_spawn(&spawned, self, nullptr, nullptr, arguments, environ) != 0;
        failed += wait_for(spawned) != 0;
        failed += std::system("true") != 0;
        if (std::FILE* const output = ::popen("true", "r"))
            failed += ::pclose(output) != 0;
        else
            ++failed;
    }
    done.store(true);
    for (std::thread& t : recorders) t.join();
    if (failed != 0) return 3;
    return telemetry.flush(60s) && delivered(telemetry, recorded.load()) ? 0 : 4;
}

// -- while the parent is in a send

// Listens and says nothing: who connects waits for the other side's part of the handshake.
struct mute_peer {
    int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port = 0;
    mute_peer() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener, generic, size) == 0 && ::listen(listener, 8) == 0 &&
            ::getsockname(listener, generic, &size) == 0)
            port = ntohs(address.sin_port);
    }
    // What is said first by who comes next is there.
    bool hears() const {
        const int client = ::accept(listener, nullptr, nullptr);
        char byte = 0;
        return ::recv(client, &byte, 1, MSG_PEEK) == 1;
    }
};

// A TLS handshake that never ends holds up the parent's sender, but neither what the child delivers elsewhere
// nor its end.
int in_a_send(const std::string& folder) {
    const mute_peer mute;
    if (mute.port == 0) return 1;
    auto options = make_options(folder);
    options.exporter = nullptr;
    options.schedule_delay = 1ms;
    options.destinations = {
        {.exporter = nanotel::otlp_http({.endpoint = "https://127.0.0.1:" + std::to_string(mute.port)}),
         .name = "mute"},
        {.exporter = nanotel::otlp_file({.directory = folder}), .name = "file"}};
    auto telemetry = nanotel::start(std::move(options));
    work(-1, 1);
    if (!mute.hears()) return 2;
    const auto file_has = [&](std::uint64_t spans) {
        while (telemetry.stats().destinations.at(1).spans.delivered < spans) std::this_thread::yield();
    };
    // Ended as it is, in the middle of its own handshake, and before it.
    for (const int worker : {0, 1, 2})
        if (const int status = wait_for(fork_child([&] {
                work(worker, 10);
                file_has(10);
                if (worker != 0) static_cast<void>(telemetry.shutdown(worker == 1 ? 500ms : 0ms));
                return 0;
            })))
            return status;
    work(-2, 1);
    file_has(2);
    static_cast<void>(telemetry.shutdown(0ms));
    return 0;
}

// -- what lies on disk

struct unreachable final : nanotel::exporter {
    nanotel::export_result send(const nanotel::payload&, std::chrono::steady_clock::time_point) override {
        return {.outcome = nanotel::export_outcome::retryable, .message = "not now"};
    }
    std::string_view name() const noexcept override { return "unreachable"; }
    std::string description() const override { return "unreachable"; }
};

nanotel::options options_with_disk(const std::string& folder, std::shared_ptr<nanotel::exporter> exporter) {
    auto options = make_options(folder);
    options.exporter = nullptr;
    options.destinations = {{.exporter = std::move(exporter), .name = "there"}};
    options.spool.directory = folder + "/spool";
    return options;
}

// The next start delivers what others have left.
std::uint64_t recover(const std::string& folder) {
    auto telemetry = nanotel::start(options_with_disk(folder, nanotel::otlp_file({.directory = folder})));
    if (!telemetry.flush(60s)) return 0;
    const std::uint64_t recovered = telemetry.stats().recovered;
    return delivered(telemetry, recovered) ? recovered : 0;
}

int disk(const std::string& folder) {
    const pid_t first = fork_child([&] {
        auto telemetry = nanotel::start(options_with_disk(folder, std::make_shared<unreachable>()));
        work(1, 50);
        const pid_t killed = fork_child([&] {
            work(2, 50);
            if (telemetry.shutdown(200ms)) return 2;
            return ::kill(::getpid(), SIGKILL);
        });
        if (wait_for(killed) != 128 + SIGKILL) return 3;
        static_cast<void>(telemetry.shutdown(200ms));
        return 0;
    });
    if (const int status = wait_for(first)) return status;
    return recover(folder) == 100 ? 0 : 4;
}

// Killed while its child, which does nothing, lives on: what it has on disk is not the child's.
int survivor(const std::string& folder) {
    int begun[2];
    int ending[2];
    if (::pipe(begun) != 0 || ::pipe(ending) != 0) return 1;
    const pid_t killed = fork_child([&] {
        auto options = options_with_disk(folder, std::make_shared<unreachable>());
        options.max_queue_bytes = 1;
        auto telemetry = nanotel::start(std::move(options));
        while (telemetry.stats().spilled == 0) {
            nanotel::span("on disk").end();
            static_cast<void>(telemetry.flush(10ms));
        }
        char byte = 0;
        if (::fork() == 0) {
            ::close(ending[1]);
            if (::write(begun[1], &byte, 1) != 1) std::_Exit(1);
            std::_Exit(static_cast<int>(::read(ending[0], &byte, 1)));
        }
        return ::read(begun[0], &byte, 1) == 1 ? ::kill(::getpid(), SIGKILL) : 2;
    });
    if (wait_for(killed) != 128 + SIGKILL) return 3;
    return recover(folder) != 0 ? 0 : 4; // the end of this process ends the survivor
}

// Forks while it is started, or ended, and is killed there.
struct forking_reader final : nanotel::pull_reader {
    std::function<void()> at_start = [] {};
    std::function<void()> at_stop = [] {};
    void start(nanotel::detail::metric_source&) override { at_start(); }
    void stop() noexcept override { at_stop(); }
};

int survivor_of(const std::string& folder, bool of_shutdown) {
    int begun[2];
    int ending[2];
    if (::pipe(begun) != 0 || ::pipe(ending) != 0) return 1;
    const auto leave_a_child = [&] {
        char byte = 0;
        if (::fork() == 0) {
            ::close(ending[1]);
            if (::write(begun[1], &byte, 1) != 1) std::_Exit(1);
            std::_Exit(static_cast<int>(::read(ending[0], &byte, 1)));
        }
        if (::read(begun[0], &byte, 1) == 1) ::kill(::getpid(), SIGKILL);
    };
    // The first leaves something on disk, the second has the lock of it, or of its own.
    for (const bool first : {true, false}) {
        if (first && of_shutdown) continue;
        const pid_t killed = fork_child([&] {
            const auto reader = std::make_shared<forking_reader>();
            if (!first) (of_shutdown ? reader->at_stop : reader->at_start) = leave_a_child;
            auto options = options_with_disk(folder, std::make_shared<unreachable>());
            options.max_queue_bytes = 1;
            options.pull_readers = {reader};
            auto telemetry = nanotel::start(std::move(options));
            while (telemetry.stats().spilled == 0) {
                nanotel::span("on disk").end();
                static_cast<void>(telemetry.flush(10ms));
            }
            if (first) ::kill(::getpid(), SIGKILL);
            static_cast<void>(telemetry.shutdown(60s));
            return 2;
        });
        if (wait_for(killed) != 128 + SIGKILL) return 3;
    }
    return recover(folder) != 0 ? 0 : 4; // the end of this process ends the survivor
}

// -- where the child cannot have what it needs

int refused(const std::string& folder) {
    auto telemetry = nanotel::start(make_options(folder));
    work(0, 1);
    const pid_t child = fork_child([&] {
        static std::atomic<int> told;
        nanotel::set_diagnostic_handler([](nanotel::diagnostic_level level, std::string_view text, void*) {
            if (level == nanotel::diagnostic_level::error && text.find("cannot record") != text.npos) ++told;
        });
        // No memory for the stack of a thread.
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, std::size_t{1} << 46);
        pthread_setattr_default_np(&attributes);
        work(0, 10);
        if (told.load() != 1) return 2;
        if (telemetry.stats().recorded != 0) return 3;
        pthread_attr_setstacksize(&attributes, std::size_t{1} << 20);
        pthread_setattr_default_np(&attributes);
        auto own = nanotel::start(make_options(folder));
        work(1, 10);
        return own.flush(60s) && delivered(own, 10) ? 0 : 4;
    });
    return wait_for(child);
}

// -- an application whose handlers of fork take a lock under which it records

int handlers(const std::string& folder) {
    static std::mutex held;
    ::pthread_atfork([] { held.lock(); }, [] { held.unlock(); }, [] { held.unlock(); });
    auto telemetry = nanotel::start(make_options(folder));
    std::atomic<bool> done{false};
    std::atomic<int> rounds{0};
    std::thread recorder([&] {
        for (; !done.load(); ++rounds) {
            const std::lock_guard lock(held);
            std::thread([&] { labelled.add(1, "number"_attr = rounds.load() % 1000); }).join();
        }
    });
    int failed = 0;
    for (int i = 0; i < 100; ++i) {
        failed += wait_for(fork_child([] { return 0; })) != 0;
        for (const int before = rounds.load(); rounds.load() == before;) std::this_thread::yield();
    }
    done = true;
    recorder.join();
    return failed == 0 ? 0 : 2;
}

} // namespace

int main(int argc, char** argv) {
    ::alarm(patience);
    const std::string way = argc > 1 ? argv[1] : "";
    const std::string folder = argc > 2 ? argv[2] : ".";
    if (way == "nothing") return 0;
    if (way == "server") return server(folder, argc > 3 ? std::atoi(argv[3]) : 5'000);
    if (way == "identity") return identity(folder);
    if (way == "load") return load(folder, argc > 3 ? std::atoi(argv[3]) : 200);
    if (way == "spans") return spans(folder);
    if (way == "steps") return steps(folder);
    if (way == "carried") return carried(folder);
    if (way == "instruments") return instruments(folder);
    if (way == "ends") return ends(folder);
    if (way == "starts") return starts(folder);
    if (way == "others") return others(folder, argv[0]);
    if (way == "disk") return disk(folder);
    if (way == "survivor") return survivor(folder);
    if (way == "survivor-of-start") return survivor_of(folder, false);
    if (way == "survivor-of-shutdown") return survivor_of(folder, true);
    if (way == "in-a-send") return in_a_send(folder);
    if (way == "refused") return refused(folder);
    if (way == "handlers") return handlers(folder);
    return 99;
}
