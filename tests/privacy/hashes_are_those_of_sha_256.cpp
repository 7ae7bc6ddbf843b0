// SPDX-License-Identifier: MIT
#include <nanotel/privacy/sha256.hpp>

#include <doctest/doctest.h>
#include <openssl/evp.h>

namespace {

std::string ours(std::string_view text) {
    nanotel::detail::sha256 hash;
    hash.add(text.substr(0, text.size() / 3));
    hash.add(text.substr(text.size() / 3));
    return hash.first_16_digits();
}

std::string theirs(std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    REQUIRE(EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) == 1);
    std::string digits;
    for (int i = 0; i < 8; ++i) {
        digits += "0123456789abcdef"[digest[i] >> 4];
        digits += "0123456789abcdef"[digest[i] & 15];
    }
    return digits;
}

} // namespace

TEST_CASE("hashes are the beginning of SHA-256, as FIPS 180 gives it") {
    CHECK(ours("abc") == "ba7816bf8f01cfea");
    CHECK(ours("") == "e3b0c44298fc1c14");
    CHECK(ours("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "248d6a61d20638b8");
}

TEST_CASE("texts of every length around the blocks hash as OpenSSL hashes them") {
    std::string text;
    for (int i = 0; i < 300; ++i) {
        CHECK(ours(text) == theirs(text));
        text += static_cast<char>(i * 37);
    }
}
