#!/usr/bin/env bash
# A contract manufacturer's week: the customer orders six units, two stations make them, a seventh is refused, a dead unit is scrapped
# and replaced, and on Friday the customer closes the lot and verifies its report offline. Needs bash, curl, openssl and jq, and a
# running service. Run it as often as you like: each run orders a lot of its own. See README.md beside this file.
set -euo pipefail
export LC_ALL=C TZ=UTC0 && umask 077

usage() {
  cat <<'USAGE'
usage: week.sh [options]

  -s URL    the service (default: https://localhost:8443)
  -d DIR    the service's data directory, for the credentials in it (default: ./data)
  -o DIR    where keys, certificates and the report go (default: a new folder)
  --station NAME CERT KEY
            a registrar and its credential; twice for the two stations. By default, both use that of the factory line.
USAGE
}

fail() { printf '\nweek.sh: %s\n' "$*" >&2; exit 1; }
number=0
step() { (( number += 1 )); printf '\n%d. %s\n' "$number" "$*"; }
tell() { printf '   %s\n' "$*"; }

server=https://localhost:8443 data=data work='' stations=() certificates=() keys=()
while (( $# )); do
  case $1 in
    -h | --help) usage; exit 0 ;;
    -s) server=${2%/}; shift 2 ;;
    -d) data=$2; shift 2 ;;
    -o) work=$2; shift 2 ;;
    --station) stations+=("$2") certificates+=("$3") keys+=("$4"); shift 4 ;;
    *) usage >&2; exit 2 ;;
  esac
