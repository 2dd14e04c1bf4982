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
  --cacert FILE     the trust anchor of the service: pki/chain.pem, or the root alone
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

authorities=()                       # mosquitto wants a CRL of every authority of a chain: of the root, and of each generation of the issuing one
listed=''                            # whether those are all that there are now
declare -A queue=()                  # device → what to say: to be disconnected
declare -A pending=()                # serial number → event, authority, device: disconnected once, and not in the broker's CRL yet
seen=''                              # the last event that was heard
written=''                           # the last one that is on record as dealt with
refreshed=-1000                      # when the CRLs were brought last, in seconds of this script
settled=0                            # when that was last tried, in milliseconds; so the others
queued=0
retry=0

# In now: milliseconds, for what must be sooner than a second.
tell_time() { now=${EPOCHREALTIME/./} now=$(( now / 1000 )); }

# ── CRLs ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
# A rollover makes another authority, and the service starts again for it. Each must be vouched for by what was given, and not have ended: its
# certificate is what its CRLs are judged by.
fetch_authorities() {
  local list name found=()
  list=$(curl -sSf --max-time 10 --cacert "$trust" "$server/api/v1/authorities") || return 1
  while IFS= read -r name; do
    jq -r --arg name "$name" '.items[] | select(.name == $name).certificate' <<<"$list" >"$work/$name.authority.new" || return 1
    if openssl verify -CAfile "$trust" "$work/$name.authority.new" >"$work/openssl.log" 2>&1; then
      mv "$work/$name.authority.new" "$work/$name.authority"
      found+=("$name")
    else
      say "the authority $name is not vouched for by $trust, or has ended: no CRL of it is brought."
    fi
  done < <(jq -r '.items[].name | select(test("^[a-z]+(-[0-9]+)?$"))' <<<"$list")
  (( ${#found[@]} )) || return 1
  authorities=("${found[@]}")
  listed=1
}
is_listed() { [[ " ${authorities[*]} " == *" $1 "* ]]; }

# They come over plain HTTP, so each must be signed, and not older than the one before: else the broker keeps what it has. One that cannot be had
# does not hold up the others.
fetch_crls() {
  local authority missing=0
  [[ -n $listed ]] || fetch_authorities || return 1
  for authority in "${authorities[@]}"; do
    fetch_crl "$authority" || { rm -f "$work/$authority.crl.etag"; missing=1; }
  done
  for authority in "${authorities[@]}"; do [[ ! -s $work/$authority.crl ]] || cat "$work/$authority.crl"; done >"$work/crls.pem.new"
  (( missing )) || refreshed=$SECONDS
  if ! cmp -s "$work/crls.pem.new" "$work/crls.pem"; then
    mv "$work/crls.pem.new" "$work/crls.pem"
    [[ ! -s $work/mosquitto.pid ]] || kill -HUP "$(<"$work/mosquitto.pid")" 2>/dev/null || true
  fi
  return "$missing"
}
fetch_crl() {
  local tag=$work/$1.crl.etag new=$work/$1.crl.new number old
  [[ -s $work/$1.crl ]] || rm -f "$tag"
  rm -f "$new.der"
  curl -sSf --max-time 10 --etag-compare "$tag" --etag-save "$tag" -o "$new.der" "$plain/crl/$1.crl" || return 1
  [[ -s $new.der ]] || return 0      # the one that is here is still the current one
  if ! openssl crl -inform DER -in "$new.der" -CAfile "$work/$1.authority" -out "$new" 2>"$work/openssl.log" || ! grep -q 'verify OK' "$work/openssl.log"; then
    say "the CRL of $1 is not signed by it."
    return 1
  fi
  number=$(number_of "$new") old=$(number_of "$work/$1.crl")
  [[ ${#number} -gt ${#old} || ( ${#number} -eq ${#old} && ! $number < $old ) ]] || { say "the CRL $number of $1 is older than $old."; return 1; }
  mv "$new" "$work/$1.crl"
}
number_of() { [[ ! -r $1 ]] || openssl crl -in "$1" -noout -crlnumber | sed 's/.*=\(0x\)\{0,1\}//'; }
list_revoked() {
  local authority
  for authority in "${authorities[@]}"; do
    [[ ! -s $work/$authority.crl ]] || openssl crl -in "$work/$authority.crl" -noout -text | sed -n 's/^ *Serial Number: *//p'
  done
}

# ── Disconnecting ─────────────────────────────────────────────────────────────────────────────────────────────────────────
# The plugin disconnects every session of a user whose entry is made or deleted: as many at once as wait. What it refuses, mosquitto_pub
# only warns of. Who could not be disconnected stays in the queue.
disconnect() {
  local said device
  (( ${#queue[@]} )) || return 0
  # Without a broker there is nobody to disconnect.
  if [[ ! -S $work/adapter.sock ]] && ! kill -0 "$(cat "$work/mosquitto.pid" 2>/dev/null)" 2>/dev/null; then queue=(); return 0; fi
  said=$(cd "$work" && printf '%s\n' "${!queue[@]}" |
    jq -Rnc '{commands: [inputs | {command: "createClient", username: .}, {command: "deleteClient", username: .}]}' |
    mosquitto_pub --unix adapter.sock -V 5 -q 1 -u "$(<adapter.user)" -P "$(<adapter.password)" -t "\$CONTROL/dynamic-security/v1" -s 2>&1) || said+=' failed'
  if [[ -n $said ]]; then
    say "the broker does not disconnect ${#queue[@]} devices: $said"
    tell_time
    retry=$(( now + 1000 ))
    return 1
  fi
  for device in "${!queue[@]}"; do [[ -z ${queue[$device]} ]] || say "${queue[$device]}"; done
  queue=()
}

# Once a certificate is in the broker's CRL, its device is disconnected again: it may have come back before that.
settle() {
  local serial authority behind missing=0
  fetch_crls || missing=1
  if (( ${#pending[@]} )); then
    while IFS= read -r serial; do
      queue[${pending[$serial]##* }]+=''
      unset "pending[$serial]"
    done < <(comm -12 <(printf '%s\n' "${!pending[@]}" | sort) <(list_revoked | sort))
    for serial in "${!pending[@]}"; do
      authority=${pending[$serial]#* }
      # What has ended lets nobody in, and no CRL of it is waited for.
      [[ -z $listed ]] || is_listed "${authority%% *}" || unset "pending[$serial]"
    done
  fi
  disconnect || return 1

  # Only what is dealt with is behind us. Whatever else happens to be repeated does no harm.
  behind=$seen
  for serial in "${!pending[@]}"; do (( ${pending[$serial]%% *} > behind )) || behind=$(( ${pending[$serial]%% *} - 1 )); done
  [[ $behind != "$written" ]] || return "$missing"
  printf '%s\n' "$behind" >"$work/last-event.new" && mv "$work/last-event.new" "$work/last-event" && written=$behind
  return "$missing"
}

# ── One event ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
# One jq for all of them: an event is a line with what is needed of it, a heartbeat is a colon.
# shellcheck disable=SC2016  # jq's own
readonly lines='if startswith("data:") then
    (.[5:] as $text | try ($text | fromjson | [.id, .type, .data.deviceId // "-", .data.serialNumber // "-", .data.authority // "-", .data.notAfter // "-"]
      | @tsv) catch "! \($text)")
  elif startswith(":") then ":" else empty end'

handle() {
  local id type device serial authority not_after today
  IFS=$'\t' read -r id type device serial authority not_after <<<"$1"
  seen=$id
  [[ $device != - ]] || return 0
  case $type in
    provisioning.certificate.revoked | provisioning.certificate.held)
      (( ${#queue[@]} )) || { tell_time; queued=$now; }
      queue[$device]="$id: $device is off ($serial)."
      printf -v today '%(%FT%TZ)T' -1
      [[ $authority != - && ! $not_after < $today ]] || return 0
      is_listed "$authority" || listed=''
      pending[$serial]="$id $authority $device" ;;
    provisioning.certificate.released)
      say "$id: $device may come back ($serial)."
      unset "pending[$serial]" ;;
  esac
}

# ── The stream ────────────────────────────────────────────────────────────────────────────────────────────────────────────
ask() { curl -sS --cacert "$trust" --cert "$certificate" --key "$key" "$@"; }

# Comes back when the stream has ended, or is silent for longer than heartbeats take.
listen() {
  local line part='' dirty=1 heard=$SECONDS patience stream reader
  listed=''
  exec 4< <(exec curl -sSNf --cacert "$trust" --cert "$certificate" --key "$key" -H "Last-Event-ID: $1" "$server/api/v1/revocations/stream")
  stream=$!
  exec 3< <(exec jq -Rr --unbuffered "$lines" <&4)
  reader=$!
  exec 4<&-
  while :; do
    patience=5
    if (( ${#queue[@]} )); then patience=0.03; elif (( dirty || ${#pending[@]} )); then patience=0.5; fi
    if IFS= read -r -t "$patience" -u 3 line; then
      line=$part$line part='' heard=$SECONDS
      case $line in
        :) (( SECONDS - refreshed < 300 )) || { dirty=1; listed=''; } ;;
        '! '*) say "an event cannot be read: ${line#! }" ;;
        *) handle "$line"; dirty=1 ;;
      esac
    elif (( $? > 128 )); then
      part+=$line line=''
      if (( SECONDS - heard > 40 )); then say "nothing is heard any more."; break; fi
    else
      break
    fi

    # At once when nothing follows, and else soon: neither may wait for the events to end.
    tell_time
    if (( ${#queue[@]} && now >= retry )) && [[ -z $line || ${#queue[@]} -ge 200 || $(( now - queued )) -ge 200 ]]; then disconnect; fi
    if (( (dirty || ${#pending[@]}) && now - settled >= 500 )) && [[ -z $line || $(( now - settled )) -ge 1000 ]]; then
      if settle; then dirty=0; fi
      tell_time
      settled=$now
    fi
  done
  exec 3<&-
  kill "$stream" "$reader" 2>/dev/null
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
  # Any part of it: adapters that lost the service together do not come back together.
  if (( SECONDS - begun < 5 )); then delay=$(( delay < 16 ? delay * 2 : 30 )); else delay=1; fi
  sleep "$(( RANDOM % delay )).$(( RANDOM % 10 ))"
done
