// SPDX-License-Identifier: MIT
// What error.type says of an exception.
#pragma once

#include <nanotel/core/config.hpp>

#include <cxxabi.h>

#include <string>
#include <typeinfo>

namespace nanotel::inline NANOTEL_ABI::detail {

// The readable type of the exception that is being handled.
inline std::string name_of_current_exception() {
    const std::type_info* const type = abi::__cxa_current_exception_type();
    if (!type) return "_OTHER";
    int status = 0;
    char* const readable = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    std::string name = readable ? readable : type->name();
    __builtin_free(readable);
    return name;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
