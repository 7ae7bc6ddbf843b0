// SPDX-License-Identifier: MIT
// Certificates and keys for TLS, read and checked when a program starts, with errors that name the file.
#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <stdexcept> // runtime_error
#include <string>
#include <string_view>
#include <system_error> // generic_category
#include <vector>

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

template <auto Free>
struct openssl_free {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using x509_pointer = std::unique_ptr<X509, openssl_free<&::X509_free>>;
using key_pointer = std::unique_ptr<EVP_PKEY, openssl_free<&::EVP_PKEY_free>>;
using bio_pointer = std::unique_ptr<BIO, openssl_free<&::BIO_free_all>>;

/// What TLS is to use, as text in PEM: files are read once, so that a forked child needs none.
struct tls_settings {
    std::string authorities; ///< empty: those that the system trusts
    std::string certificate; ///< of the client, with its chain; empty: none
    std::string key;         ///< of that certificate
    bool verify = true;

    friend bool operator==(const tls_settings&, const tls_settings&) = default;
};

/// Reads a whole small file. What went wrong reads on from the name of the file; empty when nothing did.
[[nodiscard]] inline std::string read_small_file(const std::string& path, std::string& into) {
    constexpr std::size_t largest = 16 * 1024 * 1024; // the bundles of systems have some 250 KiB
    const auto problem = [](int error) {
        return "cannot be read (" + std::generic_category().message(error) + ")";
    };
    into.clear();
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0) return problem(errno);
    std::string error;
    char piece[16 * 1024];
    while (error.empty()) {
        const auto size = ::read(file, piece, sizeof piece);
        if (size > 0)
            into.append(piece, static_cast<std::size_t>(size));
        else if (size == 0)
            break;
        else if (errno != EINTR)
            error = problem(errno);
        if (into.size() > largest) error = "is larger than 16 MiB";
    }
    ::close(file);
    if (error.empty() && into.empty()) error = "is empty";
    return error;
}

/// Never a password: OpenSSL would ask for one on the terminal.
inline int no_password(char*, int, int, void*) noexcept { return -1; }

[[nodiscard]] inline bio_pointer memory_of(std::string_view text) {
    return bio_pointer(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// The certificates in a text in PEM; none when one of them cannot be read.
[[nodiscard]] inline std::vector<x509_pointer> certificates_of(std::string_view pem) {
    std::vector<x509_pointer> all;
    ::ERR_clear_error();
    const bio_pointer text = memory_of(pem);
    while (X509* const one = ::PEM_read_bio_X509(text.get(), nullptr, &no_password, nullptr))
        all.emplace_back(one);
    const auto last = ::ERR_peek_last_error();
    if (ERR_GET_LIB(last) != ERR_LIB_PEM || ERR_GET_REASON(last) != PEM_R_NO_START_LINE) all.clear();
    ::ERR_clear_error();
    return all;
}

/// What is wrong with a text that should hold certificates in PEM; empty when nothing is.
[[nodiscard]] inline std::string certificate_mistake(std::string_view pem) {
    if (!certificates_of(pem).empty()) return {};
    if (pem.find("-----BEGIN CERTIFICATE-----") != pem.npos) return "holds a certificate that cannot be read";
    return "holds no certificate in PEM (a text that begins with -----BEGIN CERTIFICATE-----)";
}

[[nodiscard]] inline key_pointer key_of(std::string_view pem) {
    const bio_pointer text = memory_of(pem);
    key_pointer key(::PEM_read_bio_PrivateKey(text.get(), nullptr, &no_password, nullptr));
    ::ERR_clear_error();
    return key;
}

/// What is wrong with a text that should hold a private key in PEM; empty when nothing is. Repeats nothing
/// of it.
[[nodiscard]] inline std::string key_mistake(std::string_view pem) {
    if (key_of(pem)) return {};
    if (pem.find("ENCRYPTED") != pem.npos)
        return "holds a key that is encrypted, and there is nobody to ask for its password; decrypt it";
    if (pem.find("PRIVATE KEY-----") != pem.npos) return "holds a private key that cannot be read";
    return "holds no private key in PEM (a text that begins with -----BEGIN PRIVATE KEY-----)";
}

/// Whether a key belongs to the first certificate of a text.
[[nodiscard]] inline bool key_fits(std::string_view certificate_pem, std::string_view key_pem) {
    const auto certificates = certificates_of(certificate_pem);
    const key_pointer key = key_of(key_pem);
    const bool fits =
        !certificates.empty() && key && ::X509_check_private_key(certificates[0].get(), key.get()) == 1;
    ::ERR_clear_error();
    return fits;
}

/// Makes a client's context, which has the certificate and the key already: TLS 1.2 or newer, the
/// authorities, and the chain. The settings have been checked. Throws std::runtime_error when OpenSSL does
/// not take them all the same, as a policy of the system may have it.
inline void configure_tls(SSL_CTX* context, const tls_settings& settings) {
    ::ERR_clear_error();
    const auto check = [](bool good, const char* what) {
        if (good) return;
        const char* const reason = ::ERR_reason_error_string(::ERR_peek_last_error());
        std::string text = std::string("OpenSSL does not take ") + what;
        if (reason != nullptr) text += std::string(" (") + reason + ")";
        ::ERR_clear_error();
        throw std::runtime_error(text);
    };
    check(context != nullptr, "a new context");
    check(::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1, "TLS 1.2");
    if (!settings.authorities.empty()) {
        X509_STORE* const store = ::SSL_CTX_get_cert_store(context);
        for (const auto& authority : certificates_of(settings.authorities))
            check(::X509_STORE_add_cert(store, authority.get()) == 1, "the certificate of the authority");
        // An authority may be trusted without the one that it has its own certificate from.
        ::X509_VERIFY_PARAM_set_flags(::SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    }
    if (!settings.certificate.empty()) {
        const auto chain = certificates_of(settings.certificate);
        check(::SSL_CTX_get0_certificate(context) != nullptr && ::SSL_CTX_check_private_key(context) == 1,
              "the client's certificate and key");
        for (std::size_t i = 1; i < chain.size(); ++i)
            check(::SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1,
                  "the chain of the client's certificate");
    }
    ::ERR_clear_error(); // a store without a file leaves errors behind
}

/// Whether what failed last on this thread was that a server does not accept the client's certificate: in TLS
/// 1.3 it says so only after the handshake. Then detail has its words.
[[nodiscard]] inline bool refuses_client(std::string& detail) {
    const auto error = ::ERR_peek_error();
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) return false;
    switch (ERR_GET_REASON(error)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
        if (const char* const reason = ::ERR_reason_error_string(error)) detail = reason;
        return true;
    default:
        return false;
    }
}

} // namespace nanotel::inline NANOTEL_ABI::detail
