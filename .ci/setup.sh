# shellcheck shell=bash
# Sourced by tests/run, examples/run, benchmarks/run, and the scripts that fetch the real parts for the tests.
#
# Everything that is said goes to stderr: a caller's stdout stays free for its result (a path, totals, JSON).

if [[ -n "${NANOTEL_SETUP_SOURCED:-}" ]]; then return 0; fi
NANOTEL_SETUP_SOURCED=1

NANOTEL_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
NANOTEL_LOGS="$NANOTEL_ROOT/build/log"

# What a build of the library, its examples and its benchmarks needs; tests/run and benchmarks/run add to it.
# shellcheck disable=SC2034
NANOTEL_BUILD_PACKAGES=(g++ cmake ninja-build pkg-config libfmt-dev libsimdjson-dev libcpp-httplib-dev libssl-dev
    zlib1g-dev libbrotli-dev)

NANOTEL_BOLD='' NANOTEL_RED='' NANOTEL_PLAIN=''
if [[ -t 2 ]]; then NANOTEL_BOLD=$'\033[1m' NANOTEL_RED=$'\033[31m' NANOTEL_PLAIN=$'\033[0m'; fi

step() { printf '%s==> %s%s\n' "$NANOTEL_BOLD" "$*" "$NANOTEL_PLAIN" >&2; }
note() { printf '    %s\n' "$*" >&2; }
warn() { printf '%swarning:%s %s\n' "$NANOTEL_RED" "$NANOTEL_PLAIN" "$*" >&2; }

# fail WHAT [HOW TO MEND IT]: ends the script.
fail() {
    printf '%sfailed:%s %s\n' "$NANOTEL_RED" "$NANOTEL_PLAIN" "$1" >&2
    if [[ -n "${2:-}" ]]; then printf '   mend: %s\n' "$2" >&2; fi
    trap - ERR
    exit 1
}

# Call once after sourcing: a command that nobody foresaw to fail must not end the script without a word.
report_unexpected_failures() {
    set -E
    trap 'fail "line $LINENO of ${BASH_SOURCE[0]##*/}: $BASH_COMMAND (status $?)" "run it again as: bash -x $0 …"' ERR
}

# try LOG-NAME WHAT HOW-TO-MEND COMMAND...: quiet while it works; when it does not, returns its status after showing
# the end of its output.
try() {
    local log="$NANOTEL_LOGS/$1.log" what="$2" mend="$3" status=0
    shift 3
    mkdir -p "$NANOTEL_LOGS"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status != 0)); then
        {
            # The first errors tell more than the last lines, when the two are far apart.
            if (($(wc -l <"$log") > 50)); then
                grep -E -m 20 '(^|[^a-z])(error|Error|FAILED)\b' "$log" || true
                echo "…"
            fi
            tail -n 40 "$log"
        } | cut -c1-240 | sed 's/^/    | /' >&2
        printf '%sfailed:%s %s (status %d)\n   full output: %s\n   mend: %s\n' \
            "$NANOTEL_RED" "$NANOTEL_PLAIN" "$what" "$status" "$log" "$mend" >&2
    fi
    return "$status"
}

# attempt: try, and the end of the script when it fails.
attempt() { try "$@" || { trap - ERR; exit 1; }; }

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        fail "need root for: $*" "run this as root, or install sudo"
    fi
}

is_installed() { [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]; }

missing_packages() {
    local package
    for package in "$@"; do
        is_installed "$package" || printf '%s\n' "$package"
    done
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 \
        -o Acquire::Retries=3 "$@"
}

refresh_package_lists() {
    # A foreign source that is out of reach must not stop what Debian's own mirror can give.
    try apt-update "apt-get update" "look at the sources in /etc/apt; going on with the lists at hand" apt_get update ||
        true
}

# try_packages NAME...: installs those that are missing; status 1 when one cannot be had.
try_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]} == 0)); then return 0; fi
    if ! command -v apt-get >/dev/null; then
        warn "not a Debian system; install the equivalents of: ${missing[*]}"
        return 1
    fi
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        warn "neither root nor sudo; as root, run: apt-get install --no-install-recommends ${missing[*]}"
        return 1
    fi
    step "installing Debian packages: ${missing[*]}"
    refresh_package_lists
    try apt-install "apt-get install ${missing[*]}" \
        "run it by hand: apt-get update && apt-get install --no-install-recommends ${missing[*]}" \
        apt_get install --no-install-recommends "${missing[@]}"
}

install_packages() {
    # Elsewhere than on Debian the configure step says what it misses, by name.
    if ! command -v dpkg-query >/dev/null; then
        warn "not a Debian system; expecting the equivalents of: $*"
        return 0
    fi
    try_packages "$@" || fail "packages are missing: $(missing_packages "$@" | xargs)" \
        "install them by hand and run this again"
}

# unpack_package NAME FOLDER: what Debian's package holds, laid out in FOLDER. Nothing is installed, so no service begins
# and root is not needed; what the package depends on must be here already.
unpack_package() {
    local package="$1" folder="$2"
    if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
        warn "not a Debian system; it cannot unpack Debian's package $package"
        return 1
    fi
    step "taking Debian's package $package apart, without installing it"
    if ((EUID == 0)) || command -v sudo >/dev/null; then refresh_package_lists; fi
    mkdir -p "$folder"
    try "$package-download" "apt-get download $package" "run it by hand: apt-get update && apt-get download $package" \
        env -C "$folder" apt-get -q -o Acquire::Retries=3 download "$package" || return 1
    try "$package-unpack" "dpkg-deb --extract $package" "the message above says what is wrong with the package" \
        dpkg-deb --extract "$folder/$package"_*.deb "$folder" || return 1
    rm -f "$folder/$package"_*.deb
}

