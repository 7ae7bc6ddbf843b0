// SPDX-License-Identifier: MIT
// A request over loopback, to a server of cpp-httplib as it is and to one that is instrumented.
#include "support/recording.hpp"

#include <nanotel/instrument/httplib_client.hpp>
#include <nanotel/instrument/httplib_server.hpp>

#include <httplib.h>

#include <thread>

namespace bench {
namespace {

constexpr int requests = 1000;

template <class Server>
class served {
public:
    served() {
        server_.Get("/users/([0-9]+)", [](const httplib::Request&, httplib::Response& response) {
            response.set_content("Ada", "text/plain");
        });
        server_.new_task_queue = [] { return new httplib::ThreadPool(1); };
        server_.set_keep_alive_max_count(10 * requests);
        server_.set_tcp_nodelay(true);
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
        while (!server_.is_running()) std::this_thread::yield();
    }
    ~served() {
        server_.stop();
        thread_.join();
    }
    served(const served&) = delete;
    served& operator=(const served&) = delete;

    int port() const { return port_; }

private:
    Server server_;
    int port_ = 0;
    std::thread thread_;
};

template <class Client>
void ask(Client& client) {
    const auto response = client.Get("/users/7");
    require(response && response->status == 200 && response->body == "Ada", "no answer");
}

// Nanoseconds a request, on one connection that is kept.
template <class Server, class Client>
double time_requests() {
    served<Server> server;
    Client client("127.0.0.1", server.port());
    client.set_keep_alive(true);
    client.set_tcp_nodelay(true);
    for (int i = 0; i < requests / 10; ++i) ask(client);
    const double begin = nanoseconds_now();
    for (int i = 0; i < requests; ++i) ask(client);
    return (nanoseconds_now() - begin) / requests;
}
template <class Server, class Client>
double time_requests_recorded() {
    auto telemetry = start_recording();
    return time_requests<Server, Client>();
}

template <class Client>
void check_spans(std::size_t expected) {
    const auto spans = recorded_by([] {
        served<nanotel::httplib_server<>> server;
        Client client("127.0.0.1", server.port());
        ask(client);
    });
    require(spans.size() == expected, "another number of spans than expected");
}

const add plain({"http/server_request",
                 "cpp-httplib",
                 "ns",
                 11,
                 {},
                 [] { return time_requests<httplib::Server, httplib::Client>(); },
                 false});
const add instrumented({"http/server_request", "cpp-httplib, server by nanotel", "ns", 11,
                        [] { check_spans<httplib::Client>(1); },
                        [] { return time_requests_recorded<nanotel::httplib_server<>, httplib::Client>(); },
                        false});
const add both({"http/server_request", "cpp-httplib, both by nanotel", "ns", 11,
                [] { check_spans<nanotel::httplib_client<>>(2); },
                [] { return time_requests_recorded<nanotel::httplib_server<>, nanotel::httplib_client<>>(); },
                false});

} // namespace
} // namespace bench
