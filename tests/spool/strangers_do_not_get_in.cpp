// SPDX-License-Identifier: MIT
#include "spool/spool_support.hpp"

#include <sys/stat.h>

using namespace nanotel_test;
namespace fs = std::filesystem;

namespace {

// What a spool that cannot be used says.
std::string refused(const std::string& directory) {
    const diagnostics_heard heard;
    spool one({.directory = directory}, "here");
    CHECK_FALSE(one.usable());
    CHECK(one.put(signal::traces, 1, "a") == outcome::failed);
    CHECK(heard.lines().size() == 1);
    CHECK(heard.text().starts_with("error: "));
    return heard.text();
}
bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("a directory is made with its parents, for this user alone") {
    const temporary_folder here;
    const mode_t before = ::umask(0);
    spool one({.directory = here.path + "/a/b//c/"}, "here");
    ::umask(before);
    CHECK(one.usable());
    for (const char* made : {"/a", "/a/b", "/a/b/c"})
        CHECK(fs::status(here.path + made).permissions() == fs::perms::owner_all);
    CHECK(one.put(signal::traces, 1, "a") == outcome::written);
    spool again({.directory = here.path + "/a/b/c"}, "here");
    CHECK(again.usable());
}

TEST_CASE("a relative directory stays where it was when the process goes elsewhere") {
    const temporary_folder here;
    const fs::path before = fs::current_path();
    fs::current_path(here.path);
    spool one({.directory = "spool"}, "here");
    fs::current_path(before);
    CHECK(one.put(signal::traces, 1, "a") == outcome::written);
    CHECK(names(folder_of({.directory = here.path + "/spool"}), ".otlp").size() == 1);
}

TEST_CASE("a directory that cannot be is refused, with the reason") {
    const temporary_folder here;
    write_file(here.path + "/file", "");
    CHECK(contains(refused(here.path + "/file"),
                   "\"" + here.path + "/file\" cannot be opened: it is not a directory"));
    CHECK(contains(refused(here.path + "/file/below"), "cannot be made: Not a directory"));
    CHECK(contains(refused("/proc/nanotel"), "cannot be made"));
    CHECK(contains(refused(here.path + "/" + std::string(300, 'x')), "File name too long"));
    write_file(folder_of({.directory = here.path}), "");
    CHECK(contains(refused(here.path), "it is not a directory; move it away"));
}

TEST_CASE("a directory that others may write is refused, with what to do") {
    const temporary_folder here;
    REQUIRE(::chmod(here.path.c_str(), 0777) == 0);
    CHECK(contains(refused(here.path), "can be written by others"));
    CHECK(contains(refused("/tmp"), "/tmp"));
    REQUIRE(::chmod(here.path.c_str(), 0770) == 0); // a group may share it: our folder in it is ours
    REQUIRE(::mkdir(folder_of({.directory = here.path}).c_str(), 0700) == 0);
    REQUIRE(::chmod(folder_of({.directory = here.path}).c_str(), 0770) == 0);
    CHECK(contains(refused(here.path), "chmod go-w"));
    REQUIRE(::chmod(folder_of({.directory = here.path}).c_str(), 0750) == 0);
    CHECK(spool({.directory = here.path}, "here").usable());
}

TEST_CASE("a directory of another user's is refused") {
    const temporary_folder here;
    if (::geteuid() != 0) {
        CHECK(contains(refused("/"), "belongs to user 0"));
        return;
    }
    REQUIRE(::chown(here.path.c_str(), 65534, 65534) == 0);
    const std::string said = refused(here.path);
    CHECK(contains(said, "belongs to user 65534 and this process runs as 0"));
    REQUIRE(::chown(here.path.c_str(), 0, 0) == 0);
    REQUIRE(::mkdir(folder_of({.directory = here.path}).c_str(), 0700) == 0);
    REQUIRE(::chown(folder_of({.directory = here.path}).c_str(), 65534, 65534) == 0);
    CHECK(contains(refused(here.path), "belongs to user 65534"));
}

TEST_CASE("links planted in the way lead nowhere") {
    const temporary_folder here, elsewhere;
    const std::string victim = elsewhere.path + "/victim";
    write_file(victim, "precious");

    SUBCASE("in place of the folder") {
        fs::create_directory_symlink(elsewhere.path, folder_of({.directory = here.path}));
        CHECK(contains(refused(here.path), "it is not a directory; move it away"));
        CHECK(names(elsewhere.path).size() == 1);
    }
    SUBCASE("in place of a temporary file") {
        const diagnostics_heard heard;
        spool one(here, "here");
        one.put(signal::traces, 1, "a");
        const std::string own = names(folder_of(here), ".claim").at(0).substr(0, 16);
        fs::create_symlink(victim, folder_of(here) + "/0000000002-" + own + ".tmp");
        CHECK(one.put(signal::traces, 1, "b") == outcome::failed);
        CHECK(heard.lines().size() == 1);
        CHECK(one.put(signal::traces, 1, "c") == outcome::written);
        CHECK(all_bodies(one) == std::vector<std::string>{"a", "c"});
    }
    SUBCASE("in place of a claim") {
        const diagnostics_heard heard;
        {
            const spool make_the_folder(here, "here");
        }
        fs::create_symlink(victim, folder_of(here) + "/00000000deadbeef.claim");
        spool one(here, "here");
        CHECK(one.take_over().files == 0);
        CHECK(contains(heard.text(), "cannot be claimed"));
    }
    SUBCASE("in place of a payload that is delivered") {
        spool one(here, "here");
        one.put(signal::traces, 1, "a");
        const std::string payload = folder_of(here) + "/" + names(folder_of(here), ".otlp").at(0);
        fs::remove(payload);
        fs::create_symlink(victim, payload);
        CHECK(one.remove(*one.oldest()));
        CHECK_FALSE(fs::exists(fs::symlink_status(payload)));
    }
    CHECK(file_content(victim) == "precious");
}
