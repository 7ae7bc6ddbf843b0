// SPDX-License-Identifier: MIT
// nanotel_services: one of three services that call each other, each in a process of its own and traced as
// one.
#include "services.hpp"
#include "thread_pool.hpp"

#include "../support/serve.hpp"

#include <nanotel/sdk.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view usage = R"(usage: nanotel_services payment PORT             [--port-file PATH]
       nanotel_services cart PORT PAYMENT-URL    [--port-file PATH]
       nanotel_services front-end PORT CART-URL  [--port-file PATH]

Listens on 127.0.0.1 until SIGTERM, and says where. Port 0 is any that is free; the port file is written once connections
are taken. Telemetry goes where the variables OTEL_* say, to a collector at http://localhost:4318 otherwise. Then:

  curl -d customer=ada http://127.0.0.1:PORT/checkout      the front end's; 200
  curl -d customer=grace http://127.0.0.1:PORT/checkout    more than may be paid; 402
)";

struct arguments {
    std::string role;
    int port = -1;
    std::string next_url; // of the service that it calls
    std::string port_file;
};

bool read_arguments(int argc, char** argv, arguments& into) {
    std::vector<std::string> plain;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) != "--port-file")
            plain.emplace_back(argv[i]);
        else if (++i < argc)
            into.port_file = argv[i];
        else
            return false;
    }
    const bool is_last = !plain.empty() && plain[0] == "payment";
    const bool calls = !plain.empty() && (plain[0] == "cart" || plain[0] == "front-end");
    if ((!is_last && !calls) || plain.size() != (calls ? 3 : 2)) return false;
    into.role = plain[0];
    if (calls) into.next_url = plain[2];
    char* end = nullptr;
    const long port = std::strtol(plain[1].c_str(), &end, 10);
    if (end == plain[1].c_str() || *end != '\0' || port < 0 || port > 65535) return false;
    into.port = static_cast<int>(port);
    return true;
}

} // namespace

int main(int argc, char** argv) {
    arguments chosen;
    if (!read_arguments(argc, argv, chosen)) {
        std::cerr << usage;
        return 2;
    }
    const support::ending_signals signals;
    auto telemetry = nanotel::start(
        {.service_name = chosen.role, .resource_attributes = {{"service.namespace", "services"}}});
    {
        services::thread_pool pool(chosen.role == "cart" ? 4 : 0);
        nanotel::httplib_server<> server;
        if (chosen.role == "front-end")
            services::serve_front_end(server, chosen.next_url);
        else if (chosen.role == "cart")
            services::serve_cart(server, chosen.next_url, pool);
        else
            services::serve_payment(server);

        const int port = support::bind_loopback(server, chosen.port);
        if (port == 0) {
            std::cerr << "nanotel_services: port " << chosen.port << " cannot be had\n";
            return 1;
        }
        std::cout << chosen.role << ": http://127.0.0.1:" << port << std::endl;
        support::serve_until(signals, server, port, chosen.port_file);
    } // the requests are answered and the threads are done, and with them the last spans
    return telemetry.shutdown(std::chrono::seconds(10)) ? EXIT_SUCCESS : EXIT_FAILURE;
}
