#!/usr/bin/env bash
# The same with a client that exists: strongSwan's pki, as a VPN gateway has it. It fetches the authorities, enrolls with a token, renews
# with its certificate, and polls until an administrator has approved it, which takes a minute. Needs bash, curl, openssl, jq, strongSwan's
# pki (Debian: strongswan-pki, libstrongswan-standard-plugins and libstrongswan-extra-plugins) and a running service. Run it as often as
# you like: each run has devices of its own. See README.md beside this file.
set -euo pipefail
# The options, $server, $data, $root, $work and $run; fail, step, tell, administer, make_group and approve.
# shellcheck source-path=SCRIPTDIR source=../walkthrough.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../walkthrough.sh" "$@"
command -v pki >/dev/null || fail "strongSwan's pki is missing (Debian: apt-get install strongswan-pki libstrongswan-standard-plugins libstrongswan-extra-plugins)."

gateway=gateway-$run
waiting=''
trap '[[ -z $waiting ]] || kill "$waiting" 2>/dev/null || true' EXIT

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
  cp "$work/est.options" "$work/$1.options"
  printf -- '--userpass device:%s\n' "$2" >>"$work/$1.options"
}
described() { openssl x509 -in "$1" -noout -subject -serial -nameopt RFC2253 | paste -sd' '; }

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
cmp -s <(openssl x509 -in "$work/authority.pem" -outform DER) <(openssl x509 -in "$root" -outform DER) || fail "authority.pem is another root."
# pki judges the chain of each certificate that it gets: it wants the authorities between, too.
printf -- '--url %s\n' "$server" >"$work/est.options"
for file in "$work"/authority*.pem; do
  printf -- '--cacert %s\n' "${file##*/}" >>"$work/est.options"
  tell "${file##*/}: $(openssl x509 -in "$file" -noout -subject -nameopt RFC2253)"
done

step "pki --est: it enrolls with the token"
request first "$gateway"
login first "$token"
strongswan first.log --est --options first.options --in first.csr --outform pem >"$work/first.pem" || fail "$(cat "$work/first.log")"
tell "enrolled: $(described "$work/first.pem")"

step "pki --est with --cert and --key: it renews, to a new key"
request next "$gateway"
strongswan next.log --est --options est.options --cert first.pem --key first.key --in next.csr --outform pem >"$work/next.pem" \
  || fail "$(cat "$work/next.log")"
tell "renewed: $(described "$work/next.pem")"
[[ $(described "$work/first.pem") != "$(described "$work/next.pem")" ]] || fail "it is the old certificate."

step "Where an administrator has to approve, it polls: not before the time that the service says, whatever --interval says"
request second "$gateway-b"
login second "$second"
(cd -- "$work" && exec pki --est --options second.options --in second.csr --interval 1 --maxpolltime 300 --outform pem) \
  >"$work/second.pem" 2>"$work/second.log" &
waiting=$!
approve "$gateway-b"
tell "approved; it still sleeps …"
polled=0
wait "$waiting" || polled=$?
waiting=''
(( polled == 0 )) || fail "$(cat "$work/second.log")"
tell "$(grep -m 1 'request pending' "$work/second.log" | sed 's/^ *//')"
tell "enrolled: $(described "$work/second.pem")"

rm -f "$work"/*.options
printf '\nThe keys and certificates are in %s.\n' "$work"
