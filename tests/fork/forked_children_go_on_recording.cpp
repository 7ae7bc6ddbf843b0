// SPDX-License-Identifier: MIT
#include "../support/child_process.hpp"
#include "../support/paths.hpp"
#include "../support/sanitizers.hpp"

#include <nanotel/otlp/decode.hpp>
#include <nanotel/otlp/decode_metrics.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <sys/wait.h>

using namespace nanotel_test;

namespace {

// What the processes of one run of programs/forks.cpp have sent.
struct outcome {
    int status = -1;
    std::vector<nanotel::finished_span> spans;
    std::vector<nanotel::finished_metric> metrics;

    std::vector<const nanotel::finished_span*> named(const std::string& name) const {
        std::vector<const nanotel::finished_span*> found;
        for (const auto& span : spans)
            if (span.name == name) found.push_back(&span);
        return found;
    }
    const nanotel::finished_span& only(const std::string& name) const {
        const auto found = named(name);
        CAPTURE(name);
        REQUIRE(found.size() == 1);
        return *found.front();
    }
};

std::vector<std::string> lines_of(const std::string& path) {
    std::vector<std::string> lines;
    std::istringstream text(read_file(path));
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
}

void read_folder(outcome& o, const std::string& path) {
    for (const std::string& line : lines_of(path + "/traces.jsonl")) {
        auto decoded = nanotel::decode_traces(line);
        REQUIRE_MESSAGE(decoded, decoded.error);
        for (auto& span : decoded.spans) o.spans.push_back(std::move(span));
    }
    for (const std::string& line : lines_of(path + "/metrics.jsonl")) {
        auto decoded = nanotel::decode_metrics(line);
        REQUIRE_MESSAGE(decoded, decoded.error);
        for (auto& metric : decoded.metrics) o.metrics.push_back(std::move(metric));
    }
}

outcome run(const std::string& way, const std::string& more = "") {
    const temporary_folder folder;
    // The leak checker of AddressSanitizer takes locks at exit that a thread of the parent may have held at
    // the fork. Not in the suite of ThreadSanitizer, which takes the threads of a child for those of the
    // parent, and ends it.
    const std::string command = "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 " + program("forks") + " " + way +
                                " " + folder.path() + " " + more;
    outcome o;
    const int status = std::system(command.c_str());
    o.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    read_folder(o, folder.path());
    return o;
}

template <class T>
const T& value_of(const nanotel::attribute_list& attributes, const std::string& key) {
    const nanotel::any_value* const value = attributes.find(key);
    const T* const wanted = value ? value->get_if<T>() : nullptr;
    if (!wanted) throw std::runtime_error("no " + key);
    return *wanted;
}
std::int64_t integer(const nanotel::attribute_list& attributes, const std::string& key) {
    return value_of<std::int64_t>(attributes, key);
}
std::string text(const nanotel::attribute_list& attributes, const std::string& key) {
    return value_of<std::string>(attributes, key);
}

void check_ids_are_unique(const outcome& o) {
    std::set<std::string_view> spans;
    std::set<std::string_view> traces;
    std::size_t roots = 0;
    for (const auto& span : o.spans) {
        spans.insert(span.span_id);
        if (!span.parent_span_id.empty()) continue;
        traces.insert(span.trace_id);
        ++roots;
    }
    CHECK(spans.size() == o.spans.size());
    CHECK(traces.size() == roots); // each trace has one at most
}

// By the number of the process: what the last collection of each says of a metric.
std::map<std::int64_t, nanotel::finished_metric> last_of_each(const outcome& o, const std::string& name) {
    std::map<std::int64_t, nanotel::finished_metric> last;
    for (const auto& metric : o.metrics)
        if (metric.name == name) last[integer(metric.resource, "process.pid")] = metric;
    return last;
}

constexpr std::uint32_t parent_is_remote = 0x200;

} // namespace

