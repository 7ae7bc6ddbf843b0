// SPDX-License-Identifier: MIT
// The names that the tests use, without a server of names.
#include <string_view>

#include <dlfcn.h>
#include <netdb.h>

// Stands before the C library's own for the whole program: no name below .invalid has an address, and
// two-addresses.test has 127.0.0.2 first, then 127.0.0.1.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
    using function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    const std::string_view name = node != nullptr ? node : "";
    if (name.ends_with(".invalid")) return EAI_NONAME;
    if (name != "two-addresses.test") return real(node, service, hints, result);
    if (const int error = real("127.0.0.2", service, hints, result)) return error;
    addrinfo** end = &(*result)->ai_next;
    while (*end != nullptr) end = &(*end)->ai_next;
    return real("127.0.0.1", service, hints, end); // freeaddrinfo frees them one by one
}
