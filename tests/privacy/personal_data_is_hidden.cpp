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
           {"\x1b[31mada@example.com\x1b[0m", "\x1b[31m<>\x1b[0m"},
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
           {"020 7946 0958", "<>"},
           {"555-123-4567x89", "<>x89"},
           {"555-123-4567ext89", "<>ext89"},
           {"555-123-4567 ext. 89", "<> ext. 89"},
           {"+1-555-555-5555-+1-555-555-5556", "<>-<>"},
           {"(555) 555-5555-(555) 555-5559", "<>-<>"},
           {"555-123-4567-555-123-4569", "<>-<>"},
           {"00 49 30 1234567", "<>"}});
    check_untouched({"1732950000", "1732950000123", "1732950000123456789", "2026-11-30 06:54:54",
                     "2026-11-30T06:54:54.123456Z", "4711", "12.5", "10-20",
                     "550e8400-e29b-41d4-a716-446655440000", "12345678-1234-1234-1234-123456789012",
                     "4bf92f3577b34da6a3ce929d0e0e4736", "123-45-6789", "1,234,567,890", "3.14159265358979",
                     "tel5551234567", "06:54:00.123456789", "06:54:00.1234567", "555-123-4567xyz"});
}

TEST_CASE("card numbers are those that pass Luhn's check") {
    check({{"4111 1111 1111 1111", "<>"},
           {"4111-1111-1111-1111.", "<>."},
           {"card 4111111111111111 12/27", "card <> 12/27"},
           {"378282246310005", "<>"},
           {"x 12 4111 1111 1111 1111", "x 12 <>"},
           {"2223003122003222", "<>"},
           {"4111111111111111-4242424242424242", "<>-<>"},
           {"4111-1111-1111-1111-4242-4242-4242-4242", "<>-<>"}});
    // Times that pass the check, one in ten.
    check_untouched({"20261130065455", "20261130065463", "20261130065471"});
    check_untouched({"4111 1111 1111 1112", "4111-1111-1111-1112", "9111111111111111"});
}

TEST_CASE("IPv4 addresses are four numbers that fit into bytes") {
    check({{"from 192.168.1.10:8080", "from <>:8080"},
           {"10.0.0.0/8", "<>/8"},
           {"[127.0.0.1]", "[<>]"},
           {"1.2.3.4.", "<>."},
           {"10.0.0.1-10.0.0.9", "<>-<>"},
           {"10.0.0.1-10.0.0.9-10.0.0.12", "<>-<>-<>"}});
    check_untouched({"999.1.1.1", "1.2.3", "1.2.3.4.5", "v1.2.3.4", "256.0.0.1"});
    for (const std::string_view version : {"1.2.3.4", "020 7946 0958", "555.123.4567", "4111111111111111"}) {
        CAPTURE(version);
        CHECK(with({}, version, "app.version") == version);
        CHECK(with({}, version, "appVersion") == version);
        CHECK(with({}, version, "app") != version);
    }
    CHECK(with({}, "ada@example.com", "app.version") != "ada@example.com");
}

