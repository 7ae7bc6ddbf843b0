# SPDX-License-Identifier: MIT
"""Every SQL statement of the dashboards, asked of an engine that has data."""

from deploy import DASHBOARDS, expand_sql, load, panels


def choices(board, name):
    """The ways in which people set the dashboard's variables."""
    chosen = {
        "service": "deploy-check", "environment": "staging", "metric": "deploy.latency", "span": "", "search": "",
        "trace_id": "", **name,
    }
    # Custom variables as the dashboard opens.
    everything = {variable["name"]: variable["current"]["value"] if variable["type"] == "custom" else
                  chosen.get(variable["name"]) for variable in board["templating"]["list"]}
    yield "one of each", everything
    yield "All", {key: None if key in ("service", "environment", "metric") else value for key, value in everything.items()}
    yield "two of each", {key: [value, "another"] if key in ("service", "environment", "metric") else value
                          for key, value in everything.items()}


def check_dashboards(engine, start, end, name, complain):
    """Complains of each statement that fails, returns no rows, or names columns that its panel cannot show."""
    asked = 0
    for path in DASHBOARDS:
        board = load(path)
        for label, values in choices(board, name):
            for variable in board["templating"]["list"]:
                if variable["type"] == "query" and isinstance(variable["query"], str):
                    text = expand_sql(variable["query"], start, end, 60, values)
                    found = [list(row.values())[0] for row in engine.rows(text)]
                    value = values[variable["name"]]
                    value = value[0] if isinstance(value, list) else value
                    complain.unless(found if value is None else value in found, "%s, variable %s" % (path.name, variable["name"]),
                                    "offers %s" % found)
            for panel in panels(board):
                for target in panel.get("targets", []):
                    if "rawSql" not in target:
                        continue
                    where = "%s, %s (%s)" % (path.name, panel["title"], label)
                    # A metric is of one kind: the panels of the others are empty then.
                    values_here = dict(values)
                    if "metric" in values and values["metric"] is not None:
                        kind = panel["title"].split(":")[0].split(",")[0]
                        metric = {"Gauges": "deploy.level", "Counters": "deploy.requests", "Up-down counters": "deploy.active"}.get(
                            kind, "deploy.latency")
                        values_here["metric"] = [metric, "another"] if isinstance(values["metric"], list) else metric
                    text = expand_sql(target["rawSql"], start, end, 60, values_here)
                    try:
                        rows = engine.rows(text)
                    except RuntimeError as problem:
                        complain(where, "%s\n%s" % (problem, text))
                        continue
                    asked += 1
                    complain.unless(rows, where, "no rows of\n" + text)
                    for row in rows[:1]:
                        check_row(where, panel, target, row, complain)
    return asked


def check_shown(engine, start, end, dashboard, title, column, wanted, complain):
    """Complains unless the panel shows WANTED in COLUMN when its dashboard opens."""
    board = load(next(path for path in DASHBOARDS if path.name == dashboard))
    values = {variable["name"]: None if variable["current"]["value"] == ["$__all"] else variable["current"]["value"]
              for variable in board["templating"]["list"]}
    for panel in panels(board):
        for target in panel.get("targets", []):
            if panel["title"] == title and (rows := engine.rows(expand_sql(target["rawSql"], start, end, 60, values))):
                if column in rows[0]:
                    shown = [row[column] for row in rows]
                    complain.unless(wanted in shown, "%s, %s" % (dashboard, title), "shows %s and not %r" % (shown, wanted))
                    return
    complain("%s, %s" % (dashboard, title), "shows no " + column)


def check_row(where, panel, target, row, complain):
    numbers = [key for key, value in row.items() if isinstance(value, (int, float)) or str(value).replace(".", "").isdigit()]
    needed = {
        "timeseries": {"time"},
        "logs": {"timestamp", "body", "level"},
        "traces": {"traceID", "spanID", "parentSpanID", "serviceName", "operationName", "startTime", "duration", "tags"},
    }.get(target["queryType"], set())
    complain.unless(needed <= row.keys(), where, "lacks the columns %s" % (needed - row.keys()))
    if panel["type"] == "stat":
        complain.unless(len(row) == 1 and numbers, where, "is not one number: %s" % row)
        complain.unless(None not in row.values(), where, "is no number: %s" % row)
    if target["queryType"] == "timeseries":
        complain.unless(numbers, where, "has no numbers: %s" % row)
    for override in panel["fieldConfig"]["overrides"]:
        field = override["matcher"]["options"]
        complain.unless(field in row, where, "formats the column %s, which its query does not give" % field)
