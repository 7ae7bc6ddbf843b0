// SPDX-License-Identifier: MIT
// What a C++ program runs on, for process.runtime.*.
#pragma once

#include <nanotel/core/config.hpp>

#include <cstdlib> // the macros of the C library
#include <string>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

namespace nanotel::inline NANOTEL_ABI::detail {

struct process_runtime {
    std::string name;
    std::string version;
    std::string description;
};

// The C library that is loaded, which may be newer than the one that the program was built with; where it
// does not tell its version (musl), the C++ library that the program was compiled with.
inline process_runtime find_process_runtime() {
#if defined(_LIBCPP_VERSION)
    const std::string library = "libc++ " + std::to_string(_LIBCPP_VERSION);
#elif defined(_GLIBCXX_RELEASE)
    const std::string library = "libstdc++ " + std::to_string(_GLIBCXX_RELEASE);
#else
    const std::string library = "C++ library";
#endif
#if defined(__clang__)
    const std::string compiler = "compiled by clang " __clang_version__;
#elif defined(__GNUC__)
    const std::string compiler = "compiled by gcc " __VERSION__;
#else
    const std::string compiler = "compiled by another compiler";
#endif
#ifdef __GLIBC__
    const std::string version = ::gnu_get_libc_version();
    return {"glibc", version, "glibc " + version + ", " + library + ", " + compiler};
#else
    return {library.substr(0, library.find(' ')), library.substr(library.find(' ') + 1),
            library + ", " + compiler};
#endif
}

} // namespace nanotel::inline NANOTEL_ABI::detail
