// SPDX-License-Identifier: MIT
// What the system tells of the place that telemetry comes from (OpenTelemetry semantic conventions,
// "Resource"). Reads files and asks the kernel, never the network.
#pragma once

#include <nanotel/core/environment.hpp>
#include <nanotel/otlp/resource.hpp>
#include <nanotel/resource/container_id.hpp>
#include <nanotel/resource/os_release.hpp>
#include <nanotel/resource/runtime.hpp>

#include <sys/utsname.h>

namespace nanotel::inline NANOTEL_ABI {

/// Which resource detectors look around when the telemetry starts. What they find is weaker than every
/// attribute that the environment or the code gives. OTEL_RESOURCE_DETECTORS has the names of those that are
/// wanted, or all, or none. A start reads about ten small files for them, in a few tenths of a millisecond.
struct resource_detector_set {
    bool service = true; ///< service.instance.id: a random UUID for each process
    /// host.name, host.arch; and host.id (/etc/machine-id) where the process is in no container, whose image
    /// would have brought the file. A root that is an overlay counts for one, so that a live system has no
    /// host.id either. The name is that of the kernel: no name server is asked.
    bool host = true;
    bool os = true; ///< os.type, os.name, os.version, os.description, from /etc/os-release and the kernel
    /// process.pid, process.parent_pid, process.executable.name, process.executable.path; and process.owner
    /// where /etc/passwd names the effective user. Directories of users on the network are not asked.
    bool process = true;
    bool process_runtime = true; ///< process.runtime.name, .version, .description: the C library
    bool container = true;       ///< container.id, from the control groups or the mounts of the process
    /// process.command_args. Not among `all`: arguments hold passwords and the names of people more often
    /// than one thinks. As process_command_args in the variable.
    bool command_args = false;
    /// For tests: stands before the names of all files, as "/tmp/root" before /etc/machine-id.
    std::string root = {};

    [[nodiscard]] static resource_detector_set none() {
        resource_detector_set set;
        set.service = set.host = set.os = set.process = set.process_runtime = set.container = false;
        return set;
    }
};

namespace detail {

// OTEL_RESOURCE_DETECTORS, by the names that declarative configuration and other SDKs have for them. What a
// list of another SDK may have beside them, "env" and "sdk", is always there: the specification demands it.
inline resource_detector_set resource_detectors_of(const environment& variables) {
    using set = resource_detector_set;
    const auto named = variables.choices<bool set::*>("OTEL_RESOURCE_DETECTORS",
                                                      {{"all", nullptr},
                                                       {"none", nullptr},
                                                       {"service", &set::service},
                                                       {"host", &set::host},
                                                       {"os", &set::os},
                                                       {"process", &set::process},
                                                       {"process_runtime", &set::process_runtime},
                                                       {"process_command_args", &set::command_args},
                                                       {"container", &set::container},
                                                       {"env", nullptr},
                                                       {"sdk", nullptr}});
    if (!named) return {};
    set wanted = set::none();
    for (const auto& [word, member] : *named) {
        if (word == "all") {
            const bool arguments = wanted.command_args;
            wanted = {};
            wanted.command_args = arguments;
        } else if (member) {
            wanted.*member = true;
        }
    }
    return wanted;
}

// The kernel's name of a processor as the semantic conventions have it; others as they are.
constexpr std::string_view host_arch_of(std::string_view machine) noexcept {
    if (machine == "x86_64" || machine == "amd64") return "amd64";
    if (machine == "aarch64" || machine == "arm64" || machine == "aarch64_be") return "arm64";
    if (machine.size() == 4 && machine[0] == 'i' && machine.ends_with("86")) return "x86";
    if (machine.starts_with("arm")) return "arm32";
    if (machine == "ppc64" || machine == "ppc64le") return "ppc64";
    if (machine == "ppc" || machine == "ppcle") return "ppc32";
    return machine;
}

// The kernel's name of a system as the semantic conventions have it.
inline std::string os_type_of(std::string_view system) {
    std::string type;
    for (const char c : system) type += ascii_lower(c);
    if (type == "sunos") return "solaris";
    if (type == "dragonfly") return "dragonflybsd";
    if (type == "hp-ux") return "hpux";
    return type;
}

// The user of a line of passwd(5), name:password:uid:…
inline std::string user_name(std::string_view passwd, std::uint64_t uid) {
    const std::string wanted = std::to_string(uid);
    std::string name;
    for_each_line(passwd, [&](std::string_view line) {
        if (field_of(line, 2, ':') == wanted) name = field_of(line, 0, ':');
        return name.empty();
    });
    return name;
}

class resource_detector {
public:
    resource_detector(const resource_detector_set& wanted, resource& into)
        : wanted_(wanted), root_(wanted.root), into_(into) {
        if (::uname(&system_) != 0) system_ = {};
    }

    // Of a program that was replaced while it runs, the name that it was started by.
    static std::string executable_path(const std::string& root) {
        std::string path = read_link(root + "/proc/self/exe");
        constexpr std::string_view deleted = " (deleted)";
        if (path.ends_with(deleted)) path.resize(path.size() - deleted.size());
        return path;
    }