TEST_CASE("addresses and cards are found behind letters that are of no word") {
    check({{"\x1b[31m10.0.0.1\x1b[0m", "\x1b[31m<>\x1b[0m"},
           {"\x1b[1;38:5:196m4111111111111111", "\x1b[1;38:5:196m<>"},
           {"\x1b[m10.0.0.1\x1b[K10.0.0.2", "\x1b[m<>\x1b[K<>"},
           {R"(\u001b[31m10.0.0.1 \x1b[1;31m10.0.0.1 \033[0m10.0.0.1 \e[0m10.0.0.1)",
            R"(\u001b[31m<> \x1b[1;31m<> \033[0m<> \e[0m<>)"},
           {R"(a\n192.168.1.10\n)", R"(a\n<>\n)"},
           {R"(a\\n192.168.1.10\r10.0.0.1\b10.0.0.1\f10.0.0.1)", R"(a\\n<>\r<>\b<>\f<>)"},
           {R"(\t4111111111111111)", R"(\t<>)"},
           {R"(\u000a10.0.0.1 \u00204111111111111111 \u003D10.0.0.1)", R"(\u000a<> \u0020<> \u003D<>)"},
           {R"(\n555-123-4567)", R"(\n<>)"},
           {"ip%3D10.0.0.1&card%20%3d4111111111111111", "ip%3D<>&card%20%3d<>"},
           {"visa_4111111111111111", "visa_<>"},
           {"visa_4111 1111 1111 1111_x", "visa_<>_x"},
           {"ip_10.0.0.1", "ip_<>"},
           {"backend_10.0.0.1_8080 10.0.0.1_8080", "backend_<>_8080 <>_8080"},
           {"ip_10.0.0.1-10.0.0.9", "ip_<>-<>"},
           {"ip_10.0.0.1-8080 ip_10.0.0.1-eth0", "ip_<>-8080 ip_<>-eth0"},
           {"a_1_10.0.0.1", "a_1_<>"}});
    check_untouched({"x10.0.0.1",
                     "m10.0.0.1",
                     "[31m10.0.0.1",
                     "x[31m10.0.0.1",
                     "visa4111111111111111",
                     "v1.2.3.4",
                     "x_v1.2.3.4",
                     "_1.2.3.4.5",
                     "_256.0.0.1",
                     "id_5551234567",
                     "id_4111111111111112",
                     "id_1732950000123",
                     "20261130_065455",
                     "at_06:54:00.123456789",
                     "span_4bf92f3577b34da6",
                     "trace_4bf92f3577b34da6a3ce929d0e0e4736",
                     "id_550e8400-e29b-41d4-a716-446655440000",
                     "_42345678-1234-1234-1234-123456789012",
                     "conf_1.2.5.1-2_all.deb",
                     "conf_1.2.5.1_amd64.deb",
                     "conf_1.2.5.1+dfsg1",
                     R"(C:\new\table\bin)",
                     R"(\u00e9t\u00e9)"});
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
           {"--token=abc", "--token=<>"},
           {"token_secret: x", "token_secret: <>"},
           {"Token: abc123", "Token: <>"},
           {"token: aBcDeFgHiJkL", "token: <>"},
           {"token_count=abc", "token_count=<>"},
           {"token=12", "token=<>"},
           {"gsk_abcdefghij0123456789", "<>"}});
    check_untouched({"token: expired", "Unexpected token: identifierName", "unexpected token: '}'",
                     "password is required", "token_count=5", "prompt_tokens=12", "token_rate: 1.5",
                     R"({"completion_tokens": 12})", "gsk_abcdefghij012345678"});
    check_untouched({"Bearer authentication failed", "unexpected token: foo", "basic auth is off", "sk-learn",
                     "tokens: 12", "password", "password=", "the key eyJ is short"});
}

TEST_CASE("what only looks as if it had been hidden before is hidden") {
    check({{"password=[hunter2]", "password=<>"},
           {"password=[hun,ter2] x", "password=<> x"},
           {"password=*hunter2", "password=<>"},
           {"password=****", "password=<>"},
           {"password=[REDACTED]hunter2", "password=<>"},
           {"password=sha256:hunter2", "password=<>"},
           {"password=sha256:0123456789abcdef0", "password=<>"},
           {"password=sha256:0123456789abcdeg", "password=<>"},
           {R"({"password":"*hunter2"})", R"({"password":"<>"})"},
           {"https://app:[hunter2]@db", "https://app:<>@db"}});
    check_untouched({"password=[REDACTED]", "password=[REDACTED], x]", "password=***",
                     "password=sha256:0123456789abcdef x", R"({"password":"[REDACTED]"})",
                     R"({"password":["***"]})", "<password>***</password>", "--password [REDACTED]",
                     "password: *** ***", "https://app:[REDACTED]@db"});
}

