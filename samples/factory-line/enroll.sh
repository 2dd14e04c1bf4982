#!/usr/bin/env bash
# Enrolls the units of a list: for each one a key, a certification request, and the certificate that the service gives for it.
# Needs bash, curl and openssl. Kill it whenever you like and run it again with the same folder: it goes on, and never enrolls
# a unit twice. See README.md beside this file.
set -uo pipefail
export LC_ALL=C TZ=UTC0 && umask 077

usage() {
  cat <<'USAGE'
usage: enroll.sh [options] units.csv

  units.csv         device IDs in the first column; a header and lines that start with # are passed over
  -o DIR            where keys, certificates and results.csv go (default: ./factory-line)
  -j N              units at once (default: four for each processor)
  -s URL            the service (default: https://localhost:8443)
  -d DIR            the service's data directory, when it is on this machine (default: ./data); in its place:
  --cert FILE         the line's certificate (default: DIR/credentials/factory-line.pem)
  --key FILE          its key                (default: DIR/credentials/factory-line.key)
  --cacert FILE       the trust anchor       (default: DIR/pki/root.pem)
  --attempts N      tries for each unit when the service cannot be reached or is busy (default: 12, about two minutes)
  -h                this text

exit code: 0 every unit has its certificate; 1 some do not; 2 wrong usage; 3 the run could not go on; 130 interrupted
USAGE
}

say() { printf '%s\n' "$*" >&2; }
die() { say "enroll.sh: $*"; exit 3; }
misused() { say "enroll.sh: $*"; say "Try: enroll.sh -h"; exit 2; }

# ── The command line ──────────────────────────────────────────────────────────────────────────────────────────────────────
output=factory-line server=https://localhost:8443 data=data certificate='' key='' anchor='' list='' attempts=12
jobs=$(( $(nproc 2>/dev/null || echo 2) * 4 ))
while (( $# )); do
  case $1 in
    -h | --help) usage; exit 0 ;;
    -o | -j | -s | -d | --cert | --key | --cacert | --attempts)
      (( $# > 1 )) || misused "$1 needs a value."
      case $1 in
        -o) output=$2 ;;
        -j) jobs=$2 ;;
        -s) server=${2%/} ;;
        -d) data=$2 ;;
        --cert) certificate=$2 ;;
        --key) key=$2 ;;
        --cacert) anchor=$2 ;;
        --attempts) attempts=$2 ;;
      esac
      shift 2 ;;
    -*) misused "the option $1 is not known." ;;
    *) [[ -z $list ]] || misused "one list at a time."; list=$1; shift ;;
  esac
