# SPDX-License-Identifier: MIT
"""What the checks of examples/deploy have in common."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "examples" / "deploy"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))


class Complaints:
    """Everything that is wrong, said at once; the program's status follows."""

    def __init__(self):
        self.said = []

    def __call__(self, where, what):
        self.said.append("%s: %s" % (where, what))

    def unless(self, well, where, what):
        if not well:
            self(where, what)

    def finish(self, well):
        for line in self.said:
            print("failed: " + line)
        if not self.said:
            print(well)
        sys.exit(1 if self.said else 0)


def skip(reason):
    """Ends a check that cannot run here; where everything real is required it fails."""
    if os.environ.get("NANOTEL_REQUIRE_REAL") == "1":
        print("failed: required, but could not run: " + reason)
        sys.exit(1)
    print("[skipped] " + reason)
    sys.exit(0)


def real(variable, builds):
    path = os.environ.get(variable, "")
    if not path:
        skip("%s is not set; %s gives it" % (variable, builds))
    return path


def panels(board):
    """All panels, those in collapsed rows too."""
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", [])


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


# --- Grafana's variables and macros ------------------------------------------------------------------------------------


def arguments_of(text, start):
    """The arguments of a macro whose ( stands at START, and where its ) ends."""
    depth, begin, given = 0, start + 1, []
    for at in range(start, len(text)):
        if text[at] == "(":
            depth += 1
        elif text[at] == ")":
            depth -= 1
            if depth == 0:
                return given + [text[begin:at].strip()], at + 1
        elif text[at] == "," and depth == 1:
            given.append(text[begin:at].strip())
            begin = at + 1
    raise ValueError("a ( without its ) in: " + text)


def expand_sql(text, start, end, interval, values):
    """SQL as the ClickHouse data source sends it. VALUES: by variable, a text, or a list, or None for All."""

    def conditional_all(given):
        condition, variable = ", ".join(given[:-1]), given[-1].lstrip("$")
        return "1=1" if values[variable] is None else condition

    def no_argument(value):
        return lambda given: value

    macros = {
        "conditionalAll": conditional_all,
        "timeFilter": lambda given: "%s >= toDateTime(%d) AND %s <= toDateTime(%d)" % (given[0], start, given[0], end),
        "timeInterval": lambda given: "toStartOfInterval(toDateTime(%s), INTERVAL %d second)" % (given[0], interval),
        "interval_s": no_argument("%d" % interval),
        "fromTime": no_argument("toDateTime(%d)" % start),
        "toTime": no_argument("toDateTime(%d)" % end),
    }
    while found := re.search(r"\$__(\w+)", text):
        name = found[1]
        if name not in macros:
            raise ValueError("the data source has no macro $__%s that this test knows" % name)
        given, after = [], found.end()
        if text[after : after + 1] == "(":
            given, after = arguments_of(text, after)
        text = text[: found.start()] + macros[name](given) + text[after:]

    def quoted(value):
        return "'%s'" % value.replace("\\", "\\\\").replace("'", "''")

    def variable(found):
        name, form = found[1] or found[3], found[2]
        if name not in values:
            raise ValueError("the dashboard has no variable " + name)
        value = values[name]
        if form == "sqlstring":
            return ",".join(map(quoted, value if isinstance(value, list) else [value]))
        return ",".join(value) if isinstance(value, list) else value

    return re.sub(r"\$\{(\w+)(?::(\w+))?\}|\$(\w+)", variable, text)


def expand_promql(text):
    text = text.replace("$__rate_interval", "5m").replace("$__range", "1h").replace("$__interval", "15s")
    return re.sub(r"\$\{?\w+\}?", ".*", text)


def promql_of(board):
    for panel in panels(board):
        for target in panel.get("targets", []):
            if target["datasource"]["type"] == "prometheus":
                yield panel["title"], target["expr"]


# --- programs ------------------------------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(url, data=None, timeout=30):
    """The answer's text; an error's text is in the exception."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=timeout) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as refusal:
        raise RuntimeError("%s: %s" % (refusal.code, refusal.read().decode(errors="replace").strip())) from None


def wait_until(done, what, seconds=60):
    """Waits for DONE to give something true, and gives it back."""
    last, end = None, time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if result := done():
                return result
        except (OSError, RuntimeError) as problem:
            last = problem
        time.sleep(0.05)
    raise RuntimeError("%s did not happen within %d s%s" % (what, seconds, "; at last: %s" % last if last else ""))


class Process:
    """A program that runs until the end of the `with`; what it said is in its log."""

    def __init__(self, arguments, folder, name, environment=None, stdin=None):
        self.log = pathlib.Path(folder) / (name + ".log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(arguments, stdout=log, stderr=log, stdin=stdin,
                                            env={**os.environ, **(environment or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def said(self):
        return self.log.read_text(errors="replace")

    def runs(self):
        if self.process.poll() is not None:
            raise SystemExit("failed: %s ended with status %d and said:\n%s"
                             % (self.log.stem, self.process.returncode, self.said()))
        return True


class Engine:
    """ClickHouse's engine behind its HTTP interface, with the schema of examples/deploy."""

    def __init__(self, folder, password=""):
        python = real("NANOTEL_CHDB", "tests/clickhouse/install")
        data = pathlib.Path(folder) / "clickhouse"
        self.password = password
        self.process = Process([python, str(ROOT / "tests" / "clickhouse" / "engine"), "--data", str(data), "--password",
                                password], folder, "engine", stdin=subprocess.PIPE)
        port = wait_until(lambda: self.process.runs() and re.search(r"listening on port (\d+)", self.process.said()),
                          "the engine's start")[1]
        self.url = "http://127.0.0.1:" + port
        for file in sorted((DEPLOY / "clickhouse").glob("*.sql")):
            self.run_file(file)

    def run_file(self, file):
        for statement in statements(file.read_text()):
            try:
                self.query(statement, database="default")
            except RuntimeError as problem:
                raise SystemExit("failed: %s: %s\n%s" % (file.name, problem, statement)) from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.process.stdin.close()
        try:
            self.process.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.stop()

    def query(self, text, output="TabSeparated", database="telemetry"):
        where = urllib.parse.urlencode({"database": database, "default_format": output, "password": self.password})
        return ask(self.url + "/?" + where, text.encode())

    def rows(self, text):
        return json.loads(self.query(text, "JSON"))["data"]


def statements(text):
    """The statements of an SQL file; no text in ours holds a semicolon."""
    text = re.sub(r"^--.*$", "", text, flags=re.MULTILINE)
    return [statement.strip() for statement in text.split(";") if statement.strip()]


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="nanotel-deploy-")