TEST_CASE("of lists under the name of a secret all strings are hidden") {
    check({{R"({"password":["hunter2"]})", R"({"password":["<>"]})"},
           {R"({"secrets": [ "a]1", "b2" ], "user": "ada"})", R"({"secrets": [ "<>" ], "user": "ada"})"},
           {R"({"secrets":[["a1"],["b2"]],"c":"d"})", R"({"secrets":[["a1"],["b2"]],"c":"d"})"},
           {R"({\"password\":[\"hunter2\"],\"x\":1})", R"({\"password\":[\"<>\"],\"x\":1})"},
           {R"({"password":["hunter2)", R"({"password":["<>)"},
           {R"({"pin":[1,2,3,4],"x":5})", R"({"pin":<>,"x":5})"},
           {R"({"credentials":{"user":"ada","password":"x"}})",
            R"({"credentials":{"user":"ada","password":"<>"}})"}});
    check_untouched({"tokens=[101, 2023, 102]", "tokens = []", "tokens: ['the', 'cat']", "tokens = {",
                     "unexpected token: [ at line 3, of [foo]", R"({"tokens":{"input":12}})"});
}

TEST_CASE("secrets are found in all the ways in which they are given") {
    check({{"pass=hunter2 DB_PASS=hunter2x", "pass=<> DB_PASS=<>"},
           {R"({"pass":"hunter2","otp":123456,"pin": 1234})", R"({"pass":"<>","otp":<>,"pin": <>})"},
           {"smtpPass: hunter2, passcode: ab12", "smtpPass: <>, passcode: <>"},
           {"user: ada pass: admin", "user: ada pass: <>"},
           {"bearer=hunter2", "bearer=<>"},
           {"curl --password hunter2 --user ada", "curl --password <> --user ada"},
           {"--password=hunter2", "--password=<>"},
           {"--db-pass  'hunter 2' x", "--db-pass  '<>' x"},
           {R"(["--password","hunter2","x"])", R"(["--password","<>","x"])"},
           {"password => hunter2", "password => <>"},
           {"'password'     =>     'hunter2',", "'password'     =>     '<>',"},
           {"password := hunter2 token == a1b2", "password := <> token == <>"},
           {"token === 'a1b2'", "token === '<>'"},
           {"<password>hunter2</password>", "<password><></password>"},
           {"<a:Password Type=\"x#y\">\n hunter 2\n</a:Password>",
            "<a:Password Type=\"x#y\">\n <>\n</a:Password>"},
           {"<password><![CDATA[a<b]]></password>", "<password><![CDATA[<>]]></password>"},
           {"<password>hunter2", "<password><>"},
           {"\x1b[31mpass=hunter2", "\x1b[31mpass=<>"},
           {R"(\npass=hunter2\ttoken=a1)", R"(\npass=<>)"},
           {R"(C:\token=a1)", R"(C:\token=<>)"}});
    check_untouched({"bypass=hunter2",
                     "passed: hunter2",
                     "compass=north1",
                     "spinning=yes1",
                     "pinned=true1",
                     "pass_rate: 95.5%",
                     "pass-through=on",
                     "pin_mode=OUTPUT",
                     "bearer_format: JWT",
                     "pass=12 fail=0",
                     R"({"pass":true,"pin":13})",
                     "otp: expired",
                     "pin: invalid",
                     "second pass: sorting the rows",
                     "--- PASS: TestCart2 (0.00s)",
                     "std::pin::Pin::new(x)",
                     "--password is required",
                     "--password --user ada",
                     "--password-file /run/secrets/x",
                     "non--password hunter2",
                     "the password hunter2",
                     "login <password> <host>",
                     "login <password> host",
                     "<password></password>",
                     "<password/>x</a>",
                     "Option<Token> is none",
                     "<tokens>12</tokens>"});
}

TEST_CASE("passwords of several words are hidden where a line says nothing else") {
    check({{"password: correct horse battery\nx y", "password: <>\nx y"},
           {"x: 1, Password: correct horse, y z", "x: 1, Password: <>, y z"},
           {"  - password: correct horse user: ada", "  - password: <> user: ada"},
           {"password: correct horse user=ada", "password: <> user=ada"},
           {R"("password: correct horse" x)", R"("password: <>" x)"},
           {R"(x\npassword: correct horse\ny z)", R"(x\npassword: <>\ny z)"},
           {"the passphrase: correct horse battery", "the passphrase: <>"},
           {"check password: connection refused", "check password: <> refused"},
           {"password=correct horse", "password=<> horse"},
           {"secret: correct horse", "secret: <> horse"}});
}

TEST_CASE("of cookies all are hidden, to the end of the line") {
    check({{"Cookie: a=1; session=x", "Cookie: <>"},
           {"Set-Cookie: a=1; Path=/; HttpOnly\r\nHost: x", "Set-Cookie: <>\r\nHost: x"},
           {"http.request.header.cookie: a=1; b=2\nx", "http.request.header.cookie: <>\nx"},
           {"cookie=a=1; b=2 x", "cookie=<> x"},
           {R"({"cookie": "a=1; b=2", "user": "ada"})", R"({"cookie": "<>", "user": "ada"})"},
           {"curl -H 'Cookie: a=1; b=2' x.example", "curl -H 'Cookie: <>' x.example"}});
}

TEST_CASE("private keys are hidden whole") {
    check({{"x\n-----BEGIN RSA PRIVATE KEY-----\nMII+/=\nMII\n-----END RSA PRIVATE KEY-----\ny", "x\n<>\ny"},
           {"-----BEGIN PRIVATE KEY-----\nMII", "<>"},
           {"key=-----BEGIN EC PRIVATE KEY-----\\nMII\\n-----END EC PRIVATE KEY----- x", "key=<> x"},
           {"private_key=-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\nx",
            "private_key=<>\nx"}});
    check_untouched({"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----", "-----BEGIN PRIVATE KEY",
                     "-----BEGIN ", "-----END PRIVATE KEY-----"});
}

TEST_CASE("passwords in URLs are hidden, whatever the host is called") {
    check({{"postgres://app:hunter2@db:5432", "postgres://app:<>@db:5432"},
           {"https://user:pass@example.com/x", "https://user:<>@example.com/x"},
           {"redis://:hunter2@cache", "redis://:<>@cache"},
           {"amqp://app:p@ss@mq/x", "amqp://app:<>@mq/x"},
           {"postgres://app:p/ss@db", "postgres://app:<>@db"},
           {"https://ada@example.com:hunter2@git", "https://<>:<>@git"},
           {"https://example.com:8080/to/ada@example.com", "https://example.com:8080/to/<>"},
           {"// ask: ada@example.com", "// ask: <>"}});
    check_untouched({"https://example.com:8080/@ada", "http://[::1]:80/@ada", "https://user:@db", "//a@b"});
    // One that begins before the limit is hidden whole, however far its @ is.
    const std::string text = "postgres://app:" + std::string(150, 'x') + "@db";
    CHECK(with({.attribute_limit = 40}, text) == "postgres://app:[REDACTED]@db");
    // One that begins behind it ends the search.
    CHECK(with({.attribute_limit = 40}, std::string(40, 'x') + " https://u:hunter2@db") ==
          std::string(40, 'x'));
    CHECK(with({.api_keys = privacy_action::keep}, "https://u:ada@example.com") ==
          "https://u:ada@example.com");
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
         {"ada@example.com", "/home/ada/x", "10.0.0.1", "password=x", "sk_live_abcdefghij12",
          "https://user:pass@example.com/x", "Cookie: a=1; b=2", "-----BEGIN PRIVATE KEY-----",
          R"({"password":["x", "y"]})", "password=[x]", "password: correct horse", "--password x",
          "<password>x</password>", "\x1b[31m10.0.0.1", "ip_10.0.0.1"}) {
        CAPTURE(text);
        const std::string once = with({}, text);
        CHECK(once != text);
        CHECK(with({}, once) == once);
        for (const privacy_action action : {privacy_action::hash, privacy_action::cut}) {
            const std::string other = with(privacy_options::all(action), text);
            CHECK(other != text);
            CHECK(with(privacy_options::all(action), other) == other);
        }
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
                                       "APIToken",
                                       "JWTToken",
                                       "CSRFToken",
                                       "SSNNumber",
                                       "myapitoken",
                                       "useridtoken",
                                       "pass",
                                       "db_pass",
                                       "SMTP_PASS",
                                       "SMTP_PASS_2",
                                       "smtpPass",
                                       "passcode",
                                       "pin",
                                       "card.pin",
                                       "otp",
                                       "otpCode",
                                       "bearer",
                                       "auth"}) {
        CAPTURE(key);
        CHECK(hides(key, false));
        CHECK(hides(key, true));
    }
    for (const std::string_view key : {"token_count", "tokens", "input_tokens", "paid_tokens", "TOKENCount",
                                       "secret.size", "gen_ai.usage.input_tokens"}) {
        CAPTURE(key);
        CHECK_FALSE(hides(key, true));
    }
    for (const std::string_view key :
         {"author",    "tokenizer", "passage",  "name",   "",          "keyboard",      "csrf.token",
          "authority", "bypass",    "compass",  "passed", "pass_rate", "passThrough",   "pinned",
          "spin",      "shipping",  "pin_mode", "pins",   "options",   "bearer_format", "forbearer"}) {
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
    // Without a limit what is longer than what it replaces stays whole.
    CHECK(with({.attribute_limit = 0}, "ada@b.de").size() == 23);
    CHECK(with({.message_limit = 0}, "ada@b.de", "key", text_place::log_body).size() == 23);
}

