// SPDX-License-Identifier: MIT
// The folder in which the payloads of one destination wait: opened once, and everything in it reached from
// its descriptor, so that no link planted on the way leads elsewhere.
#pragma once

#include <dirent.h>
#include <fcntl.h>  // openat, O_NOFOLLOW
#include <signal.h> // pthread_sigmask, sigtimedwait
#include <sys/stat.h>
#include <sys/uio.h> // writev
#include <time.h>    // timespec
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error> // generic_category
#include <utility>

#include <nanotel/core/config.hpp>
#include <nanotel/core/file_identity.hpp>
#include <nanotel/pipeline/spool_names.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// What an error number means, and what can be done.
[[nodiscard]] inline std::string spool_error_text(int error) {
    std::string text = std::generic_category().message(error);
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return text + "; make room, or give the spool a smaller max_bytes";
    case EROFS:
    case EACCES:
    case EPERM:
        return text + "; let this user write there";
    case EMFILE:
    case ENFILE:
        return text + "; raise the limit of open files (ulimit -n)";
    case EFBIG:
        return text + "; raise the limit of a file's size (ulimit -f)";
    case EIO:
        return text + "; look after the disk";
    case ENOENT:
        return text + "; was the folder removed? A start of the process makes it again";
    default:
        return text;
    }
}

