// SPDX-License-Identifier: MIT
#include "spool/spool_support.hpp"

#include <sys/stat.h>

using namespace nanotel_test;
using namespace nanotel::detail;

namespace {

std::string file_of(const temporary_folder& here) {
    return folder_of(here) + "/" + names(folder_of(here), ".otlp").at(0);
}

// What read() says of a file that was changed, after the rest of the spool was checked to go on.
template <class Function>
void damage(Function change, std::string_view says) {
    const temporary_folder here;
    const diagnostics_heard heard;
    spool one(here, "here");
    one.put(signal::traces, 12, R"({"resourceSpans":[]})");
    one.put(signal::metrics, 3, "second");
    const std::string path = file_of(here);
    change(path);
    const auto first = one.oldest();
    REQUIRE(first);
    CHECK(first->items == 12);
    byte_buffer body;
    CHECK(one.read(*first, body) == content::damaged);
    CHECK(body.empty());
    CHECK(one.waiting().items[0] == 0);
    CHECK(one.waiting().files == 1);
    CHECK(one.read(*first, body) == content::later); // it is reported, and counted, once
    CHECK_FALSE(one.remove(*first));
    CHECK(heard.lines().size() == 1);
    CHECK(heard.text().find("12 items are lost") != std::string::npos);
    CHECK(heard.text().find(path) != std::string::npos);
    CAPTURE(heard.text());
    CHECK(heard.text().find(says) != std::string::npos);
    CHECK(next_body(one) == "second");
}

} // namespace

TEST_CASE("a change of any byte is seen") {
    const std::string body = R"({"a":1})";
    const std::string whole = std::string(make_spool_header(signal::traces, 12, body).view()) + body;
    const auto judge = [](std::string_view file, const spool_header& expected) {
        spool_header header;
        spool_damage found = read_spool_header(file.substr(0, spool_header_text::capacity), header);
        if (found == spool_damage::none && (header.kind != expected.kind || header.items != expected.items))
            found = spool_damage::header;
        if (found == spool_damage::none) found = check_spool_body(file, header, file.substr(header.size));
        return found;
    };
    spool_header expected;
    REQUIRE(read_spool_header(whole, expected) == spool_damage::none);
    REQUIRE(judge(whole, expected) == spool_damage::none);
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (int change = 1; change < 256; ++change) {
            std::string changed = whole;
            changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ change);
            CAPTURE(at);
            CAPTURE(change);
            if (judge(changed, expected) == spool_damage::none) FAIL_CHECK("not seen");
        }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK(judge(whole.substr(0, size), expected) != spool_damage::none);
    }
    CHECK(judge(whole + "x", expected) == spool_damage::length);
}

TEST_CASE("a header has one spelling and no more than a payload can hold") {
    const auto read = [](std::string_view text) {
        spool_header header;
        return read_spool_header(text, header);
    };
    using enum spool_damage;
    CHECK(read("nanotel spool 1\nsignal: logs\nitems: 1\nlength: 0\ncrc32: 00000000\n\n") == none);
    CHECK(read("nanotel spool 2\nsignal: logs\nitems: 1\nlength: 0\ncrc32: 00000000\n\n") == version);
    CHECK(read("nanotel spool 12\nsignal: logs\nitems: 1\nlength: 0\ncrc32: 00000000\n\n") == version);
    CHECK(read("Nanotel spool 1\nsignal: logs\nitems: 1\nlength: 0\ncrc32: 00000000\n\n") == magic);
    CHECK(read("") == magic);
    CHECK(read("nanotel spool 1\nsignal: log\nitems: 1\nlength: 0\ncrc32: 00000000\n\n") == header);
    CHECK(read("nanotel spool 1\nsignal: logs\nitems: 01\nlength: 0\ncrc32: 00000000\n\n") == header);
    CHECK(read("nanotel spool 1\nsignal: logs\nitems: -1\nlength: 0\ncrc32: 00000000\n\n") == header);
    CHECK(read("nanotel spool 1\nsignal: logs\nitems: \nlength: 0\ncrc32: 00000000\n\n") == header);
    CHECK(read("nanotel spool 1\nsignal: logs\nitems: 1000000000000\nlength: 0\ncrc32: 00000000\n\n") ==
          none);
    CHECK(read("nanotel spool 1\nsignal: logs\nitems: 1000000000001\nlength: 0\ncrc32: 00000000\n\n") ==
          header);
    CHECK(read("nanotel spool 1\nsignal: logs\nitems: 99999999999999999999999\nlength: 0\ncrc32: "
               "00000000\n\n") == header);
    CHECK(read("nanotel spool 1\nsignal: logs\nitems: 1\nlength: 0\ncrc32: 0\n\n") == header);
    CHECK(read("nanotel spool 1\nsignal: logs\nitems: 1\nlength: 0\ncrc32: ABCDEF00\n\n") == header);
    CHECK(read("nanotel spool 1\nsignal: logs\nitems: 1\nlength: 0\ncrc32: 000000000\n\n") == header);
    CHECK(read("nanotel spool 1\nsignal: logs\nitems: 1\nlength: 0\ncrc32: 00000000\n") == header);
    // The longest there is fits what a reader looks at.
    const std::string longest = "nanotel spool 1\nsignal: metrics\nitems: 1000000000000\nlength: " +
                                std::to_string(~std::uint64_t{0}) + "\ncrc32: ffffffff\n\n";
    CHECK(longest.size() < spool_header_text::capacity);
    CHECK(read(longest) == none);
}

