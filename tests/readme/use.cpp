// What surrounds the code of README.md so that it compiles and runs.
#include <nanotel/sdk.hpp>

#undef NDEBUG // the readme's assert is the test
#include <cassert>
#include <string>
#include <vector>

using namespace nanotel::literals;
using namespace std::chrono_literals;

namespace shop {

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

} // namespace shop

struct request_of_a_client {};
void handle(const request_of_a_client&) { NANOTEL_SCOPED_SPAN("handle", "cart.items"_attr = 3); }

int main() {
    {
        const auto sent = std::make_shared<nanotel::memory_exporter>();
        auto telemetry = nanotel::start({.exporter = sent});
        shop::use();
        assert(telemetry.flush(5s));
        assert(sent->spans().size() == 3);
    }
    const request_of_a_client request;
#include "memory.inc"
}
