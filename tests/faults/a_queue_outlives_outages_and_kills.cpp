// SPDX-License-Identifier: MIT
#include "scene.hpp"

#include <filesystem>
#include <random>
#include <set>
#include <sstream>

using namespace nanotel_test;

namespace {

// A proxy that takes everything itself: a receiver that remembers each body.
fault taking() { return {.how = fault::way::answer, .text = http_text("200 OK", "{}")}; }

nanotel::options spooling_options(const std::string& endpoint, const std::string& directory) {
    std::vector<nanotel::destination> destinations(1);
    destinations[0].exporter = nanotel::otlp_http({.endpoint = endpoint, .timeout = 2s}, without_metrics());
    destinations[0].name = "receiver"; // the folder of the spool, whatever the port
    return {.service_name = "spooling",
            .destinations = std::move(destinations),
            .schedule_delay = 10ms,
            .spool = {.directory = directory},
            .environment = without_metrics()};
}

struct spooled_file {
    std::string name;
    std::string text;
};

// The payloads in place, and nothing that was being written.
std::vector<spooled_file> payloads_below(const std::string& directory) {
    std::vector<spooled_file> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
        if (entry.path().extension() == ".otlp")
            found.push_back({entry.path().filename().string(), read_file(entry.path().string())});
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return found;
}

std::size_t files_in_place(const std::string& directory) {
    std::error_code gone; // while it is being made
    std::size_t count = 0;
    for (auto at = std::filesystem::recursive_directory_iterator(directory, gone);
         !gone && at != std::filesystem::recursive_directory_iterator(); at.increment(gone))
        count += at->path().extension() == ".otlp";
    return count;
}

} // namespace

