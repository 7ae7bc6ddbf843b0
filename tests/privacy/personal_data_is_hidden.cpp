// SPDX-License-Identifier: MIT
#include <nanotel/privacy/privacy.hpp>

#include <doctest/doctest.h>

using nanotel::privacy_action;
using nanotel::privacy_options;
using nanotel::text_place;

namespace {

// With a mark in the place of each datum, so that the texts show what was found where.
std::string marked(std::string_view text) {
    privacy_options options = privacy_options::all(privacy_action::redact);
    options.redaction = "<>";
    options.attribute_limit = 0;
    std::string instead;
    return nanotel::privacy_processor(options)->replace(text_place::attribute, "key", text, instead)
               ? instead
               : std::string(text);
}

std::string with(const privacy_options& options, std::string_view text, std::string_view key = "key",
                 text_place place = text_place::attribute) {
    std::string instead;
    return nanotel::privacy_processor(options)->replace(place, key, text, instead) ? instead
                                                                                   : std::string(text);
}

struct example {
    std::string_view text, expected;
};

void check(std::initializer_list<example> all) {
    for (const example& one : all) {
        CAPTURE(one.text);
        CHECK(marked(one.text) == one.expected);
    }
}

void check_untouched(std::initializer_list<std::string_view> all) {
    for (const std::string_view text : all) {
        CAPTURE(text);
        CHECK(marked(text) == text);
    }
}

} // namespace

TEST_CASE("e-mail addresses are found wherever they stand") {
    check({{"mail ada@example.com.", "mail <>."},
           {"<ada.lovelace+x@mail.example.co.uk>", "<<>>"},
           {"a@b.de,c@d.fr", "<>,<>"},
           {"https://x.example/?to=ada%40example.org&n=1", "https://x.example/?to=<>&n=1"},
           {"user=ada@example.com", "user=<>"},
           {"5551234567@example.com", "<>"},
           {"mailto:ada@example.com?x", "mailto:<>?x"},
           {"j\xc3\xb6rg@m\xc3\xbcller.example", "<>"}});
    check_untouched({"a@b", "@", "a@", "@b.de", "a @ b.de", "x@1.2.3", "@@@@", "%40example.com"});
}

TEST_CASE("phone numbers are found as people write them") {
    check({{"+1-555-555-5555", "<>"},
           {"call (555) 555-5555 now", "call <> now"},
           {"555.555.5555", "<>"},
           {"1 555 555 5555", "<>"},
           {"5551234567", "<>"},
           {"+49 30 1234567", "<>"},
           {"0049 30 1234567", "<>"},
           {"030/1234567", "<>"},
           {"(11) 98765-4321", "<>"},
           {"+55 11 98765-4321", "<>"},
           {"55 11 98765-4321", "<>"},
           {"tel:+15555555555", "tel:<>"},
           {"/call/5551234567/end", "/call/<>/end"},
           {"%2B15551234567", "<>"},
           {"020 7946 0958", "<>"}});
    check_untouched({"1732950000", "1732950000123", "1732950000123456789", "2026-11-30 06:54:54",
                     "2026-11-30T06:54:54.123456Z", "4711", "12.5", "10-20",
                     "550e8400-e29b-41d4-a716-446655440000", "12345678-1234-1234-1234-123456789012",
                     "4bf92f3577b34da6a3ce929d0e0e4736", "123-45-6789", "1,234,567,890", "3.14159265358979",
                     "tel5551234567"});
}

TEST_CASE("card numbers are those that pass Luhn's check") {
    check({{"4111 1111 1111 1111", "<>"},
           {"4111-1111-1111-1111.", "<>."},
           {"card 4111111111111111 12/27", "card <> 12/27"},
           {"378282246310005", "<>"},
           {"x 12 4111 1111 1111 1111", "x 12 <>"}});
    check_untouched({"4111 1111 1111 1112", "4111-1111-1111-1112", "9111111111111111"});
}

TEST_CASE("IPv4 addresses are four numbers that fit into bytes") {
    check({{"from 192.168.1.10:8080", "from <>:8080"},
           {"10.0.0.0/8", "<>/8"},
           {"[127.0.0.1]", "[<>]"},
           {"1.2.3.4.", "<>."}});
    check_untouched({"999.1.1.1", "1.2.3", "1.2.3.4.5", "v1.2.3.4", "256.0.0.1"});
    CHECK(with({}, "1.2.3.4", "app.version") == "1.2.3.4");
}

TEST_CASE("keys are found by how they begin and by what they are called") {
    check({{"sk_live_abcdefghij1234567890", "<>"},
           {"Authorization: Bearer abc.def-123456", "Authorization: Bearer <>"},
           {"authorization: Basic dXNlcjpwYXNz", "authorization: Basic <>"},
           {"bearer abcdefghijklmnopqrstuvwxyz", "bearer <>"},
           {"api_key_abcdefghijklmnopqrst", "<>"},
           {"AKIAIOSFODNN7EXAMPLE", "<>"},
           {"ghp_abcdefghijklmnopqrstuvwxyz0123456789", "<>"},
           {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "<>"},
           {R"({"password": "hunter2", "user": "ada"})", R"({"password": "<>", "user": "ada"})"},
           {R"({"password": "a\"b"})", R"({"password": "<>"})"},
           {R"({\"access_token\":\"abc\"})", R"({\"access_token\":\"<>\"})"},
           {"?password=hunter2&x=1", "?password=<>&x=1"},
           {"DB_PASSWORD=hunter2 x", "DB_PASSWORD=<> x"},
           {"--token=abc", "--token=<>"}});
    check_untouched({"Bearer authentication failed", "unexpected token: foo", "basic auth is off", "sk-learn",
                     "tokens: 12", "password", "password=", "the key eyJ is short"});
}