TEST_CASE("every limit keeps the beginning of what is sent without one") {
    const std::string text =
        "\xe2\x82\xac a@b.de, \xc3\xb6 /home/adalovelaceofengland\xe2\x82\xac/x \x82\x82 "
        "10.0.0.1-10.0.0.2 \xc3\xb6 sk_live_abcdefghij1234567890abcdefghij \xc3\xb6\xc3\xb6 "
        "a@b.de \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac";
    const std::string whole = with({.attribute_limit = 0}, text);
    for (std::size_t limit = 1; limit < 250; ++limit) {
        CAPTURE(limit);
        const std::string sent = with({.attribute_limit = limit}, text);
        CHECK(sent == whole.substr(0, nanotel::detail::bytes_of_characters(whole, limit)));
    }
}

TEST_CASE("long texts full of personal data take time in proportion to their length") {
    const std::string_view mail = "ada.lovelace@mail.example.com ";
    std::string text, expected;
    const std::string hash = with({}, mail);
    while (text.size() < (1u << 20)) {
        text += mail;
        expected += hash;
    }
    CHECK((with({.attribute_limit = 0}, text) == expected));
    CHECK((with({.attribute_limit = 1u << 19}, text) == expected.substr(0, 1u << 19)));
    // As much of the text as replaced by nothing makes room for.
    CHECK((with({.emails = privacy_action::redact, .attribute_limit = 1u << 14, .redaction = ""}, text) ==
           std::string(1u << 14, ' ')));
}