    // OpenTelemetry semantic conventions, "Service": unknown_service, and where it is known the program.
    static std::string fallback_service_name(const std::string& root) {
        const std::string path = executable_path(root);
        std::string name = path.substr(path.rfind('/') + 1);
        if (name.empty()) name = trim_line(read_small_file(root + "/proc/self/comm", 256));
        return name.empty() ? "unknown_service" : "unknown_service:" + name;
    }

    void detect(std::string_view instance_id) {
        const std::string container = wanted_.container || wanted_.host ? container_id() : std::string();
        if (wanted_.service) set("service.instance.id", std::string(instance_id));
        if (wanted_.host) detect_host(!container.empty() || is_in_container());
        if (wanted_.os) detect_os();
        if (wanted_.process) detect_process();
        if (wanted_.command_args) detect_arguments();
        if (wanted_.process_runtime) {
            const process_runtime found = find_process_runtime();
            set("process.runtime.name", found.name);
            set("process.runtime.version", found.version);
            set("process.runtime.description", found.description);
        }
        if (wanted_.container) set("container.id", container);
    }

private:
    static constexpr std::size_t enough = 64 << 10; // of files that are much smaller

    void set(const char* key, std::string value) {
        if (!value.empty()) into_.set(key, std::move(value));
    }

    std::string container_id() const {
        std::string id = container_id_of_groups(read_small_file(root_ + "/proc/self/cgroup", enough));
        return id.empty() ? container_id_of_mounts(read_mounts()) : id;
    }

    // Also where the id is not to be seen, as under containerd with cgroup v2, which is most of Kubernetes.
    bool is_in_container() const {
        if (::access((root_ + "/.dockerenv").c_str(), F_OK) == 0) return true;
        if (::access((root_ + "/run/.containerenv").c_str(), F_OK) == 0) return true;
        // As it was when the program began, and below the root as all else.
        const std::string variables =
            '\0' + read_small_file(root_ + "/proc/self/environ", std::size_t{1} << 20);
        constexpr std::string_view of_pod("\0KUBERNETES_SERVICE_HOST=", 25);
        return variables.find(of_pod) != variables.npos || has_overlay_root(read_mounts());
    }

    std::string read_mounts() const { // a machine with many containers has many
        return read_small_file(root_ + "/proc/self/mountinfo", std::size_t{1} << 20);
    }

    void detect_host(bool in_container) {
        char name[257]{};
        if (::gethostname(name, sizeof name - 1) == 0) set("host.name", name);
        set("host.arch", std::string(host_arch_of(system_.machine)));
        if (in_container) return;
        for (const char* const file : {"/etc/machine-id", "/var/lib/dbus/machine-id"}) {
            const std::string id(trim_line(read_small_file(root_ + file, 64)));
            // While a system boots for the first time it says "uninitialized".
            if (id.size() != 32 || !is_lower_hex(id)) continue;
            return set("host.id", id);
        }
    }

    void detect_os() {
        set("os.type", os_type_of(system_.sysname));
        std::string file = read_small_file(root_ + "/etc/os-release", enough);
        if (file.empty()) file = read_small_file(root_ + "/usr/lib/os-release", enough);
        const os_release release = parse_os_release(file);
        set("os.name", release.name);
        set("os.version", release.version);
        std::string description = release.description.empty() ? release.name : release.description;
        if (system_.sysname[0] != '\0') {
            const std::string kernel = std::string(system_.sysname) + " " + system_.release;
            description = description.empty() ? kernel : description + " (" + kernel + ")";
        }
        set("os.description", description);
    }

    void detect_process() {
        into_.set("process.pid", static_cast<std::int64_t>(::getpid()));
        into_.set("process.parent_pid", static_cast<std::int64_t>(::getppid()));
        const std::string path = executable_path(root_);
        set("process.executable.name", path.substr(path.rfind('/') + 1));
        set("process.executable.path", path);
        set("process.owner",
            user_name(read_small_file(root_ + "/etc/passwd", std::size_t{1} << 20), ::geteuid()));
    }

    void detect_arguments() {
        const std::string line = read_small_file(root_ + "/proc/self/cmdline", enough);
        std::vector<std::string> arguments;
        for (std::size_t begin = 0; begin < line.size();) {
            const auto end = std::min(line.find('\0', begin), line.size());
            arguments.push_back(line.substr(begin, end - begin));
            begin = end + 1;
        }
        if (!arguments.empty()) into_.set("process.command_args", std::move(arguments));
    }

    static std::string_view trim_line(std::string_view text) {
        const auto end = text.find_last_not_of(" \t\r\n");
        return text.substr(0, end == text.npos ? 0 : end + 1);
    }

    const resource_detector_set& wanted_;
    const std::string& root_;
    resource& into_;
    utsname system_{};
};

} // namespace detail

} // namespace nanotel::inline NANOTEL_ABI