TEST_CASE("of home folders the name is hidden") {
    check({{"/home/ada/project/a.py:12", "/home/<>/project/a.py:12"},
           {"at /Users/ada: no", "at /Users/<>: no"},
           {R"(C:\Users\Ada Lovelace\x)", R"(C:\Users\<>\x)"},
           {R"("C:\\Users\\ada\\x")", R"("C:\\Users\\<>\\x")"},
           {"c:/users/ada/x", "c:/users/<>/x"},
           {"/home/ada", "/home/<>"}});
    check_untouched({"/users/:id", "/users/42", "/home/", "/home", "/home/{user}", "/homer/simpson"});
}

TEST_CASE("what is found is hashed, redacted, cut or kept") {
    const std::string text = "ada@example.com from 10.0.0.1, 5551234567";
    CHECK(with({}, "user@example.com") == "sha256:b4c9a289323b21a0");
    CHECK(with(privacy_options::all(privacy_action::redact), text) ==
          "[REDACTED] from [REDACTED], [REDACTED]");
    CHECK(with(privacy_options::all(privacy_action::cut), text) == "ad***@example.com from X.X.X.X, ***4567");
    CHECK(with(privacy_options::all(privacy_action::cut), "4111 1111 1111 1111") == "***1111");
    CHECK(with(privacy_options::all(privacy_action::cut), "/home/ada/x") == "/home/***/x");
    CHECK(with(privacy_options::all(privacy_action::keep), text) == text);
    CHECK(with({.salt = "x"}, "user@example.com") != with({}, "user@example.com"));
    CHECK(with({}, "4111 1111 1111 1111") == "[REDACTED]");
}

TEST_CASE("what was hidden is not hidden again") {
    for (const std::string_view text :
         {"ada@example.com", "/home/ada/x", "10.0.0.1", "password=x", "sk_live_abcdefghij12"}) {
        CAPTURE(text);
        const std::string once = with({}, text);
        CHECK(once != text);
        CHECK(with({}, once) == once);
    }
}

TEST_CASE("values of secret keys are never sent, and numbers of quantities are") {
    const auto processor =
        nanotel::privacy_processor({.denied_keys = {"iban"}, .allowed_keys = {"csrf.token"}});
    const auto hides = [&](std::string_view key, bool number) {
        std::string whole, text;
        const bool replaced = processor->replace_whole(text_place::attribute, key, number, whole);
        if (!number) CHECK(processor->replace(text_place::attribute, key, "x", text) == replaced);
        return replaced;
    };
    for (const std::string_view key : {"password",
                                       "db.password",
                                       "userPassword",
                                       "DB_PASSWORD_2",
                                       "passwd",
                                       "pwd",
                                       "secret",
                                       "client_secret",
                                       "token",
                                       "accessToken",
                                       "access-token",
                                       "Authorization",
                                       "http.request.header.authorization",
                                       "x-api-key",
                                       "apiKey",
                                       "private_key",
                                       "ssn",
                                       "user.ssn",
                                       "cookie",
                                       "credentials",
                                       "customer.IBAN",
                                       "creditCard",
                                       "auth"}) {
        CAPTURE(key);
        CHECK(hides(key, false));
        CHECK(hides(key, true));
    }
    for (const std::string_view key :
         {"token_count", "tokens", "input_tokens", "secret.size", "gen_ai.usage.input_tokens"}) {
        CAPTURE(key);
        CHECK_FALSE(hides(key, true));
    }
    for (const std::string_view key :
         {"author", "tokenizer", "passage", "name", "", "keyboard", "csrf.token", "authority"}) {
        CAPTURE(key);
        CHECK_FALSE(hides(key, false));
    }
    CHECK(hides("api_tokens", false));
}

TEST_CASE("texts are cut between characters, after hiding") {
    const std::string euros = [] {
        std::string made;
        for (int i = 0; i < 600; ++i) made += "\xe2\x82\xac";
        return made;
    }();
    CHECK(with({}, euros).size() == 1500);
    CHECK(with({}, euros, "", text_place::log_body) == euros);
    CHECK(with({}, std::string(2000, 'x'), "", text_place::log_body).size() == 1000);
    CHECK(with({.attribute_limit = 0}, std::string(2000, 'x')).size() == 2000);
    // One that begins before the limit is hidden whole, not cut first and sent in half.
    const std::string late = std::string(495, ' ') + "ada@example.com";
    const std::string sent = with({}, late);
    CHECK(sent.size() == 500);
    CHECK(sent.substr(495) == "sha25");
    const std::string longer = std::string(495, ' ') + "ada.lovelace@example.com";
    CHECK(with({}, longer).substr(495) == "sha25");
    // What is shorter than what it replaces makes room for what follows.
    const std::string key = "sk_live_" + std::string(600, 'a');
    CHECK(with({}, key + " rest") == "[REDACTED] rest");
    CHECK(with({.allowed_keys = {"k"}}, std::string(501, 'x'), "k").size() == 500);
}

TEST_CASE("long hostile texts take time in proportion to their length") {
    // No timing: each would run into the test's limit were it quadratic.
    privacy_options options;
    options.attribute_limit = 0;
    const auto processor = nanotel::privacy_processor(options);
    for (const std::string_view piece :
         {"@", "a@", "1 ", "1", "eyJ-", "eyJ.", "/home/", "password=", "\"password\":\"", "+1", "(1)", "%40",
          "a.", "1.1.1.", "Bearer ", "token:'"}) {
        std::string text;
        while (text.size() < (1u << 20)) text += piece;
        std::string instead;
        static_cast<void>(processor->replace(text_place::attribute, "key", text, instead));
        CHECK(instead.size() < 40 * text.size());
    }
}
