// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <cstdlib>
#include <map>
#include <new>

using namespace nanotel::literals;
using nanotel_test::recording;

namespace {

// Of this thread, while it counts: the threads behind may allocate as they like.
constinit thread_local bool counting = false;
constinit thread_local int allocations = 0;

void* counted(std::size_t size) {
    if (counting) ++allocations;
    void* const memory = std::malloc(size == 0 ? 1 : size);
    if (!memory) std::abort();
    return memory;
}

template <class Work>
int allocations_of(Work work) {
    allocations = 0;
    counting = true;
    work();
    counting = false;
    return allocations;
}

} // namespace

// The whole program's: the other tests are counted too where they ask for it, which is nowhere.
void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

TEST_CASE("after a site's first span nothing allocates") {
    recording recorded;
    const std::string text = "a string that is copied, and longer than a small one";
    const std::string long_text(10'000, 'x');
    const std::vector<int> numbers{1, 2, 3};
    const std::map<std::string, int> map{{"a", 1}};
    const auto work = [&] {
        NANOTEL_SPAN(span, "span", "i"_attr = 1, "d"_attr = 2.5, "s"_attr = text, "l"_attr = "literal",
                     "v"_attr = numbers, "m"_attr = map);
        NANOTEL_SCOPED_SPAN("child", "n"_attr = 1);
        span.set("late"_attr = text, "long"_attr = long_text);
        span.set("run time key", 1);
        span.add_event("event", "e"_attr = text);
        span.add_link(span.context());
        span.set_status(nanotel::status_code::error, text);
        span.update_name(text);
        NANOTEL_DETACHED_SPAN(detached, "detached", "x"_attr = long_text);
        nanotel::detached_span moved(std::move(detached));
        nanotel::in_span("function", "f"_attr = 1, [] {});
        const nanotel::context_scope scope(moved.context());
        static_cast<void>(nanotel::current_context());
        nanotel::span early("ends early");
        nanotel::span late("ends late");
        early.end();
    };
    // Else the test would pass with a hook that hears nothing.
    CHECK(allocations_of([] { static_cast<void>(std::make_unique<int>(1)); }) == 1);
    work();
    CHECK(allocations_of([&] {
              for (int i = 0; i < 10'000; ++i) work();
          }) == 0);
    CHECK(recorded.dropped() == 0);
    CHECK(recorded.spans().size() == 6 * 10'001);
}
