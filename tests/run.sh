#!/usr/bin/env bash
# Runs every test there is, on a Debian 12 machine that has the .NET SDK and, but for that, nothing: installs what is missing (as
# root), builds once, starts a PostgreSQL of its own, runs the suites, says again what failed and why, and ends with one line:
# N passed, N failed, N skipped.
#
# CI=true holds the restore to the lock files.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

suites=(Provisioning.Tests Provisioning.Interop)
# Debug, because only there the places where a test can kill the server are compiled in.
configuration=Debug
results=$PWD/TestResults

say() { printf '\n── %s\n' "$*"; }
fail() { printf 'run.sh: %s\n' "$*" >&2; exit 1; }

# ── What is missing ───────────────────────────────────────────────────────────────────────────────────────────────────────

packages=(
  ca-certificates curl openssl procps util-linux
  gnutls-bin python3 python3-cryptography # judges, with openssl and zlint
  gcc libc6-dev libmbedtls-dev make       # the firmware sample
  chromium libnss3-tools                  # Swagger UI
  postgresql shellcheck strace jq sqlite3
  mosquitto mosquitto-clients             # an MQTT broker
  strongswan-pki libstrongswan-standard-plugins libstrongswan-extra-plugins faketime # OCSP, as a VPN gateway and as the past see it
)
# With npm, for the OPC UA stack. A machine that has another Node.js keeps it.
command -v npm >/dev/null || packages+=(nodejs npm)

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# quietly COMMAND…: shows what it said only when it fails.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then cat "$log" >&2; rm -f "$log"; return 1; fi
  rm -f "$log"
}

# zlint is in the next Debian and needs nothing but a C library as old as this one's. It comes from the mirror that the machine uses
# already, by a configuration that lasts for this one download: the machine's own sources stay as they are.
install_zlint() {
  local folder mirror apt
  folder=$(mktemp -d)
  # shellcheck disable=SC2016  # apt expands these
  mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian //p' | head -n 1)
  [[ -n $mirror ]] || fail "apt knows no Debian mirror to take zlint from."
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie main\n' "$mirror" >"$folder/sources.list"
  mkdir -p "$folder/lists/partial" "$folder/parts"
  apt=(apt-get -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts="$folder/parts" -o Dir::State::Lists="$folder/lists"
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)
  quietly "${apt[@]}" update
  (cd "$folder" && quietly "${apt[@]}" download zlint && quietly dpkg -i zlint_*.deb)
  rm -rf "$folder"
}

