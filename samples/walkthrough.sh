# What label/enroll.sh and birth-certificate/enroll.sh have in common, which source this file: their options, the steps that they tell,
# and the administrator's part. What the device does stands in each of them.
# shellcheck shell=bash disable=SC2034 # what is set here is used there
export LC_ALL=C TZ=UTC0 && umask 077

usage() {
  cat <<'USAGE'
usage: enroll.sh [options]

  -s URL    the service (default: https://localhost:8443)
  -d DIR    the service's data directory, for the administrator's credential in it (default: ./data)
  -o DIR    where what is made goes, keys and certificates too (default: a new folder)

PROVISIONING_DLL names a built provisioning.dll; without it, the command is built and run from the checkout.
USAGE
}

fail() { printf '\nenroll.sh: %s\n' "$*" >&2; exit 1; }
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

# administer VERB [ARGUMENT…]: the command, as the administrator.
checkout=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
administer() {
  if [[ -n ${PROVISIONING_DLL-} ]]; then dotnet "$PROVISIONING_DLL" "$@" --url "$server" --data "$data"
  else dotnet run --project "$checkout/src/Provisioning.Cli" -- "$@" --url "$server" --data "$data"; fi
}
