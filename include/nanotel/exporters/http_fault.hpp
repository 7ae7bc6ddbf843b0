// SPDX-License-Identifier: MIT
// Why a request has no answer.
#pragma once

#include <cstdint>

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

enum class http_fault : std::uint8_t {
    none,             ///< there is one
    name,             ///< the host name has no address
    refused,          ///< nothing accepts connections there
    connect,          ///< nothing answers there, not even with a no
    proxy,            ///< the proxy does not connect
    tls,              ///< the handshake failed
    tls_certificate,  ///< the server's certificate is not trusted
    tls_refused,      ///< the server does not accept the client's certificate, or misses one
    write,            ///< the connection broke while the request was sent
    read,             ///< the connection was closed before the answer was whole
    deadline,         ///< the time was up
    interrupted,      ///< another thread asked to give up
    peer_is_http2,    ///< a gRPC server, most likely
    peer_is_tls,      ///< the port wants https
    peer_is_unknown,  ///< answers with something that is not HTTP/1
    answer_too_large, ///< more than 4 MiB, or a head of more than 16 KiB
};

} // namespace nanotel::inline NANOTEL_ABI::detail
