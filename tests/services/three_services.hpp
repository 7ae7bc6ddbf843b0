// SPDX-License-Identifier: MIT
// The services of examples/services, each in a process of its own.
#pragma once

#include "support/child_process.hpp"
#include "support/paths.hpp"

#include <httplib.h>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace nanotel_test {

class three_services {
public:
    /// VARIABLES are of their environment, such as "OTEL_TRACES_EXPORTER=otlp/stdout". The cart is that in
    /// Python where PYTHON names one.
    explicit three_services(std::vector<std::string> variables, const std::string& python = {})
        : variables_(std::move(variables)) {
        const std::string program = beside_this_program("../examples/services/nanotel_services");
        const std::string payment_url = start(payment_, "payment", {program, "payment", "0"});
        const std::string cart_url =
            python.empty() ? start(cart_, "cart", {program, "cart", "0", payment_url})
                           : start(cart_, "cart",
                                   {python, source_root() + "/examples/services/cart.py", "0", payment_url});
        front_end_url_ = start(front_end_, "front-end", {program, "front-end", "0", cart_url});
    }

    /// The status that the customer is answered with.
    int check_out(const std::string& customer) {
        httplib::Client client(front_end_url_);
        client.set_read_timeout(60);
        const auto answer = client.Post("/checkout", httplib::Params{{"customer", customer}});
        return answer ? answer->status : 0;
    }

    void end_payment() { end(payment_); }

    /// Asks all to end, which makes them deliver what they have recorded.
    void end() {
        for (child_process* each : {&front_end_, &cart_, &payment_}) end(*each);
    }

    /// What all of them wrote to standard output and error, a line each.
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        for (const char* const name : {"front-end", "cart", "payment"}) {
            std::istringstream text(read_file(folder_ / std::string(name) + ".log"));
            for (std::string line; std::getline(text, line);) all.push_back(line);
        }
        return all;
    }

private:
    static void end(child_process& process) {
        if (process.running()) CHECK(process.end(SIGTERM) == 0);
    }

    // Returns where it listens.
    std::string start(child_process& process, const std::string& name, std::vector<std::string> arguments) {
        const std::string port_file = folder_ / name;
        std::vector<std::string> all{"/usr/bin/env"};
        for (const char* const variable :
             {"OTEL_METRICS_EXPORTER=none", "OTEL_PROPAGATORS=tracecontext,baggage"})
            all.emplace_back(variable);
        all.insert(all.end(), variables_.begin(), variables_.end());
        all.insert(all.end(), arguments.begin(), arguments.end());
        all.insert(all.end(), {"--port-file", port_file});
        process.start(all, port_file + ".log");
        INFO(read_file(port_file + ".log"));
        REQUIRE(process.wait_until([&] { return !read_file(port_file).empty(); }));
        return "http://127.0.0.1:" + std::to_string(std::stoi(read_file(port_file)));
    }

    const std::vector<std::string> variables_;
    const temporary_folder folder_;
    child_process payment_;
    child_process cart_;
    child_process front_end_;
    std::string front_end_url_;
};

} // namespace nanotel_test