# Configures and builds a preset, targets optional: build_preset PRESET [TARGET...]
build_preset() {
    local preset="$1"
    shift
    local targets=()
    if (($# > 0)); then targets=(--target "$@"); fi
    step "$preset: configuring"
    try "$preset-configure" "configuring preset $preset" "the message above names what is missing; then run this again" \
        cmake --preset "$preset" -S "$NANOTEL_ROOT" || return 1
    step "$preset: building"
    try "$preset-build" "building preset $preset" "cmake --build --preset $preset   shows the errors as they come" \
        cmake --build "$NANOTEL_ROOT/build/$preset" "${targets[@]}"
}

# --- Go, for the real Collector and Jaeger ---------------------------------------------------------------------------

go_is_new_enough() {
    local version major minor
    version="$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null)" || return 1
    [[ "$version" =~ ^go([0-9]+)\.([0-9]+) ]] || return 1
    major="${BASH_REMATCH[1]}" minor="${BASH_REMATCH[2]}"
    ((major > 1 || minor >= 23))
}

# Prints the path of a Go that is new enough; Debian's versioned packages stay off the PATH, hence the last pattern.
find_go() {
    local candidate
    for candidate in "$(command -v go || true)" /usr/local/go/bin/go /usr/lib/go-1.*/bin/go; do
        if [[ -x "$candidate" ]] && go_is_new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

go_package() {
    apt-cache --names-only search '^golang-1\.[0-9]+-go$' | sed -nE 's/^(golang-1\.([0-9]+)-go) .*/\2 \1/p' |
        sort -n | awk '$1 >= 23 { print $2; exit }'
}

# The entry by which this machine takes RELEASE itself, with SUITE in its place: mirror, key and options stay as they are.
# apt_source_for RELEASE SUITE; prints the entry, in either notation of apt, or nothing.
apt_source_for() {
    local files=()
    shopt -s nullglob
    files=(/etc/apt/sources.list.d/*.sources)
    shopt -u nullglob
    if ((${#files[@]} > 0)); then
        # One stanza at a time; a line that begins with a blank continues the field above it.
        awk -v release="$1" -v suite="$2" '
            function finish(   i) {
                if (deb && of_release && !off) { for (i = 1; i <= n; ++i) print lines[i]; done = 1; exit }
                n = 0; deb = 0; of_release = 0; off = 0; field = ""
            }
            FNR == 1 || /^[ \t]*$/ { finish() }
            /^#/ || /^[ \t]*$/ { next }
            /^[^ \t]/ { field = tolower($0); sub(/:.*/, "", field) }
            field == "types" && / deb( |$)|:deb( |$)/ { deb = 1 }
            field == "enabled" && /no[ \t]*$/ { off = 1 }
            field == "suites" {
                for (i = 1; i <= NF; ++i) if ($i == release || $i == "Suites:" release) of_release = 1
                if (/^[^ \t]/) lines[++n] = "Suites: " suite
                next
            }
            field == "types" { if (/^[^ \t]/) lines[++n] = "Types: deb"; next }
            field == "components" { if (/^[^ \t]/) lines[++n] = "Components: main"; next }
            { lines[++n] = $0 }
            END { if (!done) finish() }
        ' "${files[@]}" | grep . && return 0
    fi
    shopt -s nullglob
    files=(/etc/apt/sources.list /etc/apt/sources.list.d/*.list)
    shopt -u nullglob
    # deb [options] URI SUITE COMPONENT…
    cat /dev/null "${files[@]}" 2>/dev/null | sed -nE "s,^(deb +(\[[^]]*\] +)?[^ ]+) +$1 +.*,\1 $2 main,p" | head -n 1
}

add_backports() {
    local codename entry source=/etc/apt/sources.list.d/nanotel-backports
    # shellcheck disable=SC1091
    codename="$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")"
    entry="$(apt_source_for "$codename" "$codename-backports")" || true
    if [[ -z "$entry" ]]; then
        warn "the sources in /etc/apt name no mirror for '$codename'"
        return 1
    fi
    if [[ "$entry" == deb\ * ]]; then source+=.list; else source+=.sources; fi
    step "adding the suite $codename-backports from this machine's own mirror ($source)"
    printf '%s\n' "$entry" | as_root tee "$source" >/dev/null
    refresh_package_lists
}

install_go() {
    local package
    if ! command -v apt-get >/dev/null; then
        warn "no Go of 1.23 or newer found, and this is not a Debian system that could install it"
        return 1
    fi
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        warn "no Go of 1.23 or newer found, and neither root nor sudo to install it"
        return 1
    fi
    package="$(go_package)"
    if [[ -z "$package" ]]; then
        add_backports || return 1
        package="$(go_package)"
    fi
    if [[ -z "$package" ]]; then
        warn "Debian's suites at hand have no Go of 1.23 or newer"
        return 1
    fi
    # The modules come by TLS, and a minimal system trusts nobody.
    try_packages "$package" ca-certificates
}
