#!/usr/bin/env bash
# A token on a label: the administrator makes a token for one device, as text and as a QR code for its label, and whoever installs the
# device enrolls it with nothing but that token. Needs bash, curl, openssl, jq and a running service; the device itself needs curl and
# openssl only. Run it as often as you like: each run has a device of its own. See README.md beside this file.
set -euo pipefail
export LC_ALL=C TZ=UTC0 && umask 077

usage() {
  cat <<'USAGE'
usage: enroll.sh [options]

  -s URL    the service (default: https://localhost:8443)
  -d DIR    the service's data directory, for the administrator's credential in it (default: ./data)
  -o DIR    where the label, the key and the certificate go (default: a new folder)

PROVISIONING_DLL names a built provisioning.dll; without it, the command is built and run from the checkout.
USAGE
}

fail() { printf '\nenroll.sh: %s\n' "$*" >&2; exit 1; }
number=0
step() { (( number += 1 )); printf '\n%d. %s\n' "$number" "$*"; }
tell() { printf '   %s\n' "$*"; }

server=https://localhost:8443 data=data work=''
while (( $# )); do
  case $1 in
    -h | --help) usage; exit 0 ;;
    -s | -d | -o)
      (( $# > 1 )) || { usage >&2; exit 2; }
      case $1 in -s) server=${2%/} ;; -d) data=$2 ;; -o) work=$2 ;; esac
      shift 2 ;;
    *) usage >&2; exit 2 ;;
  esac
done
for program in curl openssl jq dotnet; do command -v "$program" >/dev/null || fail "$program is missing."; done
[[ -n $work ]] || work=$(mktemp -d "${TMPDIR:-/tmp}/label.XXXXXX")
mkdir -p "$work"
root=$data/pki/root.pem
here=$(dirname -- "${BASH_SOURCE[0]}")
administer() {
  if [[ -n ${PROVISIONING_DLL-} ]]; then dotnet "$PROVISIONING_DLL" "$@" --url "$server" --data "$data"
  else dotnet run --project "$here/../../src/Provisioning.Cli" -- "$@" --url "$server" --data "$data"; fi
}

device=valve-$(date +%y%m%d%H%M%S)$((RANDOM % 900 + 100))

# enroll NAME: a key, a request, and the certificate; whoever calls shows the token and nothing else. Prints the status. The token
# goes to curl in a file: command lines can be read by everybody on the machine.
enroll() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"
  openssl req -new -key "$work/$1.key" -subj "/CN=$device" -outform DER -out "$work/$1.csr"
  printf 'Authorization: Bearer %s\n' "$token" >"$work/token.header"
  curl -sS --retry 5 --retry-connrefused --max-time 60 --cacert "$root" -H "@$work/token.header" \
    -H 'Content-Type: application/pkcs10' -H 'Accept: application/pem-certificate-chain' --data-binary "@$work/$1.csr" \
    -o "$work/$1.answer" -w '%{http_code}' "$server/api/v1/enrollments?deviceId=$device"
}

step "The administrator makes a token for $device, good once and for 30 days, and its label"
administer groups save labels --credential token >/dev/null
token=$(administer tokens create --group labels --device "$device" --not-after 30d --note "label of $device" --qr "$work/label.png")
[[ $token == PVT1.*.* ]] || fail "no token was made."
tell "token: ${token%.*}.…"
tell "label: $work/label.png ($(wc -c <"$work/label.png") octets)"

step "The installer scans the label, and the device enrolls with the token alone"
status=$(enroll device)
[[ $status == 201 ]] || fail "the device was answered $status: $(cat "$work/device.answer")"
mv "$work/device.answer" "$work/device.pem"
openssl verify -CAfile "$root" -untrusted "$work/device.pem" "$work/device.pem" >/dev/null || fail "the certificate does not verify."
tell "enrolled: $(openssl x509 -in "$work/device.pem" -noout -subject -serial -nameopt RFC2253 | paste -sd' ')"

step "The label is still on the housing; whoever reads it now gets nothing"
status=$(enroll thief)
[[ $status == 4* ]] || fail "a second use of the token was answered $status."
tell "refused: $status $(jq -r .code "$work/thief.answer")"

step "The device lives on its own certificate"
self=$(curl -sS --fail --max-time 60 --cacert "$root" --cert "$work/device.pem" --key "$work/device.key" "$server/api/v1/self")
tell "in the field: $(jq -r '"\(.deviceId), \(.state)"' <<<"$self")"
id=${token#PVT1.} id=${id%.*}
tell "token: $(administer tokens show "$id" --json | jq -r '"\(.state), used \(.used) of \(.uses)"')"

rm -f "$work/token.header"
printf '\nThe label, the key and the certificate are in %s.\n' "$work"