TEST_CASE("each kind of damage is reported once, and the spool goes on") {
    const auto rewrite = [](auto change) {
        return [change](const std::string& path) {
            std::string text = file_content(path);
            change(text);
            write_file(path, text);
        };
    };
    damage(rewrite([](std::string& text) { text[0] = 'X'; }), "does not begin as one of nanotel's");
    damage(rewrite([](std::string& text) { text[14] = '2'; }), "another version of nanotel");
    damage(rewrite([](std::string& text) { text[text.find("12")] = '2'; }), "does not fit its name");
    damage(rewrite([](std::string& text) { text.back() = 'x'; }), "checksum does not fit");
    damage(rewrite([](std::string& text) { text.pop_back(); }), "shorter or longer");
    damage(rewrite([](std::string& text) { text += 'x'; }), "shorter or longer");
    damage(rewrite([](std::string& text) { text.resize(40); }), "header that cannot be read");
    damage(rewrite([](std::string& text) { text.clear(); }), "does not begin");
    damage([](const std::string& path) { std::filesystem::remove(path); }, "cannot be read: No such file");
    const auto instead = [](auto make) {
        return [make](const std::string& path) {
            std::filesystem::remove(path);
            make(path);
        };
    };
    damage(instead([](const std::string& path) { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }),
           "is not a file");
    damage(instead([](const std::string& path) { std::filesystem::create_directory(path); }),
           "is not a file");
    damage(instead([](const std::string& path) { std::filesystem::create_symlink("/etc/passwd", path); }),
           "cannot be read: Too many levels of symbolic links");
}

TEST_CASE("damaged files are kept to be looked at, but not more than sixteen") {
    const temporary_folder here;
    const diagnostics_heard heard;
    {
        spool one(here, "here");
        for (int i = 0; i < 20; ++i) one.put(signal::traces, 1, std::to_string(i));
        for (const std::string& name : names(folder_of(here), ".otlp"))
            write_file(folder_of(here) + "/" + name, "damaged");
        for (int i = 0; i < 10; ++i) CHECK(next_body(one) == "-damaged");
        CHECK(one.waiting().files == 10);
        CHECK(names(folder_of(here), ".damaged").size() == 10);
    }
    spool two(here, "here"); // counts those that it finds
    CHECK(two.take_over().files == 10);
    while (two.oldest()) CHECK(next_body(two) == "-damaged");
    CHECK(names(folder_of(here), ".damaged").size() == 16);
    CHECK(names(folder_of(here), ".otlp").empty());
    CHECK(file_content(folder_of(here) + "/" + names(folder_of(here), ".damaged")[0]) == "damaged");
    CHECK(heard.lines().size() == 20);
    CHECK(heard.lines()[0].find("set aside") != std::string::npos);
    CHECK(heard.lines()[19].find("it was removed") != std::string::npos);
    CHECK(two.take_over().files == 0); // nobody reads them again
}

TEST_CASE("what is no file is not taken over, and an empty file was delivered") {
    const temporary_folder here;
    std::string folder;
    {
        const spool make_the_folder(here, "here");
        folder = folder_of(here);
    }
    const diagnostics_heard heard;
    std::filesystem::create_directory(folder +
                                      "/00000000000000000001-0000000001-0000000000000001-traces-1.otlp");
    std::filesystem::create_symlink(
        "/etc/passwd", folder + "/00000000000000000001-0000000002-0000000000000001-traces-1.otlp");
    write_file(folder + "/00000000000000000001-0000000003-0000000000000001-traces-1.otlp", "");
    spool one(here, "here");
    CHECK(one.take_over().files == 0);
    CHECK(names(folder, ".otlp").size() == 2);
    CHECK(heard.text() == "");
}
