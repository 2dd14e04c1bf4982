#!/usr/bin/env bash
# A token on a label: the administrator makes a token for one device, as text and as a QR code for its label, and whoever installs the
# device enrolls it with nothing but that token. Needs bash, curl, openssl, jq and a running service; the device itself needs curl and
# openssl only. Run it as often as you like: each run has a device of its own. See README.md beside this file.
set -euo pipefail
# The options, $server, $data, $root, $work, $run and $secrets; fail, step, tell and administer.
# shellcheck source-path=SCRIPTDIR source=../walkthrough.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../walkthrough.sh" "$@"

device=valve-$run
secrets+=("$work/token.header")

# enroll NAME: a key, a request, and the certificate; whoever calls shows the token and nothing else. Prints the status. The token
# goes to curl in a file: command lines can be read by everybody on the machine.
enroll() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"
  openssl req -new -key "$work/$1.key" -subj "/CN=$device" -outform DER -out "$work/$1.csr"
  printf 'Authorization: Bearer %s\n' "$token" >"$work/token.header"
  as_device "$work/$1.head" --cacert "$root" -H "@$work/token.header" \
    -H 'Content-Type: application/pkcs10' -H 'Accept: application/pem-certificate-chain' --data-binary "@$work/$1.csr" \
    -o "$work/$1.answer" "$server/api/v1/enrollments?deviceId=$device"
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

printf '\nThe label, the key and the certificate are in %s.\n' "$work"
