// SPDX-License-Identifier: MIT
// A shop's stock in SQLite. What its queries tell is printed at the end, or sent to the collector that is
// given: nanotel_sqlite [http://localhost:4318]
#include "database.hpp"

#include <nanotel/sdk.hpp>

#include <cstdio>
#include <memory>

namespace {

// Returns how many are left; -1 where there is no such book.
int take(shop::database& stock, const std::string& book, int copies) {
    NANOTEL_SPAN(span, "take from stock");
    // Literals in the text, to show that they do not leave the program. Bind parameters in yours.
    if (!stock.run("UPDATE stock SET copies = copies - " + std::to_string(copies) + " WHERE book = '" + book +
                   "'"))
        span.set_status(nanotel::status_code::error, "not enough copies");
    int left = -1;
    stock.run("SELECT copies FROM stock WHERE book = '" + book + "' AND copies NOT IN (-1, -2, -3)",
              [&](sqlite3_stmt* row) { left = sqlite3_column_int(row, 0); });
    return left;
}

void print(const nanotel::finished_span& span) {
    const auto text = [&](const char* key) {
        const std::string* const found = span.attributes[key].get_if<std::string>();
        return found ? *found : std::string();
    };
    std::printf("%-22s %8.1f us  %-18s %s\n", span.name.c_str(),
                static_cast<double>(span.end_time_unix_nano - span.start_time_unix_nano) / 1e3,
                text("error.type").c_str(), text("db.query.text").c_str());
}

} // namespace

int main(int argc, char** argv) {
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry =
        argc > 1
            ? nanotel::start({.service_name = "stock", .exporter = nanotel::otlp_http({.endpoint = argv[1]})})
            : nanotel::start({.service_name = "stock", .exporter = memory});

    shop::database stock(":memory:");
    stock.run("CREATE TABLE stock (book TEXT PRIMARY KEY, copies INTEGER CHECK (copies >= 0))");
    stock.run("INSERT INTO stock VALUES ('Emma', 3), ('Ulysses', 1)");
    const int emma = take(stock, "Emma", 2);
    const int ulysses = take(stock, "Ulysses", 2);
    std::printf("left: %d of Emma, %d of Ulysses\n", emma, ulysses);

    const bool sent = telemetry.shutdown(std::chrono::seconds(5)).complete;
    for (const auto& span : memory->spans()) print(span);
    return sent && emma == 1 && ulysses == 1 ? 0 : 1;
}
