// SPDX-License-Identifier: MIT
// The answers of a server: whatever it sends has one verdict that keeps the counts, says little and in one
// line, and does not depend on what else is in the memory. The first byte chooses how many items were sent,
// the rest is an answer as it comes from a connection.
#include <nanotel/exporters/answer_peek.hpp>
#include <nanotel/exporters/response.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace nanotel::detail;
using nanotel::export_outcome;

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

void judge(const http_answer& answer, std::uint64_t items) {
    const nanotel::payload sent{nanotel::signal::traces, "{}", items};
    const auto now = std::chrono::system_clock::time_point{std::chrono::seconds{1'700'000'000}};
    const auto result = judge_answer(answer, sent, "http://h:1/v1/traces", now);
    expect(result.rejected_items <= items);
    expect(result.outcome == export_outcome::delivered || result.rejected_items == 0);
    expect(!result.split || result.outcome == export_outcome::rejected);
    expect(!result.retry_after || result.outcome == export_outcome::retryable);
    expect(result.outcome == export_outcome::delivered || !result.message.empty());
    if (result.retry_after)
        expect(result.retry_after->count() >= 0 && *result.retry_after <= std::chrono::hours{24});
    expect(result.message.size() < 2000);
    const auto again = judge_answer(answer, sent, "http://h:1/v1/traces", now);
    expect(again.outcome == result.outcome && again.message == result.message);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    http_answer answer;
    const answer_head head = inspect_answer_head(bytes);
    if (head.state == answer_head_state::complete) {
        expect(head.status >= 100 && head.status <= 999 && head.size <= bytes.size());
        expect(bytes.substr(0, head.size).ends_with("\r\n\r\n"));
        // What comes behind a head does not change it, and before its last byte there is none.
        expect(inspect_answer_head(bytes.substr(0, head.size)).status == head.status);
        const auto before = inspect_answer_head(bytes.substr(0, head.size - 1)).state;
        expect(before == answer_head_state::partial || before == answer_head_state::too_long);
        answer.status = head.status;
        for_each_header(bytes.substr(0, head.size), [&](std::string_view name, std::string_view value) {
            if (name == "content-type") answer.content_type = value;
            if (name == "retry-after") answer.retry_after = value;
            if (name == "location") answer.location = value;
        });
    }
    answer.body = bytes.substr(head.state == answer_head_state::complete ? head.size : 0);
    judge(answer, data[0]);
    for (const int status : {200, 307, 400, 413, 503}) { // whatever the head says, or when there is none
        answer.status = status;
        judge(answer, data[0]);
    }
    return 0;
}