done
if (( ${#stations[@]} == 0 )); then
  stations=(factory-line factory-line)
  certificates=("$data/credentials/factory-line.pem" "$data/credentials/factory-line.pem")
  keys=("$data/credentials/factory-line.key" "$data/credentials/factory-line.key")
fi
(( ${#stations[@]} == 2 )) || fail "there are two stations."
for program in curl openssl jq; do command -v "$program" >/dev/null || fail "$program is missing."; done
[[ -n $work ]] || work=$(mktemp -d "${TMPDIR:-/tmp}/contract-manufacturer.XXXXXX")
mkdir -p "$work"
root=$data/pki/root.pem
verify=$(dirname -- "${BASH_SOURCE[0]}")/../lot-report/verify.sh

# call CERT KEY METHOD PATH [CURL ARGUMENT…]: the answer goes to $answer, its status is printed. A connection that fails, and a
# service that is busy, are tried again: every request here may be repeated.
answer=$work/answer
call() {
  local certificate=$1 key=$2 method=$3 path=$4; shift 4
  curl -sS --retry 5 --retry-connrefused --max-time 60 --cacert "$root" --cert "$certificate" --key "$key" -X "$method" \
    -o "$answer" -w '%{http_code}' "$@" "$server/api/v1/$path"
}
customer() { call "$data/credentials/admin.pem" "$data/credentials/admin.key" "$@"; }
json() { printf 'Content-Type: application/json'; }
expect() {
  [[ $1 == "$2" ]] || fail "expected $2, and was answered $1: $(jq -r '"\(.code // ""): \(.detail // "")"' "$answer" 2>/dev/null || cat "$answer")"
}

# enroll STATION UNIT: a key, a request, and the certificate; prints the status. Several may run at once.
enroll() {
  local station=$1 unit=$2 answer=$work/$2.answer
  if [[ ! -s $work/$unit.key ]]; then openssl ecparam -name prime256v1 -genkey -noout -out "$work/$unit.key"; fi
  openssl req -new -key "$work/$unit.key" -subj "/CN=$unit" -outform DER -out "$work/$unit.csr"
  local status
  status=$(call "${certificates[station]}" "${keys[station]}" POST "enrollments?deviceId=$unit&lot=$lot" \
    -H 'Content-Type: application/pkcs10' -H 'Accept: application/pem-certificate-chain' -H "Idempotency-Key: $unit" --data-binary "@$work/$unit.csr")
  if [[ $status == 201 ]]; then mv "$answer" "$work/$unit.pem"; fi
  printf '%s\n' "$status"
}

order=$(date +%y%m%d%H%M%S)$RANDOM
lot=PO-$order
unit() { printf 'PUMP-%s-%04d' "$order" "$1"; }
counts() { expect "$(customer GET "lots/$lot")" 200; jq -r '.counts | "ordered \(.ordered), issued \(.issued), scrapped \(.scrapped), activated \(.activated), beyond \(.beyond)"' "$answer"; }

step "Monday: the customer orders six units, and two spares, from two stations ($lot)"
expect "$(customer POST lots -H "$(json)" --data "$(jq -n --arg name "$lot" --arg prefix "PUMP-$order-" \
  --arg opens "$(date +%Y-%m-%dT%H:%M:%SZ)" --arg closes "$(date -d '+5 days' +%Y-%m-%dT%H:%M:%SZ)" \
  --argjson stations "$(jq -cn '$ARGS.positional | unique' --args "${stations[@]}")" '{
    name: $name, description: "six pumps", group: "default", quota: 6, units: {range: {prefix: $prefix, first: 1, last: 8, width: 4}},
    stations: $stations, opensAt: $opens, closesAt: $closes}')")" 201
tell "$(counts)"

step "Tuesday: both stations enroll, at the same time"
pids=()
for station in 0 1; do
  for i in 1 2 3; do enroll "$station" "$(unit $((station * 3 + i)))" >"$work/$station-$i.status" & pids+=($!); done
done
for pid in "${pids[@]}"; do wait "$pid"; done
for file in "$work"/[01]-[123].status; do [[ $(<"$file") == 201 ]] || fail "a unit was not enrolled: $(<"$file")"; done
tell "$(counts)"

step "Wednesday: station 2 makes one more"
[[ $(enroll 1 "$(unit 7)") == 403 ]] || fail "over-production was not refused."
tell "refused: 403 $(jq -r .code "$work/$(unit 7).answer")"

step "Thursday: unit 5 is dead; station 2 reports it, and makes another in its place"
expect "$(call "${certificates[1]}" "${keys[1]}" POST "lots/$lot/scrap" -H "$(json)" \
  --data "$(jq -n --arg unit "$(unit 5)" '{units: [{deviceId: $unit, reason: "dead on the test bench"}]}')")" 200
tell "scrapped: $(jq -r '.items[] | "\(.deviceId), \(.revoked) certificate revoked"' "$answer")"
[[ $(enroll 1 "$(unit 7)") == 201 ]] || fail "the replacement was refused."
tell "replaced by $(unit 7)"
[[ $(enroll 1 "$(unit 8)") == 403 ]] || fail "a second replacement was not refused."
tell "refused: 403 $(jq -r .code "$work/$(unit 8).answer")"

step "In the field: three units come alive"
for i in 1 2 3; do expect "$(call "$work/$(unit $i).pem" "$work/$(unit $i).key" GET self)" 200; done
tell "$(counts)"

step "Friday: the customer closes the lot"
expect "$(customer POST "lots/$lot/closure" -H 'Accept: application/jose')" 200
cp "$answer" "$work/report.jws"
expect "$(customer GET "lots/$lot/units")" 200
cp "$answer" "$work/units.ndjson"
[[ $(enroll 0 "$(unit 8)") == 403 ]] || fail "the closed lot took a unit."
tell "refused from now on: 403 $(jq -r .code "$work/$(unit 8).answer")"

step "The customer verifies the report, offline, with the root certificate alone"
"$verify" -r "$root" -l "$lot" -u "$work/units.ndjson" "$work/report.jws" >"$work/report.json" || fail "the report is not good."
jq -r '.counts | to_entries[] | "   \(.key): \(.value)"' "$work/report.json"
printf '\nThe report and the units are in %s.\n' "$work"
