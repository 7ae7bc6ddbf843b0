// SPDX-License-Identifier: MIT
#include "exporters/diagnostics_heard.hpp"

#include <nanotel/resource/detectors.hpp>
#include <nanotel/resource/service_instance.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

using nanotel::resource_detector_set;
namespace fs = std::filesystem;

namespace {

const std::string container = "b0c2f1a09c6d4c3b8f5e1d7a6b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c";
const std::string machine = "3d1219c7c4c5404aaa1f6d2a48adfda4";

// A folder that stands for the root of the file system.
struct root_folder {
    root_folder() {
        char name[] = "/tmp/nanotel-test-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
        for (const char* folder : {"/etc", "/proc/self", "/usr/lib", "/var/lib/dbus"})
            fs::create_directories(path + folder);
    }
    root_folder(const root_folder&) = delete;
    root_folder& operator=(const root_folder&) = delete;
    ~root_folder() { fs::remove_all(path); }
    void write(const std::string& file, const std::string& text) const {
        std::ofstream(path + file, std::ios::binary) << text;
    }
    std::string path;
};

nanotel::resource detect(resource_detector_set wanted, const std::string& root = {}) {
    wanted.root = root;
    nanotel::resource found;
    nanotel::detail::resource_detector(wanted, found).detect("an-instance");
    return found;
}

resource_detector_set only(bool resource_detector_set::* which) {
    resource_detector_set set = resource_detector_set::none();
    set.*which = true;
    return set;
}

std::string text(const nanotel::resource& of, const char* key) {
    const auto* const value = of.find(key);
    if (value == nullptr) return "(none)";
    const auto* const string = std::get_if<std::string>(value);
    return string != nullptr ? *string : "(no string)";
}

std::string keys(const nanotel::resource& of) {
    std::string all;
    for (const auto& [key, value] : of.attributes()) all += (all.empty() ? "" : " ") + key;
    return all;
}

resource_detector_set named(const char* value) {
    return nanotel::detail::resource_detectors_of(
        {[=](const std::string& name) -> std::optional<std::string> {
            if (name == "OTEL_RESOURCE_DETECTORS") return value;
            return std::nullopt;
        }});
}

} // namespace

TEST_CASE("each detector brings its attributes, and one that is off brings none") {
    const root_folder root;
    root.write("/etc/machine-id", machine + "\n");
    root.write("/etc/os-release", "NAME=\"Debian GNU/Linux\"\nVERSION_ID='12'\n"
                                  "PRETTY_NAME=\"Debian \\\"twelve\\\"\"\n# NAME=no\n");
    root.write("/etc/passwd",
               "daemon:x:99999:1::/:/bin/sh\nada:x:" + std::to_string(::geteuid()) + ":0:Ada::\n");
    root.write("/proc/self/cmdline", std::string("shop\0--port\0"
                                                 "80\0",
                                                 15));
    fs::create_symlink("/opt/shop/bin/shop (deleted)", root.path + "/proc/self/exe");

    using set = resource_detector_set;
    CHECK(keys(detect(set::none(), root.path)).empty());
    CHECK(text(detect(only(&set::service), root.path), "service.instance.id") == "an-instance");
    CHECK(keys(detect(only(&set::service), root.path)) == "service.instance.id");

    const auto host = detect(only(&set::host), root.path);
    CHECK(keys(host) == "host.name host.arch host.id");
    CHECK(text(host, "host.id") == machine);
    char name[256]{};
    REQUIRE(::gethostname(name, sizeof name - 1) == 0);
    CHECK(text(host, "host.name") == name);

    const auto os = detect(only(&set::os), root.path);
    CHECK(keys(os) == "os.type os.name os.version os.description");
    CHECK(text(os, "os.type") == "linux");
    CHECK(text(os, "os.name") == "Debian GNU/Linux");
    CHECK(text(os, "os.version") == "12");
    CHECK(text(os, "os.description").find("Debian \"twelve\" (Linux ") == 0);

    const auto process = detect(only(&set::process), root.path);
    CHECK(keys(process) == "process.pid process.parent_pid process.executable.name process.executable.path "
                           "process.owner");
    CHECK(std::get<std::int64_t>(*process.find("process.pid")) == ::getpid());
    CHECK(std::get<std::int64_t>(*process.find("process.parent_pid")) == ::getppid());
    CHECK(text(process, "process.executable.name") == "shop");
    CHECK(text(process, "process.executable.path") == "/opt/shop/bin/shop");
    CHECK(text(process, "process.owner") == "ada");

    const auto arguments = detect(only(&set::command_args), root.path);
    CHECK(std::get<std::vector<std::string>>(*arguments.find("process.command_args")) ==
          std::vector<std::string>{"shop", "--port", "80"});
    CHECK(nanotel::detail::resource_json(arguments) ==
          R"({"attributes":[{"key":"process.command_args","value":{"arrayValue":{"values":[)"
          R"({"stringValue":"shop"},{"stringValue":"--port"},{"stringValue":"80"}]}}}]})");

    const auto runtime = detect(only(&set::process_runtime), root.path);
    CHECK(keys(runtime) == "process.runtime.name process.runtime.version process.runtime.description");
    CHECK(text(runtime, "process.runtime.description").find(text(runtime, "process.runtime.version")) !=
          std::string::npos);
}