say "Programs"
command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download/dotnet/10.0"
missing=()
for package in "${packages[@]}"; do is_installed "$package" || missing+=("$package"); done
wanted=("${missing[@]}")
command -v zlint >/dev/null || wanted+=("zlint (from Debian 13)")
if (( ${#wanted[@]} )); then
  [[ $(id -u) == 0 ]] || fail "not installed: ${wanted[*]}. Run this once as root, or install them yourself."
  echo "installing ${wanted[*]}"
  export DEBIAN_FRONTEND=noninteractive
  quietly apt-get update
  if (( ${#missing[@]} )); then quietly apt-get install -y --no-install-recommends "${missing[@]}"; fi
  command -v zlint >/dev/null || install_zlint
else
  echo "all there"
fi

# From the npm registry, with the versions and hashes of its lock file, and without running any script of a package.
opcua=tests/Provisioning.Interop/OpcUa
if ! cmp -s "$opcua/package-lock.json" "$opcua/node_modules/.installed"; then
  quietly npm ci --prefix "$opcua" --ignore-scripts --no-audit --no-fund
  cp "$opcua/package-lock.json" "$opcua/node_modules/.installed"
fi

# ── Build ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

say "Build"
dotnet build Provisioning.sln --configuration "$configuration" --nologo --verbosity minimal

# ── Run ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

say "PostgreSQL"
POSTGRES_STATE=$(mktemp -d -u "${TMPDIR:-/tmp}/provisioning-postgres.XXXXXX")
export POSTGRES_STATE
trap 'tests/postgres.sh stop' EXIT
PROVISIONING_TEST_POSTGRES=$(tests/postgres.sh start)
# A test that lacks what it needs fails, instead of being skipped: here it must have been installed.
export PROVISIONING_TEST_POSTGRES PROVISIONING_REQUIRE_ALL=1
echo "$PROVISIONING_TEST_POSTGRES"

# count NAME FILE: a counter of a suite's result file.
count() { sed -n "s/.*<Counters [^>]*\b$1=\"\([0-9]*\)\".*/\1/p" "$2"; }

# failures FILE…: the name, the message and the place of every test that failed. Who reads a log often has its end only, so it is kept
# short: a few in full, of some more the names.
failures() {
  python3 - "$@" <<'PYTHON'
import sys
import xml.etree.ElementTree as xml

IN_FULL, BY_NAME, LINES, WIDTH = 8, 20, 6, 400
space = {"t": "http://microsoft.com/schemas/VisualStudio/TeamTest/2010"}
seen = 0
for path in sys.argv[1:]:
    try:
        run = xml.parse(path).getroot()
    except (OSError, xml.ParseError) as problem:
        print(f"{path}: cannot be read: {problem}")
        continue
    for result in run.iterfind(".//t:UnitTestResult", space):
        if result.get("outcome") not in ("Failed", "Error", "Timeout", "Aborted"):
            continue
        seen += 1
        if seen <= BY_NAME:
            print(f"FAILED {result.get('testName')}"[:WIDTH])
        if seen > IN_FULL:
            continue
        message = result.findtext(".//t:ErrorInfo/t:Message", "", space).strip().splitlines()
        trace = result.findtext(".//t:ErrorInfo/t:StackTrace", "", space).strip().splitlines()
        for line in message[:LINES] + [line for line in trace if ":line " in line][:2]:
            print(f"    {line.strip()[:WIDTH]}")
    # A suite that hung or crashed tells so here and not at a test.
    for text in run.iterfind(".//t:RunInfo[@outcome='Error']/t:Text", space):
        print(f"{path}: {(text.text or '').strip()[:WIDTH]}")
if seen > BY_NAME:
    print(f"and {seen - BY_NAME} more.")
PYTHON
}

passed=0 failed=0 skipped=0 broken='' notes=() files=()
for suite in "${suites[@]}"; do
  say "$suite"
  rm -f "$results/$suite.trx"
  # A suite that hangs is ended, and counts as failed. Who is started in the background ignores Ctrl-C, and would pass that on
  # to the programs that are tested with it.
  if env --default-signal=INT dotnet test "tests/$suite/$suite.csproj" --configuration "$configuration" --no-build --nologo \
    --logger 'console;verbosity=normal' --logger "trx;LogFileName=$suite.trx" --results-directory "$results" \
    --blame-hang-timeout 15m --blame-hang-dump-type none; then :; else broken+=" $suite"; fi
  if [[ -s $results/$suite.trx ]]; then files+=("$results/$suite.trx"); fi
  if [[ -s $results/$suite.trx ]] && total=$(count total "$results/$suite.trx") && [[ -n $total ]] && (( total )); then
    good=$(count passed "$results/$suite.trx")
    bad=$(( $(count failed "$results/$suite.trx") + $(count error "$results/$suite.trx") + $(count timeout "$results/$suite.trx") + $(count aborted "$results/$suite.trx") ))
    (( passed += good, failed += bad, skipped += total - good - bad )) || true
    if (( good + bad == 0 )); then notes+=("no test of $suite ran"); broken+=" $suite"; fi
  else
    # Nothing was counted, so that nobody may take it for a success.
    notes+=("$suite gave no result")
    broken+=" $suite"
    (( failed += 1 ))
  fi
done

if [[ -n $broken ]] || (( failed )); then
  say "What failed"
  failures "${files[@]}" || true
  for note in "${notes[@]}"; do echo "run.sh: $note."; done
fi
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[[ -z $broken ]] && (( ! failed && passed ))
