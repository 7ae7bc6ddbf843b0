// SPDX-License-Identifier: MIT
// The answers of ClickHouse to an insert: whatever a server sends has one verdict, says little and in one
// line, and no secret in it. The first two bytes choose the status, the rest is the body.
#include <nanotel/clickhouse/answer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace nanotel::detail;
using nanotel::export_outcome;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    static const secret_list secrets = [] {
        secret_list made;
        made.add("s3cr3t-word");
        return made;
    }();
    http_answer answer;
    answer.status = 100 + (data[0] << 8 | data[1]) % 500;
    answer.body.assign(reinterpret_cast<const char*>(data) + 2, size - 2);
    if (data[0] % 3 == 0) answer.exception_code = answer.body.substr(0, 8);
    const auto now = std::chrono::system_clock::time_point{std::chrono::seconds{1'700'000'000}};
    const nanotel::payload sent{nanotel::signal::logs, "{}\n", 1};
    const auto result = judge_clickhouse_answer(answer, sent, "http://h:1", "d.t", now, secrets);
    expect(result.rejected_items == 0);
    expect(!result.split || result.outcome == export_outcome::rejected);
    expect(!result.retry_after || result.outcome == export_outcome::retryable);
    expect(result.message.empty() == (result.outcome == export_outcome::delivered));
    expect(result.message.size() < 2000);
    expect(result.message.find('\n') == result.message.npos);
    expect(result.message.find("s3cr3t-word") == result.message.npos);
    const bool success = answer.status >= 200 && answer.status < 300;
    expect(success || result.outcome != export_outcome::delivered);
    expect(find_exception(answer, secrets).code >= 0);
    return 0;
}