TEST_CASE("of this machine all detectors find something, and no arguments without being asked") {
    const auto found = detect({});
    for (const char* key : {"service.instance.id", "host.name", "host.arch", "os.type", "os.description",
                            "process.pid", "process.executable.path", "process.runtime.name"}) {
        CAPTURE(key);
        CHECK(found.find(key) != nullptr);
    }
    CHECK(found.find("process.command_args") == nullptr);
}

TEST_CASE("in a container there is its id, and the machine's is not known") {
    const root_folder root;
    root.write("/etc/machine-id", machine + "\n"); // of the image
    root.write("/proc/self/cgroup", "0::/\n");
    root.write("/proc/self/mountinfo",
               "700 600 8:1 /docker/containers/" + container + "/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n");
    const auto found = detect({}, root.path);
    CHECK(text(found, "container.id") == container);
    CHECK(text(found, "host.id") == "(none)");
    CHECK(found.find("host.name") != nullptr);
    // Also where nobody wants to know of the container.
    CHECK(text(detect(only(&resource_detector_set::host), root.path), "host.id") == "(none)");
    root.write("/proc/self/mountinfo", "");
    CHECK(text(detect({}, root.path), "host.id") == machine);
    CHECK(text(detect({}, root.path), "container.id") == "(none)");
}

TEST_CASE("in a container whose id is not to be seen there is no host.id either") {
    const root_folder root;
    root.write("/etc/machine-id", machine + "\n"); // of the image
    root.write("/proc/self/cgroup", "0::/\n");
    fs::create_directories(root.path + "/run");
    const auto host_id = [&] { return text(detect({}, root.path), "host.id"); };
    const auto is_one_with = [&](const std::string& file, const std::string& content) {
        CAPTURE(file);
        CHECK(host_id() == machine);
        root.write(file, content);
        CHECK(host_id() == "(none)");
        CHECK(text(detect({}, root.path), "container.id") == "(none)");
        CHECK(text(detect(only(&resource_detector_set::host), root.path), "host.id") == "(none)");
        fs::remove(root.path + file);
    };
    is_one_with("/.dockerenv", "");
    is_one_with("/run/.containerenv", "");
    is_one_with("/proc/self/environ", std::string("A=b\0KUBERNETES_SERVICE_HOST=10.0.0.1\0", 38));
    is_one_with("/proc/self/environ", "KUBERNETES_SERVICE_HOST=10.0.0.1");
    is_one_with("/proc/self/mountinfo", "700 600 0:60 / / rw,relatime - overlay overlay rw,lowerdir=/a\n"
                                        "701 700 8:1 /pods/x/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n");
    root.write("/proc/self/environ",
               std::string("NO_KUBERNETES_SERVICE_HOST=1\0A=KUBERNETES_SERVICE_HOST=1", 55));
    root.write("/proc/self/mountinfo",
               "26 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
               "90 26 0:60 / /var/lib/docker/overlay2/a/merged rw - overlay overlay rw\n");
    CHECK(host_id() == machine);
}