done
[[ -n $list ]] || { usage >&2; exit 2; }
[[ $jobs =~ ^[1-9][0-9]{0,2}$ ]] || misused "-j takes a number from 1 to 999."
[[ $attempts =~ ^[1-9][0-9]{0,3}$ ]] || misused "--attempts takes a number from 1 to 9999."
[[ $server =~ ^https://[][A-Za-z0-9.:_/-]+$ ]] || misused "-s takes an address that starts with https://."
for file in "$list" "${certificate:=$data/credentials/factory-line.pem}" "${key:=$data/credentials/factory-line.key}" \
  "${anchor:=$data/pki/root.pem}"; do
  [[ -r $file ]] || misused "$file cannot be read."
done
for program in curl openssl flock; do
  command -v "$program" >/dev/null || die "$program is not installed."
done

# ── One run at a time in a folder ─────────────────────────────────────────────────────────────────────────────────────────
mkdir -p -- "$output/units" || die "cannot make $output/units."
absolute() { (cd -- "$(dirname -- "$1")" && printf '%s/%s\n' "$PWD" "$(basename -- "$1")"); }
certificate=$(absolute "$certificate") key=$(absolute "$key") anchor=$(absolute "$anchor") list=$(absolute "$list")
cd -- "$output" || die "cannot enter $output."
output=$PWD

# The workers inherit the lock: after a kill -9 of this process alone it is free when the last of them has noticed.
exec {lock}>.lock || die "cannot write in $output."
if ! flock -n "$lock"; then
  say "Another run works in $output. Waiting for it to end …"
  flock -w 60 "$lock" || die "another run works in $output."
fi

work=.work
make_work() {
  rm -rf -- "$work" && mkdir -- "$work" \
    && ln -s -- "$certificate" "$work/line.pem" && ln -s -- "$key" "$work/line.key" && ln -s -- "$anchor" "$work/root.pem" \
    && printf '[req]\ndistinguished_name = names\n[names]\n' >"$work/request.cnf"  # openssl's own may hold what a site has put there
}
make_work || die "cannot write in $output."

# ── What is done already ──────────────────────────────────────────────────────────────────────────────────────────────────
results=results.csv
valid_id='^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$'
valid_time='^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$'
declare -A issued=()

# A line that a kill or a power cut has left unfinished is no result; it is taken off, so that the next one does not run into it.
if [[ -s $results ]]; then
  whole=$(tail -c 1 -- "$results" | wc -l)
  if (( ! whole )); then truncate -s "-$(tail -n 1 -- "$results" | wc -c)" -- "$results" || die "cannot repair $results."; fi
fi
if [[ ! -s $results ]]; then printf 'deviceId,serialNumber,status,code,time\n' >"$results" || die "cannot write $results."; fi
while IFS=, read -r id serial status code time rest; do
  # The last line of a unit counts, and only together with the certificate that it tells of.
  [[ $id =~ $valid_id && $time =~ $valid_time && -z $rest ]] || continue
  if [[ $status == issued && -s units/$id.pem ]]; then issued[$id]=1; else unset -v 'issued[$id]'; fi
done <"$results"
exec {record}>>"$results" || die "cannot write $results."

# ── The list ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
declare -A known=() failures=()
declare -a todo=()
total=0 already=0 bad=0 twice=0 number=0 header=''
while IFS= read -r line || [[ -n $line ]]; do
  (( number += 1 ))
  (( number > 1 )) || line=${line#$'\xEF\xBB\xBF'}
  line=${line%$'\r'}
  id=${line%%[,;]*}
  id=${id#"${id%%[![:space:]]*}"} id=${id%"${id##*[![:space:]]}"}
  [[ $id == '"'*'"' && ${#id} -gt 1 ]] && id=${id:1:-1}
  [[ -n ${line//[[:space:]]/} && $id != '#'* ]] || continue
  if [[ ${id,,} == deviceid && $total == 0 && -z $header ]]; then header=1; continue; fi
  if [[ ! $id =~ $valid_id ]]; then
    (( bad += 1, total += 1 ))
    printf 'enroll.sh: line %d: %q is no device ID (1 to 64 of A-Z a-z 0-9 . _ - : that start with a letter or digit).\n' "$number" "${id:0:80}" >&2
  elif [[ -n ${known[$id]+set} ]]; then
    (( twice += 1 ))
    say "enroll.sh: line $number: $id is in line ${known[$id]} already."
  else
    known[$id]=$number
    (( total += 1 ))
    if [[ -n ${issued[$id]+set} ]]; then (( already += 1 )); else todo+=("$id"); fi
  fi
done <"$list"
(( ! bad )) || failures[bad-device-id]=$bad
(( total )) || die "there is no unit in $list."

# ── A worker: every so-manieth unit, in batches that share a connection ───────────────────────────────────────────────────
#
# Keys, requests and certificates are made in a folder of the worker's own and moved in place when they are whole and on the
# disk, a key before the first request that carries it. So whenever it stops, a unit has no key, or a key to go on with.
# It reports to the parent, a line for each event: "unit ID SERIAL STATUS CODE", "wait SECONDS REASON", "fatal SENTENCE".

main=$$ batch_size=20

fatal() { printf 'fatal %s\n' "$*"; exit 1; }

# place HOW FILE…: first onto the disk, then under the name by which they count.
place() {
  local how=$1
  shift
  if ! { sync -- "$@" && mv "$how" -t ../../units -- "$@" && sync -- ../../units; }; then fatal "cannot write in $output/units."; fi
}

# move EXTENSION: puts the worker's files *.EXTENSION in place, never over one that is there.
move() {
  local files=(./*."$1")
  if [[ -e ${files[0]} ]]; then place -n "${files[@]}"; fi
}

# prepare ID…: each unit gets a key and a request, as far as it has none. The request is kept too: sent again, it is the same.
prepare() {
  local id problem new=(openssl req -config ../request.cnf -new -nodes -outform DER)
  prepared=()
  for id; do
    if [[ ! -e ../../units/$id.key ]]; then
      rm -f -- "../../units/$id.csr"
      problem=$("${new[@]}" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout "$id.key" -out "$id.csr" -subj "/CN=$id" 2>&1) \
        || fatal "cannot make a key: ${problem//$'\n'/ }"
    elif [[ ! -s ../../units/$id.csr ]]; then
      rm -f -- "../../units/$id.csr"
      if ! "${new[@]}" -key "../../units/$id.key" -out "$id.csr" -subj "/CN=$id" >/dev/null 2>&1; then
        rm -f -- "$id.csr"
        printf 'unit %s - failed key-unusable\n' "$id"
        continue
      fi
    fi
    prepared+=("$id")
  done
  move key
  move csr
}

# configure ID…: one transfer for each unit, as curl's configuration.
configure() {
  local id hash file first=1
  while read -r hash file; do
    id=${file##*/} id=${id%.csr}
    (( first )) || printf 'next\n'
    first=0
    # The request key names the unit and the request: whoever sends it again, and whenever, it is the same enrollment.
    printf '%s\n' \
      "url = \"$server/api/v1/enrollments?deviceId=$id\"" \
      "header = \"Content-Type: application/pkcs10\"" \
      "header = \"Accept: application/pem-certificate-chain\"" \
      "header = \"Idempotency-Key: $id.${hash:0:32}\"" \
      "data-binary = \"@../../units/$id.csr\"" \
      "output = \"$id.pem\"" \
      "dump-header = \"$id.head\"" \
      'cert = "../line.pem"' 'key = "../line.key"' 'cacert = "../root.pem"' \
      'tlsv1.2' 'http1.1' 'silent' 'show-error' 'connect-timeout = 10' 'max-time = 60'
  done < <(openssl dgst -sha256 -r "${@/#/../../units/}")
}

# read_answer ID: sets status, serial, code and retry_after from what the service said; status is 0 when it said nothing.
read_answer() {
  local line
  status=0 serial='' code='' retry_after=0
  [[ -e $1.head ]] || return 0
  while IFS= read -r line; do
    line=${line%$'\r'}
    case ${line,,} in
      http/*) serial='' code='' retry_after=0; [[ $line =~ ^[^\ ]+\ ([0-9]{3}) ]] && status=${BASH_REMATCH[1]} ;;
      provisioning-serial-number:*) [[ $line =~ :\ *([0-9A-F]{2,40})\ *$ ]] && serial=${BASH_REMATCH[1]} ;;
      provisioning-error:*) [[ ${line,,} =~ :\ *([a-z0-9-]{1,64})\ *$ ]] && code=${BASH_REMATCH[1]} ;;
      retry-after:*) [[ $line =~ :\ *([0-9]{1,6})\ *$ ]] && retry_after=$((10#${BASH_REMATCH[1]})) ;;
    esac
  done <"$1.head"
}

# is_whole ID: the certificate has arrived from its first line to its last.
is_whole() {
  local text
  [[ -s $1.pem ]] && text=$(<"$1.pem") && [[ $text == '-----BEGIN CERTIFICATE-----'*'-----END CERTIFICATE-----' ]]
}

# pause SECONDS: at least so long, unless somebody wants this to end. SECONDS has no fractions, hence the one more.
pause() {
  local until=$((SECONDS + $1 + 1))
  while (( SECONDS < until )) && (( ! stopping )); do
    kill -0 "$main" 2>/dev/null || exit 1
    sleep 0.5
  done
}

worker() {
  local index=$1 id status serial code retry_after exit_code problem wait backoff=1 again refused i
  local -a queue=() batch=() prepared=() stored=() retry=() files=()
  local -A tries=()
  stopping=0
  trap 'stopping=1' TERM
  trap '' INT
  if ! { mkdir -- "$work/$index" && cd -- "$work/$index"; }; then fatal "cannot write in $output."; fi
  for (( i = index; i < ${#todo[@]}; i += jobs )); do queue+=("${todo[i]}"); done

  while (( ${#queue[@]} && ! stopping )); do
    kill -0 "$main" 2>/dev/null || exit 1
    batch=("${queue[@]:0:batch_size}") queue=("${queue[@]:batch_size}")
    prepare "${batch[@]}"
    (( ${#prepared[@]} )) || continue
    rm -f -- ./*.pem ./*.head
    configure "${prepared[@]/%/.csr}" >transfers.conf || fatal "cannot write in $output."
    problem=$(curl -q --fail-early --config transfers.conf 2>&1 >/dev/null)
    exit_code=$?
    case $exit_code in
      # What no retry makes better, and what concerns every unit.
      2 | 3 | 23 | 26 | 27 | 51 | 53 | 54 | 58 | 60 | 66 | 77 | 83 | 90 | 91) fatal "curl: ${problem//$'\n'/ }" ;;
    esac

    stored=() retry=() files=() wait=0 again='' refused=''
    for id in "${prepared[@]}"; do
      read_answer "$id"
      case $status:$code in
        200:* | 201:*)
          if is_whole "$id" && [[ -n $serial ]]; then
            stored+=("unit $id $serial issued") files+=("./$id.pem")
            continue
          fi
          code=answer-incomplete ;;
        # This is about the line itself, and the same for every unit.
        401:* | 403:not-allowed | 403:certificate-revoked | 403:certificate-superseded) refused=${code:-http-$status}; break ;;
        0:*)
          # After the transfer that failed, --fail-early has not tried the others: for them this was no try.
          if [[ -n $again ]]; then retry+=("$id"); continue; fi
          code=no-answer ;;
        409:request-in-progress | 408:* | 425:* | 429:* | 5??:*) : "${code:=http-$status}" ;;
        *) printf 'unit %s - failed %s\n' "$id" "${code:-http-$status}"; continue ;;
      esac
      if (( (tries[$id] += 1) >= attempts )); then printf 'unit %s - failed %s\n' "$id" "$code"; continue; fi
      retry+=("$id") again=$code
      (( retry_after <= wait )) || wait=$retry_after
    done

    if (( ${#files[@]} )); then
      place -f "${files[@]}"
      printf '%s\n' "${stored[@]}"
    fi
    [[ -z $refused ]] || fatal "the service does not accept the line's certificate ($refused)."
    if [[ -z $again ]]; then backoff=1; continue; fi

    # The service's own wish, and up to a second more; or any part of a pause that doubles. So not all come back at once.
    queue=("${retry[@]}" "${queue[@]}")
    (( ! ${#files[@]} )) || backoff=1
    (( wait <= 300 )) || fatal "the service wants to be asked again in $wait s ($again)."
    if (( wait )); then backoff=1
    else wait=$(( RANDOM % (backoff + 1) )) backoff=$(( backoff < 15 ? backoff * 2 : 30 )); fi
    printf 'wait %d %s\n' "$wait" "$again"
    sleep "0.$((RANDOM % 10))"
    pause "$wait"
  done
}

# All workers; ends when the last one has. Asked to end, each one finishes its batch and reports it.
pool() {
  local index stopping=0
  local -a workers=()
  trap '' INT
  trap 'stopping=1; kill -TERM "${workers[@]}" 2>/dev/null' TERM
  for (( index = 0; index < jobs && index < ${#todo[@]} && ! stopping; index++ )); do
    worker "$index" &
    workers+=($!)
  done
  while [[ -n $(jobs -pr) ]]; do wait; done
}

# ── Progress ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
started=$SECONDS done_now=0 failed=$bad note='' note_until=0 shown=-1 shown_line=0
terminal=0
[[ -t 2 ]] && terminal=1

duration() {
  if (( $1 >= 3600 )); then printf '%d h %02d min' $(($1 / 3600)) $(($1 % 3600 / 60))
  elif (( $1 >= 60 )); then printf '%d min %02d s' $(($1 / 60)) $(($1 % 60))
  else printf '%d s' "$1"; fi
}

# progress [now]: on a terminal one line that is written over, at most five times a second; else a line now and then.
progress() {
  local now=$((${EPOCHREALTIME/[^0-9]/} / 1000)) elapsed=$((SECONDS - started)) finished=$((already + done_now + failed)) rate left text
  if (( terminal )); then
    [[ -n ${1-} ]] || (( now - shown_line >= 200 )) || return 0
  else
    [[ -n ${1-} ]] || (( now - shown_line >= 10000 )) || return 0
  fi
  shown_line=$now
  rate=$(( elapsed ? (done_now + failed - bad) * 10 / elapsed : 0 ))
  text="$finished/$total units, $((rate / 10)).$((rate % 10))/s, $failed failed"
  if (( finished < total && rate )); then text+=", $(duration $(((total - finished) * 10 / rate))) left"; fi
  (( SECONDS >= note_until )) || text+=" ($note)"
  if (( terminal )); then
    printf '\r\033[K%s' "$text" >&2
  elif [[ $text != "$shown" ]]; then
    shown=$text
    say "$text"
  fi
}

# ── The run ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
problem='' interrupted=0 report=''
(( ! already )) || say "$already of $total units have their certificate already."
if (( ${#todo[@]} )); then
  exec {reports}< <(pool)
  pool=$!
  trap 'interrupted=1; kill -TERM "$pool" 2>/dev/null' INT TERM HUP
  progress now
  while :; do
    # The workers write whole lines at once, but the second may be over in the middle of reading one.
    if IFS= read -r -t 1 -u "$reports" part; then
      read -r event id serial status code <<<"$report$part"
      report=''
      case $event in
        unit)
          [[ $serial != - ]] || serial=''
          printf '%s,%s,%s,%s,%(%Y-%m-%dT%H:%M:%SZ)T\n' "$id" "$serial" "$status" "$code" -1 >&"$record" || {
            problem="cannot write $output/$results."
            kill -TERM "$pool" 2>/dev/null
          }
          if [[ $status == issued ]]; then (( done_now += 1 ))
          else (( failed += 1, failures[$code] += 1 )); fi ;;
        wait) note="$serial, next try in $id s" note_until=$((SECONDS + id)) ;;
        fatal)
          problem="$id $serial $status $code"
          kill -TERM "$pool" 2>/dev/null ;;
      esac
    else
      (( $? > 128 )) || break
      report+=$part
    fi
    progress
  done
  wait "$pool" 2>/dev/null; trap - INT TERM HUP
fi
progress now
(( ! terminal )) || say
rm -rf -- "$work"

# ── The summary ───────────────────────────────────────────────────────────────────────────────────────────────────────────
left=$((total - already - done_now - failed)) elapsed=$((SECONDS - started))
{
  printf 'units in the list  %6d\n' "$total"
  printf '  issued now       %6d\n' "$done_now"
  printf '  already done     %6d\n' "$already"
  printf '  failed           %6d\n' "$failed"
  for code in "${!failures[@]}"; do printf '    %-24s %d\n' "$code" "${failures[$code]}"; done | sort
  (( ! left )) || printf '  not tried        %6d\n' "$left"
  (( ! twice )) || printf 'listed more than once: %d\n' "$twice"
  printf 'duration           %s\n' "$(duration "$elapsed")"
  printf 'results            %s\n' "$output/$results"
  printf 'keys, certificates %s\n' "$output/units"
} >&2
if [[ -n $problem ]]; then die "stopped: $problem"; fi
if (( interrupted )); then say "Interrupted. Run it again to go on."; exit 130; fi
(( ! failed && ! left )) || exit 1
