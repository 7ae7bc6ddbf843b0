// What surrounds the code of README.md and of the pages beside it so that it compiles and runs.
#include <nanotel/instrument/self.hpp>
#include <nanotel/sdk.hpp>

#include <nanotel/automagik/httplib.hpp>

#include "automagik_declarations.inc"
#include "clickhouse_declarations.inc"
#include "deployed_declarations.inc"
#include "logs_declarations.inc"
#include "middleware_declarations.inc"
#include "privacy_declarations.inc"
#include "rows_declarations.inc"
#include "scraping_declarations.inc"

#undef NDEBUG // the readme's assert is the test
#include <cassert>
#include <stdexcept>
#include <string>
#include <vector>

using namespace nanotel::literals;
using namespace std::chrono_literals;

namespace shop {

nanotel::telemetry* measured = nullptr;

struct cart_of_goods {};
std::string digest(const cart_of_goods&) { return "d41d8cd9"; }

#include "use_declarations.inc"

void use() {
    const std::string path = "/cart";
    const double total = 59.9;
    const std::vector<std::string> tags = {"gift", "express"};
    const cart_of_goods cart;
#include "use_statements.inc"
}

#include "metrics_declarations.inc"

void measure() {
    const int left = 7;
    const std::string item = "lamp";
    const std::vector<int> queue(3);
#include "metrics_statements.inc"
    // While the callback is there.
    assert(measured->flush(5s));
}

void be_scraped() {
#include "scraping_statements.inc"
}

std::string propagate() {
    const struct {
        httplib::Headers headers;
    } request{{{"traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}}};
#include "propagation.inc"
    return headers.find("traceparent")->second + " " + headers.find("baggage")->second;
}

void log() {
    const std::string user = "ada", address = "10.0.0.7", name = "mail", tenant = "blue";
    const double amount = 59.9;
    const int order = 4711;
    const std::runtime_error e("no money");
    const cart_of_goods cart;
    const auto dump = [](const cart_of_goods&) {};
#include "logs_statements.inc"
}

void call_others() {
    const auto step = [] { return false; };
    NANOTEL_SPAN(span, "page");
#include "middleware_statements.inc"
}

bool keeps_health_checks() {
#include "sampling.inc"
    const nanotel::span checked("GET /healthz");
    return checked.is_recording();
}

// Compiled and not run: a ClickHouse that stands there is somebody else's.
void write_rows() {
#include "clickhouse_statements.inc"
}

void write_rows_as_a_page_says(const std::string& secret) {
#include "rows_statements.inc"
}
void write_rows_of_the_deployment() {
#include "deployed_statements.inc"
}

void track() {
    const std::runtime_error exception("no money");
#include "automagik_statements.inc"
}

void hide() {
#include "privacy_statements.inc"
}

void be_delivered() {
#include "delivery.inc"
}

} // namespace shop

struct request_of_a_client {};
inline constinit nanotel::counter<> requests{"requests"};
void handle(const request_of_a_client&) {
    NANOTEL_SCOPED_SPAN("handle", "cart.items"_attr = 3);
    requests.add(1, "route"_attr = "/cart");
}

int main() {
    {
        const auto sent = std::make_shared<nanotel::memory_exporter>();
        auto telemetry = nanotel::start({.exporter = sent});
        shop::use();
        assert(telemetry.flush(5s));
        assert(sent->spans().size() == 3);
    }
    {
        const auto sent = std::make_shared<nanotel::memory_exporter>();
        auto telemetry = nanotel::start({.exporter = sent});
        shop::measured = &telemetry;
        shop::measure();
        const auto metrics = sent->metrics();
        assert(metrics.size() == 4); // the latency is recorded at the end of the scope, after the flush
        assert(metrics[0].name == "shop.orders" && metrics[0].find({{"payment.method", "card"}})->value == 1);
        assert(metrics[2].find({{"item", "lamp"}})->value == 7.0);
        assert(metrics[2].find({{"item", "book"}})->value == 12.0);
        assert(metrics[3].name == "shop.queue.length" && metrics[3].points[0].value == 3.0);
    }
    {
        auto telemetry = nanotel::start({.exporter = std::make_shared<nanotel::memory_exporter>()});
        const std::string sent = shop::propagate();
        assert(sent.starts_with("00-0123456789abcdef0123456789abcdef-") && sent.ends_with("-01 tenant=17"));
    }
    {
        const auto sent = std::make_shared<nanotel::memory_exporter>();
        auto telemetry = nanotel::start({.exporter = sent});
        shop::log();
        shop::call_others();
        assert(telemetry.flush(5s));
        assert(sent->logs().size() == 4 && sent->logs()[0].attributes["order.id"] == 4711);
        assert(sent->spans().size() == 2 && sent->spans()[0].name == "SELECT items");
    }
    assert(!shop::keeps_health_checks());
    shop::be_scraped();
    try {
        shop::be_delivered();
        assert(!"it names a file that is not there");
    } catch (const std::invalid_argument& e) {
        assert(std::string(e.what()).find("/etc/shop/ca.pem") != std::string::npos);
    }
    const request_of_a_client request;
#include "memory.inc"
}
