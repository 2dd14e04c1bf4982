#!/usr/bin/env bash
# The same with a client that exists: strongSwan's pki, as a VPN gateway has it. It fetches the authorities, enrolls with a token, renews
# with its certificate, and polls until an administrator has approved it, which takes a minute. Needs bash, curl, openssl, jq, strongSwan's
# pki (Debian: strongswan-pki, libstrongswan-standard-plugins and libstrongswan-extra-plugins) and a running service. Run it as often as
# you like: each run has devices of its own. See README.md beside this file.
set -euo pipefail
# The options, $server, $data, $root, $work, $run and $secrets; fail, forget, step, tell, administer, make_group and approve.
# shellcheck source-path=SCRIPTDIR source=../walkthrough.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../walkthrough.sh" "$@"
command -v pki >/dev/null || fail "strongSwan's pki is missing (Debian: apt-get install strongswan-pki libstrongswan-standard-plugins libstrongswan-extra-plugins)."

gateway=gateway-$run
waiting=''
trap '[[ -z $waiting ]] || kill "$waiting" 2>/dev/null || true; forget' EXIT

# strongswan LOG ARGUMENT…: pki in the folder of this run, so that files of options need no paths. It talks much; that is shown when it fails.
strongswan() {
  local log=$work/$1; shift
  (cd -- "$work" && exec pki "$@") 2>"$log"
}

# request NAME DEVICE: a key, and a request over it.
request() {
  strongswan "$1.log" --gen --type ecdsa --size 256 --outform pem >"$work/$1.key"
  strongswan "$1.log" --req --in "$1.key" --dn "CN=$2" >"$work/$1.csr"
}

# login NAME TOKEN: options with the token as the password. --userpass on the command line could be read by everybody on the machine; the
# file is for its owner only (umask 077).
login() {
  [[ $2 == PVT1.*.* ]] || fail "no token was made."
  secrets+=("$work/$1.options")
  cp "$work/est.options" "$work/$1.options"
  printf -- '--userpass device:%s\n' "$2" >>"$work/$1.options"
}
described() { openssl x509 -in "$1" -noout -subject -serial -nameopt RFC2253 | paste -sd' '; }
fingerprint() { openssl x509 -in "$1" -noout -fingerprint -sha256; }

# take NAME: what pki has written to NAME.new becomes NAME.pem, if it is a certificate of the authorities over the key of that name.
take() {
  local certified key
  cat "$work"/authority-*.pem >"$work/authorities.pem"
  openssl verify -purpose sslclient -CAfile "$work/authority.pem" -untrusted "$work/authorities.pem" "$work/$1.new" >/dev/null \
    || fail "what came for $1 is no certificate of the authorities."
  certified=$(openssl x509 -in "$work/$1.new" -noout -pubkey)
  key=$(openssl pkey -in "$work/$1.key" -pubout)
  [[ $certified == "$key" ]] || fail "the certificate for $1 is over another key."
  mv -- "$work/$1.new" "$work/$1.pem"
}

step "The administrator makes a token for $gateway, and one for $gateway-b in a group with approvals"
make_group gateways automatic
make_group gateways-by-hand manual
token=$(administer tokens create --group gateways --device "$gateway")
second=$(administer tokens create --group gateways-by-hand --device "$gateway-b")
tell "tokens: ${token%.*}.… and ${second%.*}.…"

step "pki --estca: the authorities, from the root that came with the gateway"
cp "$root" "$work/built-in.pem"
strongswan estca.log --estca --url "$server" --cacert built-in.pem --caout authority.pem --outform pem --force \
  || fail "$(cat "$work/estca.log")"
built_in=$(fingerprint "$root")
found=$(fingerprint "$work/authority.pem")
[[ $found == "$built_in" ]] || fail "authority.pem is another root."
# pki judges the chain of each certificate that it gets: it wants the authorities between, too.
secrets+=("$work/est.options")
printf -- '--url %s\n' "$server" >"$work/est.options"
for file in "$work"/authority*.pem; do
  printf -- '--cacert %s\n' "${file##*/}" >>"$work/est.options"
  subject=$(openssl x509 -in "$file" -noout -subject -nameopt RFC2253)
  tell "${file##*/}: $subject"
done

step "pki --est: it enrolls with the token"
request first "$gateway"
login first "$token"
strongswan first.log --est --options first.options --in first.csr --outform pem >"$work/first.new" || fail "$(cat "$work/first.log")"
take first
enrolled=$(described "$work/first.pem")
tell "enrolled: $enrolled"

step "pki --est with --cert and --key: it renews, to a new key"
request next "$gateway"
strongswan next.log --est --options est.options --cert first.pem --key first.key --in next.csr --outform pem >"$work/next.new" \
  || fail "$(cat "$work/next.log")"
take next
renewed=$(described "$work/next.pem")
[[ $enrolled != "$renewed" ]] || fail "it is the old certificate."
tell "renewed: $renewed"

step "Where an administrator has to approve, it polls: not before the time that the service says, whatever --interval says"
request second "$gateway-b"
login second "$second"
(cd -- "$work" && exec pki --est --options second.options --in second.csr --interval 1 --maxpolltime 300 --outform pem) \
  >"$work/second.new" 2>"$work/second.log" &
waiting=$!
approve "$gateway-b"
tell "approved; it still sleeps …"
polled=0
wait "$waiting" || polled=$?
waiting=''
(( polled == 0 )) || fail "$(cat "$work/second.log")"
polls=$(grep -m 1 'request pending' "$work/second.log" | sed 's/^ *//') || fail "it did not wait for the approval."
tell "$polls"
take second
enrolled=$(described "$work/second.pem")
tell "enrolled: $enrolled"

printf '\nThe keys and certificates are in %s.\n' "$work"