TEST_CASE("long hostile texts take time in proportion to their length") {
    // No timing: each would run into the test's limit were it quadratic.
    privacy_options options;
    options.attribute_limit = 0;
    const auto processor = nanotel::privacy_processor(options);
    for (const std::string_view piece : {"@",
                                         "a@",
                                         "1 ",
                                         "1",
                                         "eyJ-",
                                         "eyJ.",
                                         "/home/",
                                         "password=",
                                         "\"password\":\"",
                                         "+1",
                                         "(1)",
                                         "%40",
                                         "a.",
                                         "1.1.1.",
                                         "Bearer ",
                                         "token:'",
                                         "//a:",
                                         "//a:@",
                                         "//a:1/@",
                                         "-----BEGIN PRIVATE KEY-----",
                                         "-----BEGIN ",
                                         "password=\"-----BEGIN PRIVATE KEY-----\"",
                                         "Cookie:",
                                         "'cookie:-----BEGIN PRIVATE KEY-----'",
                                         "555-123-4567-",
                                         "token: a ",
                                         "password:[\"",
                                         "token:[\"a\"",
                                         "tokens: ['a' ",
                                         "password:[1,",
                                         "password:{",
                                         "--password ",
                                         "--password\",",
                                         "<password>",
                                         "<a:password ",
                                         "<password><![CDATA[",
                                         "password: a b ",
                                         "passphrase:\n",
                                         "password: a b:\n",
                                         "\x1b[1;",
                                         "\x1b[31m1",
                                         "_1",
                                         "_1.1.1.1-",
                                         "\\n1",
                                         "\\u0020",
                                         "%20"}) {
        std::string text;
        while (text.size() < (1u << 20)) text += piece;
        std::string instead;
        static_cast<void>(processor->replace(text_place::attribute, "key", text, instead));
        CHECK(instead.size() < 40 * text.size());
    }
}