TEST_CASE("of a server that starts before it forks every span of every worker arrives once") {
    const int of_each = sanitized ? 500 : 5'000; // on each of two threads
    const outcome o = run("server", std::to_string(of_each));
    REQUIRE(o.status == 0);
    CHECK(o.spans.size() == static_cast<std::size_t>(8 * 2 * of_each + 200));
    check_ids_are_unique(o);

    std::set<std::pair<std::int64_t, std::int64_t>> seen;
    std::map<std::int64_t, std::set<std::int64_t>> processes_of; // by worker
    std::set<std::pair<std::int64_t, std::string>> identities;
    for (const auto& span : o.spans) {
        const std::int64_t worker = integer(span.attributes, "worker");
        seen.emplace(worker, integer(span.attributes, "number"));
        const std::int64_t process = integer(span.resource, "process.pid");
        processes_of[worker < 0 ? -1 : worker % 100].insert(process);
        identities.emplace(process, text(span.resource, "service.instance.id"));
    }
    CHECK(seen.size() == o.spans.size());
    CHECK(processes_of.size() == 9);
    std::set<std::int64_t> processes;
    std::set<std::string> instances;
    for (const auto& [worker, of_worker] : processes_of) {
        REQUIRE(of_worker.size() == 1);
        processes.insert(*of_worker.begin());
    }
    for (const auto& [process, instance] : identities) instances.insert(instance);
    CHECK(processes.size() == 9);
    CHECK(identities.size() == 9); // one each
    CHECK(instances.size() == 9);
    const std::int64_t parent = *processes_of[-1].begin();
    CHECK(identities.count({parent, "first"}) == 1);

    const auto hits = last_of_each(o, "hits");
    CHECK(hits.size() == 9);
    const std::uint64_t parent_began = hits.at(parent).points.at(0).start_time_unix_nano;
    for (const auto& [process, metric] : hits) {
        REQUIRE(metric.points.size() == 1);
        CHECK(metric.points[0].value == (process == parent ? 200 : 2 * of_each));
        if (process != parent) CHECK(metric.points[0].start_time_unix_nano > parent_began);
    }
}

TEST_CASE("two hundred forks under load neither hang nor lose nor repeat") {
    const outcome o = run("load", sanitized ? "40" : "200");
    REQUIRE(o.status == 0);
    check_ids_are_unique(o);
    const std::size_t forks = sanitized ? 40 : 200;
    std::map<std::int64_t, std::size_t> of_child;
    std::set<std::int64_t> processes;
    for (const auto* span : o.named("work"))
        if (integer(span->attributes, "worker") >= 0) ++of_child[integer(span->resource, "process.pid")];
    CHECK(of_child.size() == forks);
    for (const auto& [process, count] : of_child) CHECK(count == 3);
    // Begun by the parent, ended in the child without a record, and once more by the parent.
    CHECK(o.named("of the parent").size() == forks);
    for (const auto* span : o.named("of the parent"))
        CHECK(of_child.count(integer(span->resource, "process.pid")) == 0);
    for (const auto& [process, metric] : last_of_each(o, "labelled"))
        if (of_child.count(process) != 0) {
            REQUIRE(metric.points.size() == 1);
            CHECK(metric.points[0].value == 1);
        }
}

TEST_CASE("what is open across a fork is the parent's to record and a parent to the child's spans") {
    const outcome o = run("spans");
    REQUIRE(o.status == 0);
    CHECK(o.spans.size() == 8);
    check_ids_are_unique(o);
    const auto& outer = o.only("outer");
    const auto& detached = o.only("detached");
    const auto& below_detached = o.only("below detached");
    const auto& below_that = o.only("below that");
    const auto& below_outer = o.only("below outer");
    const std::int64_t parent = integer(outer.resource, "process.pid");
    for (const char* const name : {"detached", "inner", "left out of order"})
        CHECK(integer(o.only(name).resource, "process.pid") == parent);
    for (const char* const name : {"below detached", "below that", "below outer", "a root"})
        CHECK(integer(o.only(name).resource, "process.pid") != parent);
    CHECK(detached.attributes.find("of the parent") == nullptr);
    CHECK(below_detached.parent_span_id == detached.span_id);
    CHECK(below_detached.trace_id == outer.trace_id);
    CHECK((below_detached.flags & parent_is_remote) != 0); // it is in another process
    CHECK(below_that.parent_span_id == below_detached.span_id);
    CHECK((below_that.flags & parent_is_remote) == 0);
    CHECK(below_outer.parent_span_id == outer.span_id);
    CHECK(o.only("a root").parent_span_id.empty());
}

