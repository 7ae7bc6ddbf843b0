// SPDX-License-Identifier: MIT
// What automagik programs keep in the home folder of their user: an anonymous id, and whether telemetry is
// wanted.
#pragma once

#include <nanotel/core/environment.hpp>
#include <nanotel/core/platform.hpp> // fill_random
#include <nanotel/resource/service_instance.hpp>
#include <nanotel/resource/small_file.hpp>

#include <cstdio> // rename

namespace automagik::inline NANOTEL_ABI::detail {

// All its functions survive a home that is none, cannot be read or written, or holds something else under
// these names: then there is no preference, and the id is one of this process.
class home_files {
public:
    explicit home_files(const nanotel::environment& variables) : home_(variables.text("HOME").value_or("")) {
        if (home_.empty() || home_[0] != '/') home_.clear(); // what is relative is somewhere else tomorrow
        while (home_.size() > 1 && home_.back() == '/') home_.pop_back();
    }

    bool has_home() const noexcept { return !home_.empty(); }
    std::string folder() const { return home_ + "/.automagik"; }
    std::string opt_out_file() const { return home_ + "/.automagik-no-telemetry"; }
    std::string preference_file() const { return folder() + "/telemetry_preference"; }
    std::string user_id_file() const { return folder() + "/user_id"; }

    // Of whatever sort, as long as there is something under that name.
    bool opted_out() const { return has_home() && exists(opt_out_file()); }
    bool has_preference() const { return has_home() && exists(preference_file()); }

    // Nothing where there is none, or it cannot be read.
    std::optional<bool> preference() const {
        if (!has_preference()) return std::nullopt;
        const std::string content = nanotel::detail::read_small_file(preference_file(), 64);
        const std::string_view said = stripped(content);
        if (said.empty()) return std::nullopt;
        for (const std::string_view yes : {"enabled", "true", "yes", "1"})
            if (nanotel::detail::equal_ignoring_case(said, yes)) return true;
        return false;
    }

    // Empty where it is saved, else what is in the way.
    std::string save_preference(bool wanted) const {
        if (!has_home()) return "HOME names no folder";
        if (wanted) {
            if (::unlink(opt_out_file().c_str()) != 0 && errno != ENOENT)
                return cannot("remove", opt_out_file());
            return write_file("telemetry_preference", "enabled", replaces::what_is_there);
        }
        // First what says no, so that no moment says nothing.
        const int file =
            ::open(opt_out_file().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (file < 0 && !opted_out()) return cannot("make", opt_out_file());
        if (file >= 0) ::close(file);
        if (::unlink(preference_file().c_str()) != 0 && errno != ENOENT)
            return cannot("remove", preference_file());
        return {};
    }

    // A random UUID, the same for all programs of the user as long as it can be kept, made when there is none
    // or something else stands there. Of several processes that make one at once the first one's holds.
    std::string user_id() const {
        const std::string made = nanotel::detail::new_instance_id();
        if (!has_home()) return made;
        if (auto known = read_user_id()) return *known;
        static_cast<void>(write_file("user_id", made,
                                     exists(user_id_file()) ? replaces::what_is_there : replaces::nothing));
        return read_user_id().value_or(made);
    }

    static bool is_uuid(std::string_view text) noexcept {
        if (text.size() != 36) return false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
            const bool hexadecimal =
                (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
            if (dash ? c != '-' : !hexadecimal) return false;
        }
        return true;
    }

private:
    enum class replaces { what_is_there, nothing };

    static bool exists(const std::string& path) noexcept {
        struct stat is{};
        return ::lstat(path.c_str(), &is) == 0;
    }
    static std::string_view stripped(std::string_view text) noexcept {
        constexpr std::string_view space = " \t\r\n";
        const auto first = text.find_first_not_of(space);
        if (first == text.npos) return {};
        return text.substr(first, text.find_last_not_of(space) - first + 1);
    }
    static std::string cannot(std::string_view what, const std::string& path) {
        const int error = errno;
        return "cannot " + std::string(what) + ' ' + path + ": " + std::system_category().message(error);
    }

    std::optional<std::string> read_user_id() const {
        const std::string content = nanotel::detail::read_small_file(user_id_file(), 256);
        const std::string_view id = stripped(content);
        if (!is_uuid(id)) return std::nullopt;
        return std::string(id);
    }

    // Whole or not at all, for this user alone.
    std::string write_file(const std::string& name, std::string_view content, replaces how) const {
        const std::string path = folder() + '/' + name;
        if (::mkdir(folder().c_str(), 0700) != 0 && errno != EEXIST) return cannot("make", folder());
        const std::string temporary = folder() + "/." + name + '.' + nanotel::detail::new_instance_id();
        const int file =
            ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (file < 0) return cannot("make", temporary);
        bool written = true;
        for (std::string_view left = content; written && !left.empty();) {
            const ssize_t count = ::write(file, left.data(), left.size());
            if (count > 0)
                left.remove_prefix(static_cast<std::size_t>(count));
            else
                written = count < 0 && errno == EINTR;
        }
        written = ::fsync(file) == 0 && written;
        std::string problem;
        if (!written) problem = cannot("write", temporary);
        ::close(file);
        if (problem.empty()) {
            // A link takes the name of nobody; where the file system has none, who comes second wins.
            const bool linked = how == replaces::nothing && ::link(temporary.c_str(), path.c_str()) == 0;
            const bool taken = how == replaces::nothing && !linked && errno == EEXIST;
            if (!linked && !taken && std::rename(temporary.c_str(), path.c_str()) != 0)
                problem = cannot("make", path);
        }
        ::unlink(temporary.c_str());
        return problem;
    }

    std::string home_;
};

} // namespace automagik::inline NANOTEL_ABI::detail
