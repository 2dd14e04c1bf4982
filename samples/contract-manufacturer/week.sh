#!/usr/bin/env bash
# A contract manufacturer's week: the customer orders six units, two stations make them, a seventh is refused, a dead unit is scrapped
# and replaced, and on Friday the customer closes the lot and verifies its report offline. Needs bash, curl, openssl, jq and dotnet, and a
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
            a registrar and its credential; twice for the two stations. By default, each gets one that is made for it.

PROVISIONING_DLL names a built provisioning.dll; without it, the command is built and run from the checkout.
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
(( ${#stations[@]} == 0 || ${#stations[@]} == 2 )) || fail "there are two stations."
for program in curl openssl jq dotnet; do command -v "$program" >/dev/null || fail "$program is missing."; done
[[ -n $work ]] || work=$(mktemp -d "${TMPDIR:-/tmp}/contract-manufacturer.XXXXXX")
mkdir -p "$work"
root=$data/pki/root.pem
here=$(dirname -- "${BASH_SOURCE[0]}")
verify=$here/../lot-report/verify.sh

provisioning() {
  if [[ -n ${PROVISIONING_DLL-} ]]; then dotnet "$PROVISIONING_DLL" "$@" --url "$server" --ca "$root"
  else dotnet run --project "$here/../../src/Provisioning.Cli" -- "$@" --url "$server" --ca "$root"; fi
}
customer() { provisioning "$@" --data "$data"; }
at_station() { local station=$1; shift; provisioning "$@" --cert "${certificates[station]}" --key "${keys[station]}"; }

# call CERT KEY METHOD PATH [CURL ARGUMENT…]: the answer goes to $answer, its status is printed. A connection that fails, and a
# service that is busy, are tried again: every request here may be repeated.
answer=$work/answer
call() {
  local certificate=$1 key=$2 method=$3 path=$4; shift 4
  curl -sS --retry 5 --retry-all-errors --max-time 60 --cacert "$root" --cert "$certificate" --key "$key" -X "$method" \
    -o "$answer" -w '%{http_code}' "$@" "$server/api/v1/$path"
}
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
counts() {
  customer lots show "$lot" --json | jq -r '.counts | "ordered \(.ordered), issued \(.issued), scrapped \(.scrapped), activated \(.activated), beyond \(.beyond)"'
}

# add_station NAME: a registrar with a key and a certificate of its own. One that is stolen is then revoked alone.
add_station() {
  local certificate=$work/$1.pem key=$work/$1.key
  openssl ecparam -name prime256v1 -genkey -noout -out "$key"
  openssl req -new -key "$key" -subj "/CN=$1" -out "$work/$1.csr"
  jq -n --arg name "$1" --rawfile csr "$work/$1.csr" '{name: $name, kind: "registrar", csr: $csr}' >"$work/$1.json"
  expect "$(call "$data/credentials/admin.pem" "$data/credentials/admin.key" POST principals \
    -H 'Content-Type: application/json' -H 'Accept: application/pem-certificate-chain' --data-binary "@$work/$1.json")" 201
  mv "$answer" "$certificate"
  stations+=("$1") certificates+=("$certificate") keys+=("$key")
}

if (( ${#stations[@]} == 0 )); then
  step "Before: each of the two stations gets a credential of its own"
  add_station "station-1-$order"
  add_station "station-2-$order"
  tell "${stations[*]}"
fi

step "Monday: the customer orders six units, and two spares, from two stations ($lot)"
customer lots create "$lot" --description 'six pumps' --group default --quota 6 --range "$(unit 1)..$(unit 8)" \
  --station "${stations[0]}" --station "${stations[1]}" --not-after 5d >/dev/null
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
scrapped=$(at_station 1 lots scrap "$lot" "$(unit 5)" --reason 'dead on the test bench' --yes --json)
tell "scrapped: $(jq -r '.items[] | "\(.deviceId), \(.revoked) certificate revoked"' <<<"$scrapped")"
[[ $(enroll 1 "$(unit 7)") == 201 ]] || fail "the replacement was refused."
tell "replaced by $(unit 7)"
[[ $(enroll 1 "$(unit 8)") == 403 ]] || fail "a second replacement was not refused."
tell "refused: 403 $(jq -r .code "$work/$(unit 8).answer")"

step "In the field: three units come alive"
for i in 1 2 3; do expect "$(call "$work/$(unit $i).pem" "$work/$(unit $i).key" GET self)" 200; done
tell "$(counts)"

step "Friday: the customer closes the lot"
customer lots close "$lot" --out "$work/report.jws" --units "$work/units.ndjson" --yes >/dev/null
[[ $(enroll 0 "$(unit 8)") == 403 ]] || fail "the closed lot took a unit."
tell "refused from now on: 403 $(jq -r .code "$work/$(unit 8).answer")"

step "The customer verifies the report, offline, with the root certificate alone"
"$verify" -r "$root" -l "$lot" -u "$work/units.ndjson" "$work/report.jws" >"$work/report.json" || fail "the report is not good."
jq -r '.counts | to_entries[] | "   \(.key): \(.value)"' "$work/report.json"
printf '\nThe report and the units are in %s.\n' "$work"
