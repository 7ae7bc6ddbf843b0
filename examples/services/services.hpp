// SPDX-License-Identifier: MIT
// The three services: a customer's checkout goes from the front end to the cart, and from there to payment.
#pragma once

#include <nanotel/instrument/httplib_server.hpp>

#include <string>

namespace services {

class thread_pool;

/// POST /checkout customer=NAME: has the cart ordered, and answers as the cart does.
void serve_front_end(nanotel::httplib_server<>& server, const std::string& cart_url);

/// POST /orders customer=NAME: adds up what lies in the customer's cart and has it paid. 200; 402 where
/// payment refuses; 404 where there is no such cart; 502 where payment does not answer.
void serve_cart(nanotel::httplib_server<>& server, const std::string& payment_url, thread_pool& pool);

/// POST /payments cents=N: 200; 402 above the limit; 400 where that is no amount.
void serve_payment(nanotel::httplib_server<>& server);

} // namespace services
