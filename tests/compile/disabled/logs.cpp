// SPDX-License-Identifier: MIT
// Every macro of logs. logs.without.cpp is the same without them.
#include <nanotel/log.hpp>

#include <chrono>
#include <stdexcept>

using namespace nanotel::literals;

NANOTEL_INSTRUMENTATION_SCOPE("shop", "1.0");

int opaque(int);

int everything(int x, const char* text) {
    NANOTEL_LOG_TRACE("plain");
    NANOTEL_LOG_DEBUG("{} of {:.2f}", opaque(1), 2.5);
    NANOTEL_LOG_INFO("{} {}", x, text, "k"_attr = opaque(2), "text"_attr = "literal");
    NANOTEL_LOG_WARN_EVERY(std::chrono::seconds(opaque(3)), "{}", opaque(4));
    NANOTEL_LOG(nanotel::severity::error2, "{}", text);
    if (x > 7) NANOTEL_LOG_ERROR("{}", x);
    if (x > 8)
        NANOTEL_LOG_FATAL("{}", x);
    else
        x += 2;
    for (int i = 0; i < x; ++i) {
        NANOTEL_LOG_INFO("in a loop {}", i);
        x += opaque(i);
    }
    return x;
}

// Used for nothing but logs: no warning without them.
int only_for_logs(int used) {
    const int local = used + 1;
    const auto computed = [](int a) { return a; };
    NANOTEL_LOG_INFO("{} {}", local, computed(local), "local"_attr = local);
    return used;
}

template <class T>
T of_template(T value) {
    NANOTEL_LOG_INFO("{}", value);
    return value + static_cast<T>(opaque(1));
}
template int of_template(int);

#ifdef __OPTIMIZE__
int by_function(int x) {
    static constexpr nanotel::instrumentation_scope scope("audit");
    nanotel::log(nanotel::severity::info, "body", "k"_attr = x);
    nanotel::log({.severity = nanotel::severity::warn, .event_name = "event", .scope = &scope},
                 nanotel::map("k"_attr = x));
    if (NANOTEL_LOG_ENABLED(nanotel::severity::info)) opaque(100);
    return x;
}
#else
int by_function(int x) { return x; }
#endif
