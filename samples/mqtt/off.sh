#!/usr/bin/env bash
# Keeps a mosquitto up to date with what the service revokes: disconnects the device at once, and brings the CRLs, so that it does not come
# back. Needs bash, curl, jq, openssl and mosquitto_pub. Kill it whenever you like and start it again: it goes on behind the last event
# that it has dealt with. See README.md beside this file.
set -uo pipefail
export LC_ALL=C TZ=UTC0 && umask 077

usage() {
  cat <<'USAGE'
usage: off.sh -w DIR [options]

  -w DIR            what broker and adapter share (broker.sh)
  -s URL            the service (default: https://localhost:8443)
  -c URL            where its CRLs are (default: http://localhost:8080)
  --cert FILE       the adapter's certificate: that of a relying party
  --key FILE        its key
  --cacert FILE     the chain of the service: pki/chain.pem
  --fetch           only bring the CRLs, for the broker's first start
  -h                this text
USAGE
}
say() { printf '%(%FT%TZ)T off.sh: %s\n' -1 "$*" >&2; }
misused() { say "$*"; usage >&2; exit 2; }

work='' server=https://localhost:8443 plain=http://localhost:8080 certificate='' key='' trust='' fetch=''
while (( $# )); do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --fetch) fetch=1; shift; continue ;;
  esac
  (( $# > 1 )) || misused "$1 needs a value."
  case $1 in
    -w) work=$2 ;; -s) server=${2%/} ;; -c) plain=${2%/} ;; --cert) certificate=$2 ;; --key) key=$2 ;; --cacert) trust=$2 ;;
    *) misused "the option $1 is not known." ;;
  esac
  shift 2
done
[[ -n $work && -d $work ]] || misused "-w names a folder."
[[ -r $trust ]] || misused "--cacert names the chain of the service."
[[ -n $fetch || ( -r $certificate && -r $key ) ]] || misused "--cert and --key name the adapter's certificate and key."

authorities=(root issuing)           # mosquitto wants a CRL of every authority of a chain
declare -A pending=()                # serial number → device: disconnected once, and not in the broker's CRL yet
seen=''                              # the last event that was heard
refreshed=-1000                      # when the CRLs were brought last, in seconds of this script