TEST_CASE("files that are missing, empty, endless, no files or full of anything are survived") {
    const root_folder root;
    const auto everything = [&] {
        resource_detector_set all;
        all.command_args = true;
        return detect(all, root.path);
    };
    const std::string without_files = "service.instance.id host.name host.arch os.type os.description "
                                      "process.pid process.parent_pid process.runtime.name "
                                      "process.runtime.version process.runtime.description";
    CHECK(keys(everything()) == without_files);
    CHECK(nanotel::detail::resource_detector::fallback_service_name(root.path) == "unknown_service");
    root.write("/proc/self/comm", "shop\n");
    CHECK(nanotel::detail::resource_detector::fallback_service_name(root.path) == "unknown_service:shop");
    const char* const files[] = {"/etc/machine-id",   "/etc/os-release",    "/etc/passwd",
                                 "/proc/self/cgroup", "/proc/self/cmdline", "/proc/self/mountinfo",
                                 "/proc/self/exe"};
    for (const std::string& content : {std::string(), std::string(3'000'000, 'a'), std::string(2000, '\n'),
                                       std::string("\xff\xfe\0=:\0 ::", 9), std::string("uninitialized\n")}) {
        for (const char* file : files) root.write(file, content);
        const auto found = everything();
        CHECK(found.find("host.id") == nullptr);
        CHECK(found.find("os.name") == nullptr);
        CHECK(found.find("container.id") == nullptr);
        CHECK(found.find("process.owner") == nullptr);
    }
    // One would wait for ever on a pipe without a writer.
    for (const char* file : files) {
        fs::remove(root.path + file);
        REQUIRE(::mkfifo((root.path + file).c_str(), 0600) == 0);
    }
    CHECK(keys(everything()) == without_files);
    for (const char* file : files) {
        fs::remove(root.path + file);
        fs::create_directory(root.path + file);
    }
    CHECK(keys(everything()) == without_files);
    // The second places of files that have one.
    fs::remove(root.path + "/etc/machine-id");
    root.write("/var/lib/dbus/machine-id", machine);
    root.write("/usr/lib/os-release", "NAME=Fedora");
    fs::remove(root.path + "/etc/os-release");
    CHECK(text(everything(), "host.id") == machine);
    CHECK(text(everything(), "os.name") == "Fedora");
}

TEST_CASE("OTEL_RESOURCE_DETECTORS names those that are wanted") {
    const nanotel_test::diagnostics_heard heard;
    CHECK(named("").host);
    CHECK_FALSE(named("").command_args);
    const auto some = named(" Host,process_command_args,env ");
    CHECK((some.host && some.command_args));
    CHECK_FALSE((some.service || some.os || some.process || some.process_runtime || some.container));
    const auto none = named("none");
    CHECK_FALSE((none.service || none.host || none.os || none.process || none.process_runtime ||
                 none.container || none.command_args));
    const auto all = named("process_command_args,all");
    CHECK((all.service && all.host && all.os && all.process && all.process_runtime && all.container &&
           all.command_args));
    CHECK(heard.lines().empty());
    const auto rest = named("os,gcp,ec2,gcp");
    CHECK((rest.os && !rest.host));
    CHECK(named("moon").host);
    REQUIRE(heard.lines().size() == 2);
    CHECK(heard.lines()[0] ==
          "warning: OTEL_RESOURCE_DETECTORS=\"gcp,ec2,gcp\" is ignored. Allowed: one or more of: all, none, "
          "service, host, os, process, process_runtime, process_command_args, container, env, sdk. Used "
          "instead: os");
    CHECK(heard.lines()[1].find("\"moon\" is ignored. Allowed: one or more of: all, ") != std::string::npos);
    CHECK(heard.lines()[1].ends_with(". Used instead: all"));
}

TEST_CASE("processors and systems have the names of the conventions") {
    using nanotel::detail::host_arch_of;
    CHECK(host_arch_of("x86_64") == "amd64");
    CHECK(host_arch_of("aarch64") == "arm64");
    CHECK(host_arch_of("armv7l") == "arm32");
    CHECK(host_arch_of("i686") == "x86");
    CHECK(host_arch_of("ppc64le") == "ppc64");
    CHECK(host_arch_of("s390x") == "s390x");
    CHECK(host_arch_of("riscv64") == "riscv64");
    CHECK(nanotel::detail::os_type_of("SunOS") == "solaris");
    CHECK(nanotel::detail::os_type_of("FreeBSD") == "freebsd");
}

TEST_CASE("the id of an instance is a random UUID, the same until it is forgotten") {
    nanotel::detail::service_instance instance;
    const std::string first = instance.id();
    REQUIRE(first.size() == 36);
    for (std::size_t i = 0; i < first.size(); ++i) {
        CAPTURE(i);
        if (i == 8 || i == 13 || i == 18 || i == 23)
            CHECK(first[i] == '-');
        else
            CHECK(std::string("0123456789abcdef").find(first[i]) != std::string::npos);
    }
    CHECK(first[14] == '4');                                         // the version
    CHECK(std::string("89ab").find(first[19]) != std::string::npos); // the variant
    CHECK(instance.id() == first);
    instance.forget();
    CHECK(instance.id() != first);
}
