// EXPECT: cpp-httplib is compiled without TLS
// SPDX-License-Identifier: MIT
#ifdef SHOULD_FAIL
#undef CPPHTTPLIB_OPENSSL_SUPPORT
#endif
#include <nanotel/exporters/http.hpp>
