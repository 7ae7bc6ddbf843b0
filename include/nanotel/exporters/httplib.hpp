// SPDX-License-Identifier: MIT
// cpp-httplib as the clients of the exporters need it: with TLS.
#pragma once

#include <httplib.h>

// Not defined here: a class of another layout in the program's other files would be another class of the same
// name.
#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#error "cpp-httplib is compiled without TLS; add what `pkg-config --cflags cpp-httplib` says to all flags"
#endif
