// SPDX-License-Identifier: MIT
// What a program of these tests does, as words that say it one after the other; what it records it prints.
#pragma once

#include "instrumented.hpp"

#include <nanotel/sdk.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <dlfcn.h>

namespace { // of the module that has it

using namespace std::chrono_literals;

class script {
public:
    // Functions of the program itself, or null.
    explicit script(const module_functions* program) { modules_["program"].functions = program; }

    bool run(std::string_view word) {
        const auto colon = word.find(':');
        const std::string what(word.substr(0, colon));
        const std::string rest(colon == word.npos ? "" : word.substr(colon + 1));
        if (what == "start") return start();
        if (what == "stop") return stop();
        if (what == "flush") return static_cast<bool>(telemetry_.flush(10s));
        if (what == "print") return print();
        if (what == "hear") return hear();
        if (what == "load") return load(rest);
        if (what == "unload") return unload(rest);
        if (what == "reload") return reload(rest);
        if (what == "nest") return nest(rest);
        if (what == "thread") return on_thread(rest);
        if (what == "churn") return churn(rest);
        if (what == "in") return in_plugin(rest);
        const module_functions* const functions = modules_[rest].functions;
        if (!functions) return complain(std::string(word) + ": there is no such module");
        if (what == "work")
            functions->work(nullptr);
        else if (what == "measure")
            functions->measure(4);
        else if (what == "fail")
            functions->fail();
        else if (what == "open")
            opened_ = functions->open();
        else if (what == "close")
            functions->close(opened_);
        else if (what == "on" || what == "off")
            functions->observe(what == "on");
        else if (what == "guard")
            opened_ = functions->observe_for();
        else if (what == "forget")
            functions->forget(opened_);
        else if (what == "once")
            functions->observe_once();
        else if (what == "reject")
            functions->reject();
        else
            return complain(std::string(word) + " means nothing");
        return true;
    }

private:
    struct module {
        void* handle = nullptr;
        std::string file;
        const module_functions* functions = nullptr;
    };

    static bool complain(const std::string& text) {
        std::printf("%s\n", text.c_str());
        return false;
    }

    bool start() {
        // Nothing is sent before it is asked for: what was recorded waits in the rings.
        telemetry_ = nanotel::start({.service_name = "modules",
                                     .exporter = received_,
                                     .schedule_delay = 3'600'000ms,
                                     .metric_readers = {{.interval = 3'600'000ms}}});
        return true;
    }

    bool stop() {
        const bool complete = static_cast<bool>(telemetry_.shutdown(10s));
        received_->clear();
        return complete;
    }

    bool hear() {
        nanotel::set_diagnostic_handler(
            [](nanotel::diagnostic_level, std::string_view text, void* by) {
                std::printf("heard by %s: %.*s\n", static_cast<const char*>(by),
                            static_cast<int>(text.size()), text.data());
                // Not heard, and no dead lock, whichever module's code it is called by.
                nanotel::set_diagnostic_handler(nullptr);
                nanotel::detail::diagnose(nanotel::diagnostic_level::error, "within", "within");
            },
            const_cast<char*>(MODULE));
        return true;
    }

    // PLUGIN or PLUGIN:FLAGS, of now or lazy, global or local.
    bool load(const std::string& what) {
        const auto colon = what.find(':');
        const std::string name = what.substr(0, colon);
        const std::string_view flags = colon == what.npos ? "" : std::string_view(what).substr(colon + 1);
        const int mode = (flags.find("lazy") != flags.npos ? RTLD_LAZY : RTLD_NOW) |
                         (flags.find("global") != flags.npos ? RTLD_GLOBAL : RTLD_LOCAL);
        module& m = modules_[name];
        m.file = std::string(std::getenv("PLUGINS")) + "/" + name + ".so";
        m.handle = dlopen(m.file.c_str(), mode);
        if (!m.handle) return complain(dlerror());
        if (const auto found = reinterpret_cast<instrumented_function>(dlsym(m.handle, "instrumented")))
            m.functions = found();
        return true;
    }

    // Says whether it is gone.
    bool unload(const std::string& name, bool aloud = true) {
        module m = modules_[name];
        modules_.erase(name);
        if (dlclose(m.handle) != 0) return complain(dlerror());
        void* const still = dlopen(m.file.c_str(), RTLD_NOW | RTLD_NOLOAD);
        if (still) dlclose(still);
        if (aloud) std::printf("%s %s\n", name.c_str(), still ? "stays" : "is gone");
        return true;
    }

