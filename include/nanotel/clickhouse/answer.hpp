// SPDX-License-Identifier: MIT
// What ClickHouse's answer to an insert means for the rows (ClickHouse, "HTTP Interface").
#pragma once

#include <algorithm> // find
#include <charconv>
#include <chrono>
#include <iterator> // begin, end
#include <string>
#include <string_view>
#include <system_error> // errc

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/response.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// An exception of the server; its number is 0 where there is none.
struct clickhouse_exception {
    int code = 0;
    std::string text; ///< "Code: 60. DB::Exception: …", one line, cut, without secrets
};

/// Takes the exception out of an answer: the number from the header, else from the text. The text may stand
/// anywhere, since one that comes after the status was sent is put behind what was written before it.
[[nodiscard]] inline clickhouse_exception find_exception(const http_answer& answer,
                                                         const secret_list& secrets = {}) {
    constexpr std::string_view opening = "Code: ";
    constexpr std::size_t longest = 400;
    clickhouse_exception found;
    const auto number_at = [](std::string_view text, std::string_view& rest) {
        int number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || number < 0) return 0;
        rest = text.substr(static_cast<std::size_t>(end - text.data()));
        return number;
    };
    const std::string_view body = answer.body;
    for (std::size_t at = body.find(opening); at != body.npos; at = body.find(opening, at + 1)) {
        std::string_view rest;
        const int number = number_at(body.substr(at + opening.size()), rest);
        const bool is_exception = rest.starts_with(". DB::") || rest.starts_with(", e.displayText()");
        if (number == 0 || !is_exception) continue;
        found.code = number;
        // Before anything is cut: half a secret would not be found.
        std::string said(body.substr(at, 8192));
        secrets.hide(said);
        for (const char c : said.substr(0, 4 * longest)) {
            const bool blank = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
            if (!blank)
                found.text += c;
            else if (!found.text.ends_with(' '))
                found.text += ' ';
        }
        if (found.text.size() > longest) found.text.replace(longest, found.text.npos, "...");
        while (found.text.ends_with(' ')) found.text.pop_back();
        break;
    }
    std::string_view rest;
    if (const int number = number_at(answer.exception_code, rest); number != 0 && rest.empty())
        found.code = number;
    return found;
}

/// Whether the same rows may be taken later: 1 yes, -1 no, 0 where the number does not say (ClickHouse,
/// src/Common/ErrorCodes.cpp).
[[nodiscard]] inline int may_be_taken_later(int code) noexcept {
    constexpr int later[] = {
        3,   23,  24,  33,  74,   75,   95,  96,  210, // the body, or what was read of it, was cut short
        159, 160, 209, 335, 394,  236,  373, 473,      // time, cancellation, locks
        173, 201, 202, 203, 241,  243,  252, 439, 574, 692, 745, // memory, quota, queries, space, parts
        164, 242,                                                // read-only
        198, 225, 244, 254, 279,  285,  286, 289, 319, 369, 415, 659, 999, // keeper, replicas, names
        341, 425, 452, 499, 1000, 1001, 1002}; // what the system, a profile or a storage behind it said
    constexpr int never[] = {
        6,   25,  26,  27,  38,  41,  43, 53, 69, 70, 72, 117, 130, 131, 349, 469, 691, // values
        10,  16,  36,  44,  46,  47,  48, 50, 60, 62, 73, 81,  115, 218,                // tables, queries
        192, 193, 194, 195, 291, 497, 516};                                             // who asks
    const auto holds = [code](const auto& list) {
        return std::find(std::begin(list), std::end(list), code) != std::end(list);
    };
    return holds(later) ? 1 : holds(never) ? -1 : 0;
}

