#!/usr/bin/env bash
# A device claims itself in the field with the certificate that its manufacturer gave it at birth (IEEE 802.1AR calls it IDevID). The
# manufacturer is openssl here. Needs bash, curl, openssl, jq and a running service; the device itself needs curl and openssl only.
# Run it as often as you like: each run has a manufacturer and a device of its own. See README.md beside this file.
set -euo pipefail
# The options, $server, $data, $root, $work and $run; fail, step, tell and administer.
# shellcheck source-path=SCRIPTDIR source=../walkthrough.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../walkthrough.sh" "$@"

serial=AC-$run

# make_manufacturer FOLDER: an authority that signs birth certificates.
make_manufacturer() {
  mkdir -p "$1"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/ca.key" -out "$1/ca.pem" -days 7300 \
    -subj "/O=Acme/CN=Acme IDevID CA $run" -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
}

# bear FOLDER: a device of that manufacturer with our serial number. What the factory does, once.
bear() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/birth.key" -out "$1/birth.csr" \
    -subj "/serialNumber=$serial/CN=Acme pump" 2>/dev/null
  printf 'keyUsage=critical,digitalSignature\nauthorityKeyIdentifier=keyid\n' >"$1/birth.ext"
  openssl x509 -req -in "$1/birth.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 7000 -extfile "$1/birth.ext" \
    -out "$1/birth.pem" 2>/dev/null
}

# enroll BIRTH KEY: what the device does: asks for a certificate over KEY, showing who it was at birth. Prints the status.
enroll() {
  openssl req -new -key "$2.key" -subj "/CN=$serial" -outform DER -out "$2.csr"
  as_device "$2.head" --cacert "$root" --cert "$1/birth.pem" --key "$1/birth.key" \
    -H 'Content-Type: application/pkcs10' -H 'Accept: application/pem-certificate-chain' --data-binary "@$2.csr" \
    -o "$2.answer" "$server/api/v1/enrollments?deviceId=$serial"
}
new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

step "The manufacturer makes a device, $serial, with a birth certificate"
make_manufacturer "$work/acme"
bear "$work/acme"
tell "$(openssl x509 -in "$work/acme/birth.pem" -noout -subject -issuer -nameopt RFC2253 | paste -sd' ')"

step "The administrator trusts the manufacturer, for a group of devices that are expected"
administer groups save field --credential birth --registration preregistered >/dev/null
status=$(jq -n --arg name "acme-$run" --rawfile certificate "$work/acme/ca.pem" \
  '{name: $name, group: "field", certificate: $certificate, serialNumberPattern: "AC-[0-9]+"}' \
  | curl -sS --max-time 60 --cacert "$root" --cert "$data/credentials/admin.pem" --key "$data/credentials/admin.key" \
    -H 'Content-Type: application/json' --data-binary @- -o "$work/answer" -w '%{http_code}' "$server/api/v1/trust-anchors")
[[ $status == 201 ]] || fail "the manufacturer was not registered: $status $(cat "$work/answer")"
tell "registered: acme-$run"

step "Before it is expected, the device is refused"
new_key "$work/device"
status=$(enroll "$work/acme" "$work/device")
[[ $status == 403 ]] || fail "a device that nobody expects was answered $status."
tell "refused: $status $(jq -r .code "$work/device.answer")"

step "The administrator expects it"
printf 'deviceId,group\n%s,field\n' "$serial" >"$work/devices.csv"
administer import "$work/devices.csv" --id "field-$run" --quiet
tell "expected: $serial"

step "In the field, the device makes a key of its own and enrolls itself with curl and openssl"
status=$(enroll "$work/acme" "$work/device")
[[ $status == 201 ]] || fail "the device was answered $status: $(cat "$work/device.answer")"
mv "$work/device.answer" "$work/device.pem"
openssl verify -CAfile "$root" -untrusted "$work/device.pem" "$work/device.pem" >/dev/null || fail "the certificate does not verify."
tell "enrolled: $(openssl x509 -in "$work/device.pem" -noout -serial)"
self=$(curl -sS --fail --max-time 60 --cacert "$root" --cert "$work/device.pem" --key "$work/device.key" "$server/api/v1/self")
tell "in the field: $(jq -r '"\(.deviceId), \(.state)"' <<<"$self")"

step "Whoever has copied the birth certificate comes too late, and a manufacturer of the same name is nobody"
new_key "$work/copy"
status=$(enroll "$work/acme" "$work/copy")
[[ $status == 409 ]] || fail "a second key for the device was answered $status."
tell "copy refused: $status $(jq -r .code "$work/copy.answer")"
make_manufacturer "$work/namesake"
bear "$work/namesake"
new_key "$work/stranger"
status=$(enroll "$work/namesake" "$work/stranger")
[[ $status == 401 ]] || fail "a stranger of the same name was answered $status."
tell "stranger refused: $status $(jq -r .code "$work/stranger.answer")"

printf '\nKeys and certificates are in %s.\n' "$work"