    bool reload(const std::string& name) {
        std::size_t sites = 0;
        for (int i = 0; i < 50; ++i) {
            if (!load(name)) return false;
            modules_[name].functions->work(nullptr);
            modules_[name].functions->measure(4);
            if (!unload(name, i == 0)) return false;
            if (i % 10 == 9) static_cast<void>(telemetry_.flush(10s));
            const std::size_t now = nanotel::detail::process().sites.site_count();
            if (i == 0) sites = now;
            if (now != sites) return complain("the sites of a module that is loaded again are new ones");
        }
        return true;
    }

    // Spans of the modules A,B,… each within that of the one before.
    bool nest(const std::string& names) {
        static std::vector<const module_functions*> left;
        static void (*const deeper)() = [] {
            if (left.empty()) return;
            const module_functions* const next = left.front();
            left.erase(left.begin());
            next->work(deeper);
        };
        std::istringstream all(names);
        for (std::string name; std::getline(all, name, ',');) left.push_back(modules_[name].functions);
        deeper();
        return true;
    }

    // A thread that works in the modules A,B,… and ends.
    bool on_thread(const std::string& names) {
        std::thread([&] {
            std::istringstream all(names);
            for (std::string name; std::getline(all, name, ',');) {
                modules_[name].functions->keep_thread_local();
                modules_[name].functions->work(nullptr);
            }
        }).join();
        return true;
    }

    // While threads come, work in the program and in a plugin, and go, another is loaded and unloaded.
    bool churn(const std::string& names) {
        const std::string steady = names.substr(0, names.find(','));
        const std::string changing = names.substr(names.find(',') + 1);
        std::atomic<bool> stop{false};
        std::vector<std::thread> threads;
        for (int t = 0; t < 3; ++t)
            threads.emplace_back([&] {
                while (!stop)
                    std::thread([&] {
                        for (int i = 0; i < 20; ++i) {
                            modules_["program"].functions->measure(4);
                            modules_[steady].functions->measure(4);
                        }
                    }).join();
            });
        std::thread flushing([&] {
            while (!stop) static_cast<void>(telemetry_.flush(10s));
        });
        script other(nullptr);
        for (int i = 0; i < 20; ++i) {
            if (!other.load(changing)) return false;
            std::thread([&] { other.modules_[changing].functions->measure(4); }).join();
            if (!other.unload(changing, i == 0)) return false;
        }
        stop = true;
        for (std::thread& t : threads) t.join();
        flushing.join();
        static_cast<void>(telemetry_.flush(10s));
        received_->clear();
        return true;
    }

    // The word, as a script of the plugin `starter`.
    bool in_plugin(const std::string& word) {
        using run_function = int (*)(int, char**, const module_functions*);
        const auto run = reinterpret_cast<run_function>(dlsym(modules_["starter"].handle, "run"));
        std::string copy = word;
        char* words[] = {copy.data()};
        return run(1, words, modules_["program"].functions) == 0;
    }

    bool print() {
        if (!telemetry_.flush(10s)) return complain("not all was sent");
        const auto spans = received_->spans();
        std::map<std::string, std::string> names;
        for (const auto& span : spans) names[span.span_id] = span.name;
        for (const auto& span : spans) {
            std::ostringstream line;
            line << span.name << ", scope " << span.scope.name << ' ' << span.scope.version;
            if (!span.parent_span_id.empty()) line << ", below " << names[span.parent_span_id];
            if (!span.attributes.empty()) line << ", " << span.attributes;
            for (const auto& event : span.events) {
                line << ", event " << event.name << ' ';
                for (const auto& [key, value] : event.attributes)
                    if (key != "exception.stacktrace") line << ' ' << key << '=' << value;
            }
            std::printf("%s\n", line.str().c_str());
        }
        for (const auto& metric : received_->metrics()) {
            std::ostringstream line;
            line << metric.name << ", scope " << metric.scope.name;
            for (const auto& point : metric.points) {
                line << ", " << point.attributes << '=';
                if (point.value.empty())
                    line << point.count << " in bucket "
                         << std::find(point.bucket_counts.begin(), point.bucket_counts.end(), point.count) -
                                point.bucket_counts.begin();
                else
                    line << point.value;
            }
            std::printf("%s\n", line.str().c_str());
        }
        received_->clear();
        const nanotel::statistics s = telemetry_.stats();
        std::printf("%llu recorded\n", static_cast<unsigned long long>(s.recorded));
        if (s.recorded != s.delivered + s.queued + s.dropped || s.dropped != 0 || s.queued != 0)
            return complain("the counts do not add up");
        return true;
    }

    static inline const std::shared_ptr<nanotel::memory_exporter> received_ =
        std::make_shared<nanotel::memory_exporter>();
    static inline nanotel::telemetry telemetry_;
    std::map<std::string, module> modules_;
    void* opened_ = nullptr;
};

int run_script(int count, char** words, const module_functions* program) {
    static script all(program);
    for (int i = 0; i < count; ++i)
        if (!all.run(words[i])) return 1;
    return 0;
}

} // namespace