/// A file's limit of size makes the kernel send SIGXFSZ, which ends a process: held back while this lives.
class file_size_guard {
public:
    file_size_guard() noexcept {
        ::sigemptyset(&signal_);
        ::sigaddset(&signal_, SIGXFSZ);
        sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGXFSZ) == 1;
        ::pthread_sigmask(SIG_BLOCK, &signal_, &before_);
    }
    file_size_guard(const file_size_guard&) = delete;
    file_size_guard& operator=(const file_size_guard&) = delete;
    ~file_size_guard() {
        if (!was_pending_) {
            const timespec at_once{};
            while (::sigtimedwait(&signal_, nullptr, &at_once) < 0 && errno == EINTR) {
            }
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t signal_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

/// An open file that is closed when it goes.
class spool_descriptor {
public:
    explicit spool_descriptor(int descriptor = -1) noexcept : descriptor_(descriptor) {}
    spool_descriptor(const spool_descriptor&) = delete;
    spool_descriptor& operator=(const spool_descriptor&) = delete;
    ~spool_descriptor() { close(); }

    [[nodiscard]] int get() const noexcept { return descriptor_; }
    [[nodiscard]] explicit operator bool() const noexcept { return descriptor_ >= 0; }
    void close() noexcept {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }

private:
    int descriptor_;
};

/// All functions but open() and abandon() from any thread. Those that return int: 0 or an error number.
class spool_folder {
public:
    spool_folder() = default;
    spool_folder(const spool_folder&) = delete;
    spool_folder& operator=(const spool_folder&) = delete;
    ~spool_folder() { abandon(); }

    /// Makes and opens the folder of a destination below a directory. Returns what is wrong, or nothing.
    [[nodiscard]] std::string open(const std::string& directory, std::string_view destination) {
        path_ = directory;
        if (const int error = make_with_parents(directory))
            return "the spool's directory \"" + directory + "\" cannot be made: " + spool_error_text(error);
        const spool_descriptor top(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!top)
            return "the spool's directory \"" + directory + "\" cannot be opened: " +
                   (errno == ENOTDIR ? "it is not a directory; name another" : spool_error_text(errno));
        if (std::string wrong = distrust(top.get(), directory, S_IWOTH); !wrong.empty()) return wrong;

        const std::string name = spool_folder_name(destination);
        path_ += '/' + name;
        const int not_made = ::mkdirat(top.get(), name.c_str(), 0700) == 0 ? 0 : errno;
        descriptor_ = ::openat(top.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (descriptor_ < 0 && errno == ENOENT)
            return "the spool's folder \"" + path_ + "\" cannot be made: " + spool_error_text(not_made);
        if (descriptor_ < 0)
            return "the spool's folder \"" + path_ + "\" cannot be opened: " +
                   (errno == ENOTDIR || errno == ELOOP ? "it is not a directory; move it away"
                                                       : spool_error_text(errno));
        identity_ = file_identity(descriptor_);
        std::string wrong = distrust(descriptor_, path_, S_IWOTH | S_IWGRP);
        if (!wrong.empty()) abandon();
        sync_directory(top.get());
        return wrong;
    }

    /// Closes the descriptor.
    void abandon() noexcept {
        if (descriptor_ >= 0) identity_.close_if_same(std::exchange(descriptor_, -1));
    }

    [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
    [[nodiscard]] bool is_still_open() const noexcept { return identity_.is_of(descriptor_); }
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// Calls a function with the name of each entry.
    template <class Function>
    [[nodiscard]] int list(Function each) const {
        const int own = ::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (own < 0) return errno;
        DIR* const opened = ::fdopendir(own);
        if (opened == nullptr) {
            const int error = errno;
            ::close(own);
            return error;
        }
        struct closer {
            DIR* it;
            ~closer() { ::closedir(it); }
        } const closes{opened};
        for (;;) {
            errno = 0;
            const dirent* const entry = ::readdir(opened);
            if (entry == nullptr) return errno;
            each(static_cast<const char*>(entry->d_name));
        }
    }

    /// Writes a new file so that it is whole or not there: into the temporary file, to the disk, to its name.
    [[nodiscard]] int write(const spool_name& temporary, const spool_name& name, std::string_view header,
                            std::string_view body) const noexcept {
        int error = 0;
        {
            const file_size_guard guard;
            const spool_descriptor file(::openat(descriptor_, temporary.c_str(),
                                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
            if (!file) return errno;
            error = write_all(file.get(), header, body);
            if (error == 0 && sync(file.get()) != 0) error = errno;
        }
        if (error == 0 && ::renameat(descriptor_, temporary.c_str(), descriptor_, name.c_str()) != 0)
            error = errno;
        if (error != 0) {
            ::unlinkat(descriptor_, temporary.c_str(), 0);
            return error;
        }
        error = sync_directory(descriptor_);
        if (error != 0) remove(name);
        return error;
    }

    /// Removes a file for good; where that is refused, empties it, which says the same to whoever takes it
    /// over.
    int remove(const spool_name& name) const noexcept {
        if (::unlinkat(descriptor_, name.c_str(), 0) == 0 || errno == ENOENT) return 0;
        const int error = errno;
        const spool_descriptor file(
            ::openat(descriptor_, name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (file) [[maybe_unused]]
            const int emptied = ::ftruncate(file.get(), 0);
        return error;
    }

    /// The size of a regular file, or -1.
    [[nodiscard]] std::int64_t size(const char* name) const noexcept {
        struct stat status{};
        if (::fstatat(descriptor_, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
            return -1;
        return status.st_size;
    }

private:
    static int make_with_parents(const std::string& directory) noexcept {
        try {
            for (std::size_t end = directory.find('/', 1);; end = directory.find('/', end + 1)) {
                const std::string part = directory.substr(0, end);
                if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
                    // Of a parent that exists another error may come first: EROFS, EACCES, EISDIR.
                    struct stat status{};
                    const int error = errno;
                    if (::stat(part.c_str(), &status) != 0) return error;
                }
                if (end == directory.npos) return 0;
            }
        } catch (...) {
            return ENOMEM;
        }
    }

    [[nodiscard]] static std::string distrust(int descriptor, const std::string& path, mode_t writers) {
        struct stat status{};
        if (::fstat(descriptor, &status) != 0)
            return "the spool's directory \"" + path + "\" cannot be looked at: " + spool_error_text(errno);
        if (status.st_uid != ::geteuid())
            return "the spool's directory \"" + path + "\" belongs to user " + std::to_string(status.st_uid) +
                   " and this process runs as " + std::to_string(::geteuid()) +
                   ": nothing is written there; name a directory of this user's own";
        if ((status.st_mode & writers) != 0)
            return "the spool's directory \"" + path +
                   "\" can be written by others: nothing is written there; chmod go-w it, or name another";
        return {};
    }

    [[nodiscard]] static int write_all(int file, std::string_view header, std::string_view body) noexcept {
        while (!header.empty() || !body.empty()) {
            iovec parts[2] = {{const_cast<char*>(header.data()), header.size()},
                              {const_cast<char*>(body.data()), body.size()}};
            const ssize_t written = ::writev(file, parts, 2);
            if (written < 0) {
                if (errno == EINTR) continue;
                return errno;
            }
            if (written == 0) return EIO;
            const std::size_t of_header = std::min(static_cast<std::size_t>(written), header.size());
            header.remove_prefix(of_header);
            body.remove_prefix(static_cast<std::size_t>(written) - of_header);
        }
        return 0;
    }

    static int sync(int descriptor) noexcept {
        int result = 0;
        do result = ::fsync(descriptor);
        while (result != 0 && errno == EINTR);
        return result;
    }
    /// Some file systems cannot sync a directory and have no need to.
    static int sync_directory(int descriptor) noexcept {
        return sync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : errno;
    }

    int descriptor_ = -1;
    file_identity identity_;
    std::string path_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
