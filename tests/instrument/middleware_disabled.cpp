// SPDX-License-Identifier: MIT
#include <nanotel/instrument/database.hpp>
#include <nanotel/instrument/httplib_client.hpp>
#include <nanotel/instrument/httplib_server.hpp>

#include <doctest/doctest.h>

#ifndef NANOTEL_DISABLED
#error "this file is compiled with NANOTEL_DISABLED"
#endif

TEST_CASE("with NANOTEL_DISABLED a server and a client are those of cpp-httplib") {
    nanotel::http_instrumentation_options options;
    nanotel::httplib_server<> server(options);
    nanotel::httplib_server<> plain;
    plain.Get("/", [](const httplib::Request&, httplib::Response&) {})
        .set_post_routing_handler([](const httplib::Request&, httplib::Response&) {});
    nanotel::httplib_client<> client(options, "localhost", 1);
    CHECK(sizeof plain == sizeof(httplib::Server));
    CHECK(sizeof client == sizeof(httplib::Client));
}

TEST_CASE("with NANOTEL_DISABLED calls of a database run, and nothing is told") {
    const nanotel::database_client client({.system_name = "sqlite"});
    const nanotel::database_statement statement(client, {.text = "SELECT 1"});
    nanotel::database_call call(statement);
    call.span().set("a", 1);
    call.set_response_status("0");
    call.set_returned_rows(1);
    call.fail("1", "no");
    call.fail_without_response("timeout");
    call.end();
    CHECK(client.run({.text = "SELECT 1"}, [] { return 7; }) == 7);
    CHECK(client.run({.text = "SELECT 1"}, [](nanotel::database_call&) { return 7; }) == 7);
}
