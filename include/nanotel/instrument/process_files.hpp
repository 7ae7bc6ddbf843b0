// SPDX-License-Identifier: MIT
// What Linux tells of a process in the files of /proc/self.
#pragma once

#include <nanotel/core/platform.hpp>

#include <algorithm> // min
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error> // errc
#include <utility>      // exchange

#if NANOTEL_DETAIL_LINUX
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h> // statfs
#endif

namespace nanotel::inline NANOTEL_ABI::detail {

struct process_status {
    std::int64_t threads = 0;
    std::int64_t virtual_bytes = 0;
    std::int64_t resident_bytes = 0;
    double uptime_seconds = 0;
};

// What storage was asked for: not what the page cache had, nor what it has yet to write.
struct process_disk {
    std::int64_t read_bytes = 0;
    std::int64_t written_bytes = 0;
};

#if NANOTEL_DETAIL_LINUX

// Nothing is kept open: a descriptor of /proc/self would show a forked child its parent, and an application
// may close all that it does not know.
class process_files {
public:
    // The folder is another one than /proc/self in tests.
    explicit process_files(std::string folder) : folder_(std::move(folder)) {}

    std::optional<process_status> status() {
        std::string_view text = read(status_);
        // The second field, the name of the program, may hold blanks and parentheses.
        text.remove_prefix(std::min(text.rfind(')'), text.size()));
        std::int64_t fields[25]{}; // numbered as in proc(5)
        for (int i = 3; i < 25; ++i) {
            const auto blank = text.find(' ');
            if (blank == text.npos) return misread(status_);
            text.remove_prefix(blank + 1);
            if (i > 3 && !parse(text, fields[i])) return misread(status_); // the third is a letter
        }
        const double began = static_cast<double>(fields[22]) / static_cast<double>(::sysconf(_SC_CLK_TCK));
        process_status found;
        found.threads = fields[20];
        found.virtual_bytes = fields[23];
        found.resident_bytes = fields[24] * ::sysconf(_SC_PAGESIZE);
        found.uptime_seconds = 1e-9 * static_cast<double>(clock_nanoseconds(CLOCK_BOOTTIME)) - began;
        return found;
    }

    std::optional<process_disk> disk() {
        const std::string_view text = read(disk_);
        process_disk found;
        if (!parse(after(text, "\nread_bytes: "), found.read_bytes) ||
            !parse(after(text, "\nwrite_bytes: "), found.written_bytes))
            return misread(disk_);
        return found;
    }

    std::optional<std::int64_t> descriptors() {
        const std::string path = folder_ + descriptors_.name;
        descriptors_.error = 0;
        // Since Linux 6.2 the size of the folder is the count. It is had without a descriptor, so also when
        // there are none left, when it matters most.
        struct statfs system{};
        struct stat folder{};
        if (::statfs(path.c_str(), &system) == 0 && system.f_type == proc_magic &&
            ::stat(path.c_str(), &folder) == 0 && folder.st_size > 0)
            return folder.st_size;
        DIR* const listed = ::opendir(path.c_str());
        if (!listed) {
            descriptors_.error = errno;
            return std::nullopt;
        }
        std::int64_t count = -1; // the one of the list itself
        while (const dirent* const entry = ::readdir(listed))
            if (entry->d_name[0] != '.') ++count;
        ::closedir(listed);
        return count;
    }

    // Which files could be read before and could not the last time, for people; mostly empty.
    std::string complaint() {
        std::string text;
        for (file* const each : {&status_, &disk_, &descriptors_})
            if (const int told = std::exchange(each->told, each->error);
                each->error != 0 && each->error != told) {
                text += text.empty() ? "" : "; ";
                text += folder_ + each->name;
                text += each->error == not_understood ? " is not as proc(5) has it"
                                                      : " cannot be read: " + error_text(each->error);
                text += std::string(", so there is no ") + each->metrics;
            }
        return text;
    }

private:
    static constexpr auto proc_magic = 0x9fa0; // PROC_SUPER_MAGIC of linux/magic.h
    static constexpr int not_understood = -1;

    struct file {
        const char* name;
        const char* metrics;
        int error = 0; // of the last reading
        int told = 0;  // what the last complaint knew
    };

    // Empty and with an error when it cannot be read.
    std::string_view read(file& from) {
        from.error = 0;
        const int descriptor = ::open((folder_ + from.name).c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) {
            from.error = errno;
            return {};
        }
        std::size_t size = 0;
        while (size < sizeof text_) {
            const ssize_t got = ::read(descriptor, text_ + size, sizeof text_ - size);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) from.error = errno;
            if (got <= 0) break;
            size += static_cast<std::size_t>(got);
        }
        ::close(descriptor);
        return {text_, from.error == 0 ? size : 0};
    }

    static std::nullopt_t misread(file& from) noexcept {
        if (from.error == 0) from.error = not_understood;
        return std::nullopt;
    }

    static bool parse(std::string_view text, std::int64_t& number) noexcept {
        return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
    }

    static std::string_view after(std::string_view text, std::string_view what) noexcept {
        const auto at = text.find(what);
        return at == text.npos ? std::string_view() : text.substr(at + what.size());
    }

    static std::string error_text(int error) {
        return std::error_code(error, std::generic_category()).message();
    }

    std::string folder_;
    file status_{"/stat",
                 "process.memory.usage, process.memory.virtual, process.thread.count, process.uptime"};
    file disk_{"/io", "process.disk.io"};
    file descriptors_{"/fd", "process.unix.file_descriptor.count"};
    char text_[1024]; // of the file that was read last; both are shorter
};

#else

class process_files {
public:
    explicit process_files(const std::string&) noexcept {}
    std::optional<process_status> status() const noexcept { return std::nullopt; }
    std::optional<process_disk> disk() const noexcept { return std::nullopt; }
    std::optional<std::int64_t> descriptors() const noexcept { return std::nullopt; }
    std::string complaint() const { return {}; }
};

#endif

} // namespace nanotel::inline NANOTEL_ABI::detail
