#!/usr/bin/env bash
# A device that speaks EST (RFC 7030), which routers, PLCs and gateways have built in: it learns the authorities and what a request should
# look like, enrolls with a token, renews with its certificate, has a key made, and waits for an administrator where a group wants that.
# Every step by hand, to be read; device.sh is the one to be used. Needs bash, curl, openssl, jq and a running service; the device itself
# needs curl, openssl and base64 only. Run it as often as you like: each run has devices of its own. See README.md beside this file.
set -euo pipefail
# The options, $server, $data, $root, $work, $run and $secrets; fail, step, tell, administer, make_group, approve and as_device.
# shellcheck source-path=SCRIPTDIR source=../walkthrough.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../walkthrough.sh" "$@"

device=router-$run
est=$server/.well-known/est

# certificates FILE: those of an answer, as PEM: it is base64 of a PKCS#7 message that nobody has signed.
certificates() { base64 -d "$1" | openssl pkcs7 -inform DER -print_certs | sed -n '/^-----BEGIN/,/^-----END/p'; }
fingerprint() { openssl x509 -in "$1" -noout -fingerprint -sha256; }
serial() { openssl x509 -in "$1" -noout -serial; }
subject() { openssl x509 -in "$1" -noout -subject -nameopt RFC2253; }

# login NAME TOKEN: a file for curl. The token is the password of HTTP Basic; the user name may be anything. It is not on the command
# line, which everybody on the machine can read; the file is for its owner only (umask 077).
login() {
  [[ $2 == PVT1.*.* ]] || fail "no token was made."
  secrets+=("$work/$1.login")
  printf 'user = "device:%s"\n' "$2" >"$work/$1.login"
}

# request NAME SUBJECT: a key of the kind that the service has asked for, and a request over it, in base64.
request() {
  openssl ecparam -name "$curve" -genkey -noout -out "$work/$1.key"
  openssl req -new -key "$work/$1.key" -subj "$2" -outform DER | base64 >"$work/$1.csr"
}

# take NAME: what was answered becomes NAME.pem, if it is a certificate of the authorities over the key of that name: and until then
# whatever there was stays.
take() {
  local certified key
  certificates "$work/$1.answer" >"$work/$1.new" 2>/dev/null || fail "what came for $1 is no message with certificates."
  openssl verify -purpose sslclient -CAfile "$anchor" -untrusted "$work/authorities.pem" "$work/$1.new" >/dev/null \
    || fail "what came for $1 is no certificate of the authorities."
  certified=$(openssl x509 -in "$work/$1.new" -noout -pubkey)
  key=$(openssl pkey -in "$work/$1.key" -pubout)
  [[ $certified == "$key" ]] || fail "the certificate for $1 is over another key."
  mv -- "$work/$1.new" "$work/$1.pem"
}

# send PATH NAME CURL-ARGUMENT…: sends the request of that name. Prints the status; what was said is in NAME.answer.
send() {
  local path=$1 name=$2; shift 2
  as_device "$work/$name.head" --cacert "$anchor" -H 'Content-Type: application/pkcs10' --data-binary "@$work/$name.csr" "$@" \
    -o "$work/$name.answer" "$est/$path"
}

# certify PATH NAME CURL-ARGUMENT…: the same, and the certificate is then in NAME.pem.
certify() {
  local status
  status=$(send "$@")
  if [[ $status == 200 ]]; then take "$2"; fi
  printf '%s' "$status"
}

# parts NAME: the bodies of an answer in parts (multipart/mixed), in NAME.part-1, NAME.part-2 …
parts() {
  local boundary
  boundary=$(tr -d '\r"' <"$work/$1.head" | sed -n 's/^content-type: *multipart\/mixed; *boundary=//Ip')
  [[ -n $boundary ]] || fail "what came for $1 has no parts."
  rm -f -- "$work/$1".part-*
  awk -v boundary="--$boundary" -v part="$work/$1.part-" '
    { sub(/\r$/, "") }
    index($0, boundary) == 1 { number++; inside = 0; next }
    inside { print >(part number); next }
    number && $0 == "" { inside = 1 }' "$work/$1.answer"
  [[ -s $work/$1.part-1 && -s $work/$1.part-2 ]] || fail "what came for $1 are no two parts."
}
said() { head -n 1 "$work/$1.answer"; }

step "The administrator makes two groups that accept tokens, one with an approval of each request, and a token for a device of each"
make_group routers automatic
make_group routers-by-hand manual
token=$(administer tokens create --group routers --device "$device")
login device "$token"
token=$(administer tokens create --group routers-by-hand --device "$device-b")
login second "$token"
tell "for $device in routers, and $device-b in routers-by-hand"