TEST_CASE("spans of the parent end in children and their children one after the other") {
    const outcome o = run("steps");
    REQUIRE(o.status == 0);
    check_ids_are_unique(o);
    CHECK(o.named("a").size() == 1);
    CHECK(o.named("b").size() == 1);
    CHECK(o.named("c").size() == 1);
    CHECK(o.only("below c").parent_span_id == o.only("c").span_id);
    CHECK(o.only("below b").parent_span_id == o.only("b").span_id);
    CHECK(o.only("grandchild below b").parent_span_id == o.only("b").span_id);
    REQUIRE(o.named("below a").size() == 2);
    for (const auto* span : o.named("below a")) CHECK(span->parent_span_id == o.only("a").span_id);
    REQUIRE(o.named("a root").size() == 2);
    for (const auto* span : o.named("a root")) CHECK(span->parent_span_id.empty());
}

TEST_CASE(
    "the trace state and the baggage of the parent are those of its children until its scopes end in them") {
    const outcome o = run("carried");
    REQUIRE(o.status == 0);
    check_ids_are_unique(o);
    const auto& served = o.only("served");
    const auto& below_served = o.only("below served");
    const auto& below_that = o.only("below that");
    CHECK(below_served.parent_span_id == served.span_id);
    CHECK(below_that.parent_span_id == below_served.span_id);
    for (const auto* span : {&served, &below_served, &below_that}) {
        CHECK(span->trace_id == "0af7651916cd43dd8448eb211c80319c");
        CHECK(span->trace_state == "a=1,b=2");
    }
    CHECK(o.only("a root").trace_id != served.trace_id);
    CHECK(o.only("a root").trace_state.empty());
}

TEST_CASE("instruments and what is bound to them measure in a child from zero") {
    const outcome o = run("instruments");
    REQUIRE(o.status == 0);
    const auto hits = last_of_each(o, "hits");
    REQUIRE(hits.size() == 2);
    std::int64_t parent = 0;
    std::int64_t child = 0;
    for (const auto& [process, metric] : hits) (metric.points.at(0).value == 1001 ? parent : child) = process;
    REQUIRE(parent != 0);
    REQUIRE(child != 0);
    CHECK(hits.at(child).points.at(0).value == 14);
    CHECK(hits.at(child).points.at(0).start_time_unix_nano >
          hits.at(parent).points.at(0).start_time_unix_nano);
    for (const auto& [process, count] : {std::pair{parent, 1001}, std::pair{child, 14}}) {
        CHECK(last_of_each(o, "colored").at(process).find({{"color", "green"}})->value == count);
        const auto labelled = last_of_each(o, "labelled").at(process);
        CHECK(labelled.points.size() == 2);
        CHECK(labelled.find({{"key", "value"}})->value == count);
        CHECK(labelled.find({{"key", "bound"}})->value == count);
        CHECK(last_of_each(o, "sizes").at(process).points.at(0).count == static_cast<std::uint64_t>(count));
    }
    CHECK(last_of_each(o, "depth").at(child).points.at(0).value == 7);
    const auto observed = last_of_each(o, "observed");
    CHECK(observed.size() == 3); // and the child that measured nothing itself
    for (const auto& [process, metric] : observed) CHECK(metric.points.at(0).value == process);
    CHECK(last_of_each(o, "process.thread.count").size() == 3);
    CHECK(last_of_each(o, "otel.sdk.processor.span.queue.size").size() == 3);
}

TEST_CASE("children end in every way, without a thread where they never recorded") {
    const outcome o = run("ends");
    REQUIRE(o.status == 0);
    check_ids_are_unique(o);
    std::map<std::int64_t, int> by_worker;
    for (const auto& span : o.spans) ++by_worker[integer(span.attributes, "worker")];
    CHECK(by_worker == std::map<std::int64_t, int>{{0, 1}, {2, 1}, {3, 10}});
}

