// SPDX-License-Identifier: MIT
#include "services.hpp"

#include <nanotel/instrument/httplib_client.hpp>
#include <nanotel/log.hpp>

NANOTEL_INSTRUMENTATION_SCOPE("services.front_end", "1.0.0");

void services::serve_front_end(nanotel::httplib_server<>& server, const std::string& cart_url) {
    server.Post("/checkout", [cart_url](const httplib::Request& request, httplib::Response& response) {
        const std::string customer = request.get_param_value("customer");
        // Whoever is called from here on, however deep, is told for whom.
        const nanotel::baggage_scope told(nanotel::current_baggage().set("customer", customer));

        nanotel::httplib_client<> cart(cart_url);
        const auto answer = cart.Post("/orders", httplib::Params{{"customer", customer}});
        if (!answer) {
            NANOTEL_LOG_ERROR("the cart does not answer: {}", httplib::to_string(answer.error()));
            response.status = 502;
            return;
        }
        NANOTEL_LOG_INFO("the checkout of {} ends with {}", customer, answer->status);
        response.status = answer->status;
        response.set_content(answer->body, "text/plain");
    });
}