step "The device asks whom it may trust, and believes nothing but the fingerprint that was built into it"
built_in=$(fingerprint "$root")
status=$(as_device "$work/cacerts.head" --insecure -o "$work/cacerts.answer" "$est/cacerts")
[[ $status == 200 ]] || fail "the authorities were answered with $status."
rm -f "$work"/ca-*.pem
certificates "$work/cacerts.answer" >"$work/cacerts.pem" || fail "what came is no message with certificates."
awk -v name="$work/ca" '/^-----BEGIN/ { number++ } { print >(name "-" number ".pem") }' "$work/cacerts.pem"
anchor=''
for file in "$work"/ca-*.pem; do
  found=$(fingerprint "$file")
  if [[ $found == "$built_in" ]]; then anchor=$file; fi
done
[[ -n $anchor ]] || fail "none of the certificates is the root of this device's service."
cat "$work"/ca-*.pem >"$work/authorities.pem"
trusted=$(subject "$anchor")
tell "trusted: $trusted, one of $(grep -c BEGIN "$work/authorities.pem")"

step "It asks what a request should have in it"
status=$(as_device "$work/csrattrs.head" --cacert "$anchor" -o "$work/csrattrs.answer" "$est/routers/csrattrs")
[[ $status == 200 ]] || fail "the attributes were answered with $status."
base64 -d "$work/csrattrs.answer" | openssl asn1parse -inform DER | sed -n 's/.*OBJECT *://p' >"$work/attributes" || fail "what came are no attributes."
curve=$(grep -m 1 -E '^(prime256v1|secp384r1|secp521r1)$' "$work/attributes") || fail "the group takes no key that this sample makes."
tell "$(paste -sd' ' "$work/attributes")"

step "With the token it enrolls, once"
request device "/CN=$device"
status=$(certify routers/simpleenroll device -K "$work/device.login")
[[ $status == 200 ]] || fail "the device was answered $status $(said device)"
before=$(serial "$work/device.pem") named=$(subject "$work/device.pem")
tell "enrolled: $named $before"

step "Had the answer been lost: the same request gets the same certificate, another one gets none"
status=$(certify routers/simpleenroll device -K "$work/device.login")
again=$(serial "$work/device.pem")
[[ $status == 200 && $again == "$before" ]] || fail "the same request was answered $status $(said device)"
tell "the same: $before"
request thief "/CN=$device"
status=$(certify routers/simpleenroll thief -K "$work/device.login")
[[ $status == 4* ]] || fail "a second use of the token was answered $status."
tell "refused: $status $(said thief)"

step "Later it renews with the certificate that it has, to a new key; the subject stays exactly what it was"
itself=(--cert "$work/device.pem" --key "$work/device.key")
request other "/CN=$device/O=Somebody else"
status=$(certify simplereenroll other "${itself[@]}")
[[ $status == 400 ]] || fail "a renewal with another subject was answered $status."
tell "refused: $status $(said other)"
request next "/CN=$device"
status=$(certify simplereenroll next "${itself[@]}")
[[ $status == 200 ]] || fail "the renewal was answered $status $(said next)"
after=$(serial "$work/next.pem")
tell "renewed: $before → $after"

step "The old certificate works until the new one was shown, with whatever request that is"
status=$(as_device "$work/self.head" --cacert "$anchor" --cert "$work/next.pem" --key "$work/next.key" -o "$work/self" "$server/api/v1/self")
[[ $status == 200 ]] || fail "the new certificate was answered $status."
self=$(jq -er '"\(.deviceId), \(.state), renews after \(.renewAfter)"' "$work/self")
tell "in the field: $self"

step "A device that cannot make good keys has its key made, where the group allows it"
make_group routers-keyless automatic '{"serverKeys": "allowed"}'
token=$(administer tokens create --group routers-keyless --device "$device-c")
login keyless "$token"
# Signed with whatever key it has, which shows the kind that is wanted, and that it is the same device if it has to ask again.
request keyless "/CN=$device-c"
status=$(send routers-keyless/serverkeygen keyless -K "$work/keyless.login")
[[ $status == 200 ]] || fail "the device without a key was answered $status $(said keyless)"
parts keyless
base64 -d "$work/keyless.part-1" | openssl pkey -inform DER -out "$work/made.key" || fail "the first part is no key."
mv -- "$work/keyless.part-2" "$work/made.answer"
rm -f -- "$work/keyless.part-1" "$work/keyless.answer"
take made
made=$(serial "$work/made.pem")
tell "made: $made and its key, which is kept nowhere else"

step "The second device has to wait for an administrator"
request second "/CN=$device-b"
status=$(certify routers-by-hand/simpleenroll second -K "$work/second.login")
[[ $status == 202 ]] || fail "the second device was answered $status $(said second)"
tell "waits: $status $(said second)"
later=$(grep -i '^retry-after:' "$work/second.head" | tr -d '\r') || fail "it is not said when to ask again."
tell "$later; the device sleeps so many seconds, you need not"
approve "$device-b"
status=$(certify routers-by-hand/simpleenroll second -K "$work/second.login")
[[ $status == 200 ]] || fail "what was approved was answered $status $(said second)"
enrolled=$(serial "$work/second.pem")
tell "approved, and enrolled with the same request: $enrolled"

printf '\nThe keys and certificates are in %s.\n' "$work"