TEST_CASE("who a process is, is found out in each, whether it goes on or starts") {
    const outcome o = run("identity");
    REQUIRE(o.status == 0);
    REQUIRE(o.spans.size() == 3);
    std::map<std::int64_t, const nanotel::finished_span*> by_worker;
    std::set<std::string> instances;
    std::set<std::int64_t> processes;
    for (const auto& span : o.spans) {
        by_worker[integer(span.attributes, "worker")] = &span;
        instances.insert(text(span.resource, "service.instance.id"));
        processes.insert(integer(span.resource, "process.pid"));
        CHECK(text(span.resource, "process.executable.name") == "forks");
    }
    CHECK(instances.size() == 3);
    CHECK(processes.size() == 3);
    REQUIRE(by_worker.size() == 3);
    for (const std::int64_t child : {1, 2})
        CHECK(integer(by_worker[child]->resource, "process.parent_pid") ==
              integer(by_worker[0]->resource, "process.pid"));
}

TEST_CASE("start in a child has the options that are given there") {
    const temporary_folder folder;
    const std::string command = "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 " + program("forks") + " starts " +
                                folder.path() + " 2>" + folder.path() + "/said";
    REQUIRE(std::system(command.c_str()) == 0);
    CHECK(read_file(folder / "said").empty()); // no second start to warn of
    outcome inherited;
    read_folder(inherited, folder.path());
    std::map<std::int64_t, int> by_worker;
    for (const auto& span : inherited.spans) ++by_worker[integer(span.attributes, "worker")];
    CHECK(by_worker == std::map<std::int64_t, int>{{0, 1}, {3, 2}});
    outcome own;
    read_folder(own, folder / "other");
    by_worker.clear();
    for (const auto& span : own.spans) {
        ++by_worker[integer(span.attributes, "worker")];
        CHECK(text(span.resource, "service.name") == "other");
        CHECK(text(span.resource, "service.instance.id") == "first"); // as it was given
    }
    CHECK(by_worker == std::map<std::int64_t, int>{{1, 2}, {2, 2}, {4, 2}});
}

TEST_CASE("copies of the process that are made without fork record nothing and harm nobody") {
    const outcome o = run("others");
    REQUIRE(o.status == 0);
    std::size_t of_copies = 0;
    for (const auto& span : o.spans)
        of_copies += span.name == "work" && integer(span.attributes, "worker") != -1;
    CHECK(of_copies == 0);
    CHECK(o.named("never recorded").empty());
    CHECK(o.named("neither").empty());
}

TEST_CASE("what parent and child leave on disk is delivered") {
    const outcome o = run("disk");
    REQUIRE(o.status == 0);
    check_ids_are_unique(o);
    std::map<std::int64_t, int> by_worker;
    for (const auto* span : o.named("work")) ++by_worker[integer(span->attributes, "worker")];
    CHECK(by_worker == std::map<std::int64_t, int>{{1, 50}, {2, 50}});
}

TEST_CASE("what a parent leaves on disk that is killed is delivered while a child of it is alive") {
    const outcome o = run("survivor");
    REQUIRE(o.status == 0);
    CHECK(!o.named("on disk").empty());
}

TEST_CASE("what a process left on disk is delivered though a child lives on that was forked in a start or "
          "shutdown") {
    for (const char* const way : {"survivor-of-start", "survivor-of-shutdown"}) {
        CAPTURE(way);
        const outcome o = run(way);
        REQUIRE(o.status == 0);
        CHECK(!o.named("on disk").empty());
    }
}

// Fails, by hanging, where a child waits for what its parent's send holds.
TEST_CASE("children forked while the parent is in a TLS handshake deliver and end") {
    const outcome o = run("in-a-send");
    REQUIRE(o.status == 0);
    std::map<std::int64_t, int> by_worker;
    for (const auto* span : o.named("work")) ++by_worker[integer(span->attributes, "worker")];
    CHECK(by_worker == std::map<std::int64_t, int>{{-2, 1}, {-1, 1}, {0, 10}, {1, 10}, {2, 10}});
}

TEST_CASE("a child that can have no thread says so, records nothing, and may start when it can") {
    const outcome o = run("refused");
    REQUIRE(o.status == 0);
    std::map<std::int64_t, int> by_worker;
    for (const auto& span : o.spans) ++by_worker[integer(span.attributes, "worker")];
    CHECK(by_worker == std::map<std::int64_t, int>{{0, 1}, {1, 10}});
}

// Fails, by hanging, where the locks of the library are taken before those of the application.
TEST_CASE("handlers of fork may take a lock under which other threads record") {
    CHECK(run("handlers").status == 0);
}