// In every second round the destination takes payloads before the kill: what it has answered and the process
// has removed is over, and of what it has answered at most one file, that of the payload in hand, is still
// there.
TEST_CASE("what fifty killed processes left on disk is delivered by the next start, each file once") {
    const temporary_folder folder;
    const std::string spool = folder / "spool";
    fault_proxy before_kill(1);
    before_kill.set(taking());
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::minstd_rand random(seed);
    std::size_t files = 0, answered = 0, again = 0;
    std::uint64_t recovered = 0;
    for (int round = 0; round < 50; ++round) {
        CAPTURE(round);
        before_kill.refuse();
        before_kill.forget();
        child_process application;
        application.start({program("records_into_a_spool"), "until-killed", spool, before_kill.url()},
                          folder / "log");
        const std::size_t least = 1 + random() % 20;
        REQUIRE(application.wait_until([&] { return files_in_place(spool) >= least; }));
        const bool takes_some = round % 2 == 1;
        if (takes_some) {
            before_kill.accept_again();
            const auto enough = static_cast<std::ptrdiff_t>(1 + random() % 5);
            REQUIRE(application.wait_until([&] {
                const auto log = before_kill.log();
                return std::count_if(log.begin(), log.end(), [](const proxied_request& each) {
                           return each.client_heard == 200;
                       }) >= enough;
            }));
        }
        ::usleep(random() % 5'000); // wherever it may be in writing, sending or removing the next
        application.end(SIGKILL);
        before_kill.cut(); // until all it was sent is in its log

        std::set<std::string> taken; // be it that the process did not come to hear of it
        for (const proxied_request& each : before_kill.log())
            if (each.client_heard == 200)
                for (std::string& id : span_ids(each.body)) taken.insert(std::move(id));
        CHECK(taken.empty() != takes_some);
        answered += taken.size();

        const auto left = payloads_below(spool);
        if (!takes_some) REQUIRE(left.size() >= least);
        files += left.size();
        std::vector<std::string> expected;
        std::size_t twice = 0;
        for (const spooled_file& file : left) {
            std::vector<std::string> ids = span_ids(file.text);
            const auto of_taken = std::count_if(ids.begin(), ids.end(),
                                                [&](const std::string& id) { return taken.count(id) != 0; });
            if (of_taken != 0) ++twice;
            for (std::string& id : ids) expected.push_back(std::move(id));
        }
        CHECK(twice <= 1); // the payload in hand
        again += twice;

        fault_proxy receiver(1);
        receiver.set(taking());
        auto telemetry = nanotel::start(spooling_options(receiver.url(), spool));
        const auto before = telemetry.stats();
        CHECK(before.recovered - recovered == expected.size());
        recovered = before.recovered; // of this process, since its first start
        CHECK(telemetry.flush(long_enough).complete);
        const auto after = telemetry.stats();
        check_adds_up(after);
        CHECK(after.queued == 0);
        CHECK(telemetry.shutdown(long_enough).complete);

        // Every file, in the order of writing, and no body twice.
        std::vector<std::string> arrived;
        for (const proxied_request& each : receiver.log())
            for (std::string& id : span_ids(each.body)) arrived.push_back(std::move(id));
        CHECK(arrived.size() == expected.size());
        CHECK(arrived == expected);
        CHECK(receiver.log().size() == left.size());
        CHECK(files_in_place(spool) == 0);
    }
    std::printf("%zu files of killed processes delivered; of %zu spans taken before a kill, those of %zu files "
                "were sent again; seed %u\n",
                files, answered, again, seed);
}

TEST_CASE("after a long outage everything arrives, oldest first, one request at a time, after a probe") {
    const temporary_folder folder;
    fault_proxy receiver(1);
    std::atomic<int> answered_in_outage{0};
    const fault unavailable{.how = fault::way::answer, .text = http_text("503 Service Unavailable", "")};
    receiver.set([&](const proxied_request&) {
        ++answered_in_outage;
        return unavailable;
    });

    auto options = spooling_options(receiver.url(), folder / "spool");
    options.schedule_delay = 1ms;
    options.max_export_batch_size = 50;
    options.max_queue_bytes = 256 << 10; // most of it has to go to disk
    auto telemetry = nanotel::start(std::move(options));
    const auto before = telemetry.stats();

    std::vector<std::string> recorded;
    const auto began = std::chrono::steady_clock::now();
    const auto record = [&](int bodies) {
        for (int body = 0; body < bodies; ++body) {
            for (int i = 0; i < 50; ++i) {
                nanotel::span span("work");
                recorded.emplace_back(span.context().span_id.to_hex().c_str());
            }
            // Slower than the disk: what does not fit is another test's.
            CHECK(wait_for([&] { return telemetry.stats().destinations.at(0).queue_bytes < (192 << 10); }));
        }
    };
    record(250);
    CHECK(wait_for(
        [&] { return telemetry.stats().destinations.at(0).breaker == nanotel::breaker_state::open; }));
    const auto in_outage = quiet_statistics(telemetry);
    check_adds_up(in_outage);
    CHECK(in_outage.queued - before.queued == recorded.size());
    CHECK(in_outage.spilled > in_outage.queued / 2);
    // The pauses between requests double, and at least half of each is kept: so many requests take that long.
    const int asked = answered_in_outage; // before the time is taken: one more may come in between
    const auto lasted = std::chrono::steady_clock::now() - began;
    CHECK(lasted >= 50ms * ((1 << (asked - 1)) - 1));

    // It comes back, but says no once more: nothing follows this one before its pause is over.
    std::atomic<int> since_return{0};
    receiver.set([&](const proxied_request&) { return ++since_return == 1 ? unavailable : taking(); });
    record(60); // what is recorded meanwhile waits behind what lies on disk
    CHECK(telemetry.flush(long_enough).complete);
    record(60);
    CHECK(telemetry.flush(long_enough).complete);
    const auto after = quiet_statistics(telemetry);
    check_adds_up(after);
    CHECK(after.queued == 0);
    CHECK(after.delivered - before.delivered == recorded.size());
    CHECK(after.dropped == before.dropped);
    CHECK(after.destinations.at(0).breaker == nanotel::breaker_state::closed);
    CHECK(telemetry.shutdown(long_enough).complete);

    std::vector<std::string> arrived;
    const auto log = receiver.log();
    for (std::size_t i = 0; i < log.size(); ++i) {
        if (log[i].client_heard == 200)
            for (std::string& id : span_ids(log[i].body)) arrived.push_back(std::move(id));
        // One at a time: each comes when the one before it is answered.
        if (i > 0) CHECK(log[i].came >= log[i - 1].answered);
        if (i > 0 && log[i - 1].client_heard == 503) CHECK(log[i].came - log[i - 1].answered >= 49ms);
    }
    CHECK(arrived.size() == recorded.size());
    CHECK(arrived == recorded); // in the order of recording
    CHECK(files_in_place(folder / "spool") == 0);
}

TEST_CASE("where the disk is full payloads wait in memory, and all arrive at the Collector") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    const temporary_folder folder;
    const std::string spool = folder / "spool";
    std::filesystem::create_directory(spool);
    collector_process collector(binary, "faults/collector.yaml.in",
                                {{"@LARGEST_BODY@", std::to_string(scene::usual_limit)}});
    fault_proxy proxy(collector.http_port());
    proxy.refuse();
    child_process application;
    application.start({program("records_into_a_spool"), "disk-full", spool, proxy.url()}, folder / "log");
    const bool full = application.wait_until(
        [&] { return read_file(folder / "log").find("the disk is full\n") != std::string::npos; });
    proxy.accept_again();
    const int status = application.wait();
    const std::string said = read_file(folder / "log");
    if (!full && status == 77) {
        skip("no file system can be mounted here, in a namespace of the user's or as root");
        return;
    }
    INFO(said.substr(said.size() - std::min<std::size_t>(said.size(), 2'000)));
    CHECK(full);
    CHECK(status == 0);
    collector.stop();

    std::map<std::string, int> arrived;
    for (const std::string& line : collector.lines("traces.jsonl"))
        for (const std::string& id : span_ids(line)) ++arrived[id];
    std::istringstream lines(said);
    std::size_t recorded = 0;
    bool each_once = true;
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("id ", 0) != 0) continue;
        ++recorded;
        each_once = each_once && arrived[line.substr(3)] == 1;
    }
    CHECK(each_once);
    CHECK(arrived.size() == recorded);
    const std::string count = std::to_string(recorded);
    CHECK(said.find("while full: recorded " + count + ", delivered 0, queued " + count + ", dropped 0\n") !=
          std::string::npos);
    CHECK(said.find("at the end: recorded " + count + ", delivered " + count + ", queued 0, dropped 0\n") !=
          std::string::npos);
}

TEST_CASE("a Collector that is killed while the queue lies on disk gets all of it when it is back") {
    const std::string binary = real_collector();
    if (binary.empty()) return;
    const temporary_folder folder;
    scene played(binary);
    played.adjust = [&](nanotel::options& options) {
        options.max_export_batch_size = 50;
        options.max_queue_bytes = 64 << 10;
        options.spool.directory = folder / "spool";
    };
    const account result = played.play({.harm = [&] { played.collector.kill(); },
                                        .mend = [&] { played.collector.start_again(); },
                                        .harmed = [](const auto& since) { return since.spilled > 0; }});
    scene::check_all_arrived_once(result);
}
