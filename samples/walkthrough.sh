# What the samples of single devices have in common (label, birth-certificate, est), which source this file: their options, the steps that
# they tell, and the administrator's part. What the device does stands in each of them.
# shellcheck shell=bash disable=SC2034 # what is set here is used there
export LC_ALL=C TZ=UTC0 && umask 077

# Bash forgets set -e inside $(…), unless it is told not to. It never minds a command that fails in $(…) among the words of another one,
# such as tell "$(…)": so what may fail is assigned first.
shopt -s inherit_errexit

usage() {
  printf 'usage: %s [options]\n' "${0##*/}"
  cat <<'USAGE'

  -s URL    the service (default: https://localhost:8443)
  -d DIR    the service's data directory, for the administrator's credential in it (default: ./data)
  -o DIR    where what is made goes, keys and certificates too (default: a new folder)

PROVISIONING_DLL names a built provisioning.dll; without it, the command is built and run from the checkout.
USAGE
}

fail() { printf '\n%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
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
[[ -n $work ]] || work=$(mktemp -d "${TMPDIR:-/tmp}/provisioning-sample.XXXXXX")
mkdir -p "$work"
root=$data/pki/root.pem

# No two runs have a device of the same name.
run=$(date +%y%m%d%H%M%S)$((RANDOM % 900 + 100))

# Files with tokens in them, which are gone when a sample ends, however it ends.
secrets=()
forget() { rm -f -- "${secrets[@]}"; }
trap forget EXIT

# administer VERB [ARGUMENT…]: the command, as the administrator.
checkout=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
administer() {
  if [[ -n ${PROVISIONING_DLL-} ]]; then dotnet "$PROVISIONING_DLL" "$@" --url "$server" --data "$data"
  else dotnet run --project "$checkout/src/Provisioning.Cli" -- "$@" --url "$server" --data "$data"; fi
}

# make_group NAME APPROVAL [JSON]: a group that accepts tokens, and whose devices may renew at once, which in the field they do when it is
# time; with what is in the JSON, too.
make_group() {
  jq -n --arg approval "$2" --argjson more "${3-null}" '{credentials: ["token"], approval: $approval, renewal: {early: "allowed"}} + $more' \
    >"$work/group.json"
  administer groups save "$1" --file "$work/group.json" >/dev/null
}

# approve DEVICE: the administrator looks at what waits for an approval, and approves what is for this device. Waits up to half a minute
# until there is something.
approve() {
  local id='' i
  local admin=(curl -sS --fail-with-body --max-time 60 --cacert "$root" --cert "$data/credentials/admin.pem" --key "$data/credentials/admin.key")
  for (( i = 0; i < 100; i++ )); do
    id=$("${admin[@]}" "$server/api/v1/approvals?state=pending&deviceId=$1" | jq -r '.items[0].id // empty')
    [[ -z $id ]] || break
    sleep 0.3
  done
  [[ -n $id ]] || fail "nothing waits for an approval of $1."
  jq -n --arg id "$id" '{ids: [$id], approve: true}' \
    | "${admin[@]}" -H 'Content-Type: application/json' --data-binary @- "$server/api/v1/approvals/decisions" \
    | jq -e '.items[0].state == "approved"' >/dev/null || fail "$1 was not approved."
}

# as_device HEAD CURL-ARGUMENT…: a request of a device, which it may repeat, and how a device does: see "When to come back" in README.md of
# the project. Prints the status, 000 when there was no answer; what came before the body is in HEAD. Nobody waits for a device in the
# field, and it is one of many: there first_pause is 60 and longest_pause 3600. Here you wait.
first_pause=${first_pause:-1} longest_pause=${longest_pause:-30} attempts=${attempts:-10}
as_device() {
  local head=$1 pause=$first_pause attempt status error asked later line; shift
  for (( attempt = 1; ; attempt++ )); do
    error=0 asked='' later=''
    : >"$head"
    status=$(curl -sS --max-time 60 -D "$head" -w '%{http_code}' "$@") || error=$?
    while IFS= read -r line; do
      line=${line%$'\r'}
      # A date, which a proxy may say, is not read: then it is later, and that is all.
      [[ ${line,,} != retry-after:* ]] || later=yes
      [[ ! ${line,,} =~ ^retry-after:[[:blank:]]*([0-9]{1,6})[[:blank:]]*$ ]] || asked=$((10#${BASH_REMATCH[1]}))
    done <"$head"
    case $error:$status:$later in
      # Our own files, and a server that is not to be trusted, are the same next time.
      26:* | 58:* | 60:* | 66:* | 77:* | 83:* | 90:* | 91:*) break ;;
      # What is waited for (202) is no failure. Whoever is asked for more than an hour has something better to do.
      0:[123]*) break ;;
      0:408:* | 0:425:* | 0:429:* | 0:5*) ;;
      0:*:) break ;;
      *) (( ! error )) || status=000 ;;
    esac
    if (( attempt >= attempts || ${asked:-0} > 3600 )); then break; fi
    if [[ -n $asked ]]; then pause=$first_pause; rest "$asked" "$first_pause"
    else
      rest 0 "$pause"
      pause=$(( pause * 2 < longest_pause ? pause * 2 : longest_pause ))
    fi
  done
  printf '%s' "$status"
}

# rest SECONDS MORE: so long, and any part of MORE seconds; and it says so.
rest() {
  local milliseconds=$(( (RANDOM * 32768 + RANDOM) % ($2 * 1000 + 1) )) pause
  printf -v pause '%d.%03d' $(( $1 + milliseconds / 1000 )) $(( milliseconds % 1000 ))
  printf 'again in %s s, of %d to %d\n' "$pause" "$1" $(( $1 + $2 )) >&2
  sleep "$pause"
}
