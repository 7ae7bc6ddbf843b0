// SPDX-License-Identifier: MIT
// Compiled alone: its namespaces show.
#include "recording.hpp"

#include <map>

using namespace nanotel::literals;
using nanotel_test::recording;

namespace shop {

struct cart {
    std::map<std::string, std::vector<int>> total(const std::string& of) const& noexcept {
        NANOTEL_TRACE_FUNCTION("of"_attr = of);
        return {};
    }
    static unsigned long long count(int, double) {
        NANOTEL_TRACE_FUNCTION();
        return 0;
    }
    cart() { NANOTEL_TRACE_FUNCTION(); }
    ~cart() { NANOTEL_TRACE_FUNCTION(); }
    bool operator()(int) const {
        NANOTEL_TRACE_FUNCTION();
        return true;
    }
    bool operator<(const cart&) const {
        NANOTEL_TRACE_FUNCTION();
        return true;
    }
};

const char* free_function(const std::pair<int, int (*)(int)>&) {
    NANOTEL_TRACE_FUNCTION();
    return "";
}

template <class T>
std::vector<T> of_template(T value) {
    NANOTEL_TRACE_FUNCTION();
    return {value};
}

template <class T>
struct holder {
    auto get() -> T {
        NANOTEL_TRACE_FUNCTION();
        return {};
    }
};

void with_lambda() {
    [](int) { NANOTEL_TRACE_FUNCTION(); }(1);
}

} // namespace shop

namespace {

std::string name_of(void (*call)()) {
    recording recorded;
    call();
    const auto spans = recorded.spans();
    REQUIRE(!spans.empty());
    return spans.front().name;
}

} // namespace

TEST_CASE("NANOTEL_TRACE_FUNCTION names a span after its function") {
    CHECK(name_of([] { shop::free_function({}); }) == "shop::free_function");
    CHECK(name_of([] { shop::cart::count(1, 2); }) == "shop::cart::count");
    CHECK(name_of([] { shop::cart(); }) == "shop::cart::cart");
    CHECK(name_of([] { shop::of_template(1); }) == "shop::of_template");
    CHECK(name_of([] { shop::of_template(std::string("x")); }) == "shop::of_template");
    // A lambda is named after the function that it stands in.
    CHECK(name_of([] { shop::with_lambda(); }) == "shop::with_lambda");
    const std::string of_holder = name_of([] { shop::holder<std::vector<int>>().get(); });
    CAPTURE(of_holder); // compilers differ in how they write the argument
    CHECK(of_holder.starts_with("shop::holder<"));
    CHECK(of_holder.ends_with(">::get"));

    recording recorded;
    {
        const shop::cart cart;
        cart.total("basket");
        cart(1);
        static_cast<void>(cart < cart);
    }
    CHECK(recorded.span("shop::cart::total").attributes["of"] == "basket");
    recorded.span("shop::cart::operator()");
    recorded.span("operator<");
    recorded.span("shop::cart::~cart");
}