/// What a person should do about an exception, beginning with ": " or empty.
[[nodiscard]] inline std::string_view advice_for_exception(int code) noexcept {
    switch (code) {
    case 60:
    case 218:
        return ": create the table with nanotel-clickhouse-schema, or name another in .traces_table, "
               ".metrics_table or .logs_table";
    case 81:
        return ": create the database with nanotel-clickhouse-schema, or name another in .database or "
               "NANOTEL_CLICKHOUSE_DATABASE";
    case 10:
    case 16:
    case 47:
        return ": the table has other columns than nanotel writes, or its materialized views ask for some "
               "that "
               "it has not; compare it with what nanotel-clickhouse-schema prints";
    case 6:
    case 25:
    case 26:
    case 27:
    case 38:
    case 41:
    case 53:
    case 69:
    case 70:
    case 72:
    case 117:
    case 130:
    case 349:
    case 691:
        return ": a column of the table has another type than nanotel writes; compare it with what "
               "nanotel-clickhouse-schema prints";
    case 192:
    case 193:
    case 194:
    case 516:
        return ": check .user and .password, or NANOTEL_CLICKHOUSE_USER and NANOTEL_CLICKHOUSE_PASSWORD";
    case 195:
        return ": let the user come from this host, in the server's configuration of users";
    case 497:
        return ": grant the user INSERT on the table";
    case 115:
        return ": the server is older than 22.2, which nanotel needs";
    case 164:
        return ": give the user a profile with readonly 0, or .user another that may insert";
    case 242:
        return ": the replica has lost Keeper; look at system.replicas";
    case 201:
        return ": raise the quota of the user, or record less (options::sampler)";
    case 202:
        return ": raise max_concurrent_queries, or send fewer and larger inserts (options::schedule_delay)";
    case 241:
        return ": give the server more memory, or send smaller inserts (.max_rows)";
    case 243:
        return ": free some of the server's disk, or shorten the TTL of the tables";
    case 252:
        return ": it merges more slowly than is inserted; send fewer and larger inserts "
               "(options::schedule_delay), or set .async_insert";
    case 452:
        return ": let the user's profile change the settings that an insert comes with (their constraints)";
    case 225:
    case 999:
        return ": see whether ClickHouse Keeper runs and can be reached from the server";
    default:
        return "";
    }
}

/// What a person should do about a status that came without an exception, beginning with ": " or empty.
[[nodiscard]] inline std::string_view advice_for_clickhouse_status(int status) noexcept {
    switch (status) {
    case 401:
    case 403:
        return ": check .user and .password, or NANOTEL_CLICKHOUSE_USER and NANOTEL_CLICKHOUSE_PASSWORD";
    case 400:
    case 404:
    case 405:
        return ": check the endpoint; ClickHouse's HTTP interface is mostly on port 8123, by TLS on 8443";
    case 407:
        return ": the proxy wants credentials, or others; write them as http://user:password@host:port";
    default:
        return status >= 300 && status < 400 ? ": redirects are not followed; configure the final URL" : "";
    }
}

/// The verdict on rows from the answer to their insert. `where` names the endpoint without secrets, `table`
/// what they were for.
[[nodiscard]] inline export_result judge_clickhouse_answer(const http_answer& answer, const payload& sent,
                                                           std::string_view where, std::string_view table,
                                                           std::chrono::system_clock::time_point now,
                                                           const secret_list& secrets = {}) {
    const clickhouse_exception exception = find_exception(answer, secrets);
    export_result result;
    const bool success = answer.status >= 200 && answer.status < 300;
    if (success && exception.code == 0) {
        if (answer.content_type.starts_with("text/html")) {
            result.outcome = export_outcome::rejected;
            result.message = std::string(where) + " answered " + std::to_string(answer.status) +
                             " with a web page: it is no ClickHouse; check the endpoint";
        }
        return result;
    }
    result.message = std::string(where) + " did not take rows for " + std::string(table);
    if (exception.code != 0) {
        result.message += success ? ", after it had answered " + std::to_string(answer.status) : "";
        result.message +=
            " (" + (exception.text.empty() ? "exception " + std::to_string(exception.code) : exception.text) +
            ")";
    } else {
        std::string said = answer.body.substr(0, 8192);
        secrets.hide(said);
        said = excerpt(said);
        result.message += ": it answered " + std::to_string(answer.status);
        if (answer.status >= 300 && answer.status < 400 && !answer.location.empty())
            result.message += " to " + redacted_url(answer.location);
        if (!said.empty()) result.message += " (" + said + ")";
    }
    const bool by_status = answer.status == 408 || answer.status == 425 || answer.status == 429 ||
                           (answer.status >= 500 && answer.status != 501 && answer.status != 505);
    const int later = may_be_taken_later(exception.code);
    if (answer.status == 413) {
        result.outcome = export_outcome::rejected;
        result.split = true;
        result.message += ": the body of " + std::to_string(sent.body.size()) + " bytes is too large for it";
    } else if (exception.code == 252 && exception.text.find("Too many partitions") != std::string::npos) {
        // Rows of more months than one insert may have: the same every time, and fewer in a part of them.
        result.outcome = export_outcome::rejected;
        result.split = true;
        result.message += ": its rows are of more months than one insert may have";
    } else if (later > 0 || (later == 0 && (by_status || success))) {
        result.outcome = export_outcome::retryable;
        result.retry_after = parse_retry_after(answer.retry_after, now);
        result.message += advice_for_exception(exception.code);
    } else {
        result.outcome = export_outcome::rejected;
        result.message += exception.code != 0 ? advice_for_exception(exception.code)
                                              : advice_for_clickhouse_status(answer.status);
    }
    return result;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
