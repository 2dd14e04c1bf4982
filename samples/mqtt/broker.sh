#!/usr/bin/env bash
# Runs mosquitto for devices with certificates of the service: mutual TLS, the device ID as user name, topics from that, and a door for
# off.sh. Needs mosquitto 2 with its dynamic security plugin. See README.md beside this file.
set -euo pipefail
export LC_ALL=C && umask 077

usage() {
  cat <<'USAGE'
usage: broker.sh -w DIR --cacert FILE --cert FILE --key FILE [options]

  -w DIR            what broker and adapter share; DIR/crls.pem must be there: off.sh --fetch
  --cacert FILE     the chain of the service: pki/chain.pem
  --cert FILE       the broker's certificate, with the chain above it
  --key FILE        its key
  -l ADDRESS        where devices connect (default: 127.0.0.1)
  -p PORT           the port for that (default: 8883)
  -h                this text
USAGE
}
misused() { printf 'broker.sh: %s\n' "$*" >&2; usage >&2; exit 2; }

work='' trust='' certificate='' key='' address=127.0.0.1 port=8883
while (( $# )); do
  [[ $1 != -h && $1 != --help ]] || { usage; exit 0; }
  (( $# > 1 )) || misused "$1 needs a value."
  case $1 in
    -w) work=$2 ;; --cacert) trust=$2 ;; --cert) certificate=$2 ;; --key) key=$2 ;; -l) address=$2 ;; -p) port=$2 ;;
    *) misused "the option $1 is not known." ;;
  esac
  shift 2
done
[[ -n $work && -d $work ]] || misused "-w names a folder."
for file in "$trust" "$certificate" "$key" "$work/crls.pem"; do [[ -r $file ]] || misused "'$file' cannot be read."; done
work=$(realpath "$work") trust=$(realpath "$trust") certificate=$(realpath "$certificate") key=$(realpath "$key")
plugin=$(find /usr/lib /usr/local/lib -name mosquitto_dynamic_security.so -print -quit 2>/dev/null)
[[ -n $plugin ]] || misused "mosquitto_dynamic_security.so is not installed."

# The adapter's own user, who may disconnect others. It comes by a socket that only this account opens. On the other listener the common
# name of a certificate is the user name, and whoever had the adapter's would own the broker: so it is a random one, and begins as neither
# device IDs nor the names of principals can.
if [[ ! -s $work/security.json || ! -s $work/adapter.user ]]; then
  rm -f "$work/security.json"
  printf '~%s\n' "$(openssl rand -hex 16)" >"$work/adapter.user"
  openssl rand -hex 20 >"$work/adapter.password"
  password=$(<"$work/adapter.password")
  printf '%s\n%s\n' "$password" "$password" | mosquitto_ctrl dynsec init "$work/security.json" "$(<"$work/adapter.user")" >/dev/null 2>&1 || true
  [[ -s $work/security.json ]] || misused "mosquitto_ctrl could not make $work/security.json."
fi

# %u is the device ID, because the common name of the certificate is. A device reads and writes below its own topic, and nowhere else.
printf 'pattern readwrite devices/%%u/#\n' >"$work/acl"
# Beside it, because mosquitto reads the path of a socket to the first blank, and takes a hundred characters of it.
cat >"$work/mosquitto.conf" <<CONF
user $(id -un)
pid_file mosquitto.pid
per_listener_settings false
acl_file acl
plugin $plugin
plugin_opt_config_file security.json

listener $port $address
cafile $trust
certfile $certificate
keyfile $key
crlfile crls.pem
require_certificate true
use_identity_as_username true

listener 0 adapter.sock
CONF
cd "$work"
rm -f adapter.sock
exec mosquitto -c mosquitto.conf