# ── CRLs ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
# They come over plain HTTP, so each must be signed, and not older than the one before: else the broker keeps what it has.
fetch_crls() {
  local authority new number old
  for authority in "${authorities[@]}"; do
    new=$work/$authority.crl.new
    curl -sSf --max-time 30 -o "$new.der" "$plain/crl/$authority.crl" || return 1
    if ! openssl crl -inform DER -in "$new.der" -CAfile "$trust" -out "$new" 2>"$work/openssl.log" || ! grep -q 'verify OK' "$work/openssl.log"; then
      say "the CRL of $authority is not signed by it."
      return 1
    fi
    number=$(number_of "$new") old=$(number_of "$work/$authority.crl")
    [[ ${#number} -gt ${#old} || ( ${#number} -eq ${#old} && ! $number < $old ) ]] \
      || { say "the CRL $number of $authority is older than $old."; return 1; }
    mv "$new" "$work/$authority.crl"
  done
  for authority in "${authorities[@]}"; do cat "$work/$authority.crl"; done >"$work/crls.pem.new"
  refreshed=$SECONDS
  cmp -s "$work/crls.pem.new" "$work/crls.pem" && return 0
  mv "$work/crls.pem.new" "$work/crls.pem"
  [[ ! -s $work/mosquitto.pid ]] || kill -HUP "$(<"$work/mosquitto.pid")" 2>/dev/null || true
}
number_of() { [[ ! -r $1 ]] || openssl crl -in "$1" -noout -crlnumber | sed 's/.*=\(0x\)\{0,1\}//'; }

# ── Disconnecting ─────────────────────────────────────────────────────────────────────────────────────────────────────────
# The plugin disconnects every session of a user whose entry is made or deleted. What it refuses, mosquitto_pub only warns of.
disconnect() {
  local command said
  # Without a broker there is nobody to disconnect.
  if [[ ! -S $work/adapter.sock ]] && ! kill -0 "$(cat "$work/mosquitto.pid" 2>/dev/null)" 2>/dev/null; then return 0; fi
  [[ $1 =~ ^[A-Za-z0-9._:-]+$ ]] || { say "'$1' is no device ID."; return 1; }
  printf -v command '{"commands": [{"command": "createClient", "username": "%s"}, {"command": "deleteClient", "username": "%s"}]}' "$1" "$1"
  said=$(cd "$work" && mosquitto_pub --unix adapter.sock -V 5 -q 1 -u "$(<adapter.user)" -P "$(<adapter.password)" \
    -t "\$CONTROL/dynamic-security/v1" -m "$command" 2>&1) || said+=' failed'
  [[ -n $said ]] || return 0
  say "the broker does not disconnect $1: $said"
  return 1
}

# Once a certificate is in the broker's CRL, its device is disconnected again: it may have come back before that.
settle() {
  local serial listed
  fetch_crls || return 1
  if (( ${#pending[@]} )); then
    listed=$(openssl crl -in "$work/issuing.crl" -noout -text | sed -n 's/^ *Serial Number: *//p')
    for serial in "${!pending[@]}"; do
      grep -qxF "$serial" <<<"$listed" && disconnect "${pending[$serial]}" && unset "pending[$serial]"
    done
  fi

  # Only what is dealt with is behind us. Whatever else happens to be repeated does no harm.
  if [[ -n $seen ]] && (( ! ${#pending[@]} )); then
    printf '%s\n' "$seen" >"$work/last-event.new" && mv "$work/last-event.new" "$work/last-event"
  fi
}

# ── One event ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
handle() {
  local id type device serial authority not_after now
  IFS=$'\t' read -r id type device serial authority not_after < <(jq -r '[.id, .type, .data.deviceId // "-", .data.serialNumber // "-",
    .data.authority // "-", .data.notAfter // "-"] | @tsv' <<<"$1") || { say "an event cannot be read: $1"; return; }
  seen=$id
  [[ $device != - ]] || return 0
  case $type in
    provisioning.certificate.revoked | provisioning.certificate.held)
      disconnect "$device"
      say "$id: $device is off ($serial)."
      printf -v now '%(%FT%TZ)T' -1
      [[ $authority != issuing || $not_after < $now ]] || pending[$serial]=$device ;;
    provisioning.certificate.released)
      say "$id: $device may come back ($serial)."
      unset "pending[$serial]" ;;
  esac
}

# ── The stream ────────────────────────────────────────────────────────────────────────────────────────────────────────────
ask() { curl -sS --cacert "$trust" --cert "$certificate" --key "$key" "$@"; }

# Comes back when the stream has ended, or is silent for longer than heartbeats take.
listen() {
  local line part='' dirty=1 patience stream
  exec 3< <(exec curl -sSNf --cacert "$trust" --cert "$certificate" --key "$key" -H "Last-Event-ID: $1" "$server/api/v1/revocations/stream")
  stream=$!
  while :; do
    patience=40
    if (( dirty )); then patience=0.05; elif (( ${#pending[@]} )); then patience=0.5; fi
    if IFS= read -r -t "$patience" -u 3 line; then
      line=$part$line part=''
      case $line in
        data:*) handle "${line#data: }"; dirty=1 ;;
        :*) (( SECONDS - refreshed < 300 )) || dirty=1 ;;
      esac
    elif (( $? > 128 )); then
      part+=$line
      if (( dirty || ${#pending[@]} )); then dirty=0; settle || { dirty=1; sleep 1; }; else say "nothing is heard any more."; break; fi
    else
      break
    fi
  done
  exec 3<&-
  kill "$stream" 2>/dev/null
}

if [[ -n $fetch ]]; then fetch_crls; exit; fi
trap 'kill $(jobs -p) 2>/dev/null; exit 0' TERM INT
delay=1
while :; do
  last=0
  [[ ! -s $work/last-event ]] || last=$(<"$work/last-event")
  # A service that was restored from a backup does not know our number: everything is read again.
  if [[ $(ask -o /dev/null -w '%{http_code}' "$server/api/v1/revocations?since=$last&limit=1") == 409 ]]; then rm -f "$work/last-event"; last=0; fi
  begun=$SECONDS
  listen "$last"
  if (( SECONDS - begun < 5 )); then delay=$(( delay < 16 ? delay * 2 : 30 )); else delay=1; fi
  sleep "$delay"
done
