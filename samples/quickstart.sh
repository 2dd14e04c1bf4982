#!/usr/bin/env bash
# The whole life of a device's identity in a minute: builds the server, starts it, enrolls a device as the factory line would,
# rotates its certificate, revokes it, and shows that nobody accepts it any more. Then the server stays, for you to look around.
#
#   samples/quickstart.sh           stays with the server; Ctrl-C stops both
#   samples/quickstart.sh --exit    stops the server at the end
#
# The server's own settings apply, such as Provisioning__DataDirectory (default ./data), Provisioning__HttpsPort (8443) and
# Provisioning__HttpPort (8080). Run it as often as you like: each run enrolls a device of its own.
set -euo pipefail
umask 077
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
invoked_from=$PWD
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

stay=1
case ${1-} in
  '') ;;
  --exit) stay='' ;;
  *) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "samples/quickstart.sh"; [[ $1 == -h || $1 == --help ]] && exit 0; exit 2 ;;
esac

bold='' dim='' plain=''
if [[ -t 1 ]]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; fi
number=0
step() { (( number += 1 )); printf '\n%s%d. %s%s\n' "$bold" "$number" "$*" "$plain"; }
tell() { printf '   %s\n' "$*"; }
# shown LINE…: what a reader would type, for what follows.
shown() { printf '   %s$ %s' "$dim" "$1"; shift; (( ! $# )) || printf ' \\\n       %s' "$@"; printf '%s\n' "$plain"; }
indented() { sed 's/^/   /'; }
fail() { printf '\nquickstart: %s\n' "$*" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/provisioning-quickstart.XXXXXX")
server='' build=''
# shellcheck disable=SC2317  # the traps call it
finish() {
  local status=$?
  trap - EXIT INT TERM
  if [[ -n $build ]]; then kill -TERM "$build" 2>/dev/null || true; fi
  if [[ -n $server ]] && kill -0 "$server" 2>/dev/null; then
    printf '\nStopping the server …\n'
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" || true
  fi
  if (( status == 0 )); then rm -rf -- "$work"
  else printf 'The files of this run are in %s.\n' "$work" >&2; fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ── What is needed ────────────────────────────────────────────────────────────────────────────────────────────────────────

command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing. See https://dotnet.microsoft.com/download/dotnet/10.0"
[[ $(dotnet --version 2>/dev/null) =~ ^([0-9]+)\. && ${BASH_REMATCH[1]} -ge 10 ]] || fail "the .NET SDK is older than 10. See https://dotnet.microsoft.com/download/dotnet/10.0"
missing=()
for program in openssl curl; do command -v "$program" >/dev/null || missing+=("$program"); done
if (( ${#missing[@]} )); then
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    tell "Installing ${missing[*]} …"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates "${missing[@]}"; } \
      >"$work/apt.log" 2>&1 || { tail -n 20 "$work/apt.log" >&2; fail "apt-get could not install ${missing[*]}."; }
  else
    fail "please install ${missing[*]} first (Debian, Ubuntu: sudo apt-get install ${missing[*]})."
  fi
fi

# ── Build and start ───────────────────────────────────────────────────────────────────────────────────────────────────────

step "Build the server"
started=$SECONDS
# Without the analyzers, which judge the code and not the program: half the time.
dotnet build src/Provisioning.Server --configuration Release -p:RunAnalyzers=false --nologo --verbosity quiet >"$work/build.log" 2>&1 &
build=$!
while kill -0 "$build" 2>/dev/null; do
  if [[ -t 1 ]]; then printf '\r   %d s …' $((SECONDS - started))
  elif (( SECONDS - started > 0 && (SECONDS - started) % 15 == 0 )); then tell "still building, $((SECONDS - started)) s"; sleep 0.8; fi
  sleep 0.2
done
[[ -t 1 ]] && printf '\r'
finished=$build build=''
wait "$finished" || { cat "$work/build.log" >&2; fail "the build failed."; }
tell "done in $((SECONDS - started)) s"

is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
# port CHOSEN DEFAULT: what was chosen, or the first free one from the default on.
port() {
  local candidate=$2
  if [[ -n $1 ]]; then printf '%s\n' "$1"; return; fi
  while is_taken "$candidate"; do (( candidate += 1 )); done
  printf '%s\n' "$candidate"
}
Provisioning__HttpsPort=$(port "${Provisioning__HttpsPort-}" 8443)
Provisioning__HttpPort=$(port "${Provisioning__HttpPort-}" 8080)
data=${Provisioning__DataDirectory:-$PWD/data}
[[ $data == /* ]] || data=$invoked_from/$data
export Provisioning__HttpsPort Provisioning__HttpPort Provisioning__DataDirectory=$data ASPNETCORE_ENVIRONMENT=Development
https=https://localhost:$Provisioning__HttpsPort
http=http://localhost:$Provisioning__HttpPort

step "Start the server"
shown "dotnet run --project src/Provisioning.Server"
log=$work/server.log
dotnet src/Provisioning.Server/bin/Release/net10.0/Provisioning.Server.dll >"$log" 2>&1 &
server=$!
curl() { command curl -q --noproxy '*' --silent --show-error --max-time 30 "$@"; }
for (( i = 0; ; i++ )); do
  kill -0 "$server" 2>/dev/null || { server=''; cat "$log" >&2; fail "the server did not start. Is one running already on $data?"; }
  curl --output /dev/null --fail "$http/health/ready" 2>/dev/null && break
  (( i < 600 )) || { tail -n 50 "$log" >&2; fail "the server is not ready after a minute."; }
  sleep 0.1
done
tell "ready at $https, its data in $data"

anchor=$data/pki/root.pem
line=(--cacert "$anchor" --cert "$data/credentials/factory-line.pem" --key "$data/credentials/factory-line.key")
admin=(--cacert "$anchor" --cert "$data/credentials/admin.pem" --key "$data/credentials/admin.key")
id=quickstart-$(date -u +%Y%m%d-%H%M%S)-$RANDOM
cd -- "$work"

# request FILE ARGUMENT…: asks the service, puts its answer into FILE, and stops the script when it refuses.
request() {
  local file=$1 status
  shift
  status=$(curl --dump-header head --output answer --write-out '%{http_code}' "$@") || fail "the service did not answer."
  [[ $status == 2?? ]] || { cat answer >&2; fail "the service refused with $status $(header Provisioning-Error)."; }
  mv answer "$file"
}
# header NAME: from the last answer.
header() { sed -n "s/^$1: *\([^[:cntrl:]]*\).*/\1/Ip" head | tail -n 1; }

# ── The life of a device ──────────────────────────────────────────────────────────────────────────────────────────────────

step "The device $id makes its key, and a certification request"
shown "openssl ecparam -name prime256v1 -genkey -noout -out device.key"
shown "openssl req -new -key device.key -subj /CN=$id -outform DER -out device.csr"
openssl ecparam -name prime256v1 -genkey -noout -out device.key
openssl req -new -key device.key -subj "/CN=$id" -outform DER -out device.csr

step "The factory line enrolls it"
shown "curl --cert factory-line.pem --key factory-line.key --cacert root.pem" \
  "-H 'Content-Type: application/pkcs10' -H 'Accept: application/pem-certificate-chain' --data-binary @device.csr" \
  "$https/api/v1/enrollments?deviceId=$id"
request device.pem "${line[@]}" --header 'Content-Type: application/pkcs10' --header 'Accept: application/pem-certificate-chain' \
  --data-binary @device.csr "$https/api/v1/enrollments?deviceId=$id"
serial=$(header Provisioning-Serial-Number)
tell "enrolled: serial number $serial"
openssl x509 -in device.pem -noout -text -certopt no_header,no_version,no_pubkey,no_sigdump,no_aux | indented
tell "Its key has never left the device."

step "The device rotates its certificate, with nothing but the one that it has"
openssl ecparam -name prime256v1 -genkey -noout -out next.key
openssl req -new -key next.key -subj "/CN=$id" -outform DER -out next.csr
shown "curl --cert device.pem --key device.key --cacert root.pem" \
  "-H 'Content-Type: application/pkcs10' -H 'Accept: application/pem-certificate-chain' --data-binary @next.csr" \
  "$https/api/v1/renewals"
request next.pem --cacert "$anchor" --cert device.pem --key device.key --header 'Content-Type: application/pkcs10' \
  --header 'Accept: application/pem-certificate-chain' --data-binary @next.csr "$https/api/v1/renewals"
old=$serial
serial=$(header Provisioning-Serial-Number)
tell "rotated: serial number $old → $serial"
device=(--cacert "$anchor" --cert next.pem --key next.key)
shown "curl --cert next.pem --key next.key --cacert root.pem $https/api/v1/self"
request self "${device[@]}" "$https/api/v1/self"
grep -o '"\(role\|deviceId\|state\|serialNumber\|renewAfter\|renewBefore\|serverTime\)":"[^"]*"' self | sed 's/":"/": "/' | indented
tell "accepted: seen with the new one, the old one is superseded"

step "The administrator revokes it: its key was compromised"
shown "curl --cert admin.pem --key admin.key --cacert root.pem" \
  "-H 'Content-Type: application/json' --data '{\"reason\":\"keyCompromise\"}'" \
  "$https/api/v1/certificates/$serial/revocation"
request revocation "${admin[@]}" --header 'Content-Type: application/json' --data '{"reason":"keyCompromise"}' \
  "$https/api/v1/certificates/$serial/revocation"
tell "revoked: serial number $serial"

step "The service refuses the device at once"
status=$(curl --dump-header head --output answer --write-out '%{http_code}' "${device[@]}" "$https/api/v1/self") \
  || fail "the service did not answer."
[[ $status == 40[13] ]] || fail "the service answered $status to a revoked certificate."
tell "refused: $status $(header Provisioning-Error)"

step "Everybody else learns it from the CRL"
shown "curl $http/crl/issuing.crl"
started=$SECONDS
until
  curl --fail --output issuing.crl.der "$http/crl/issuing.crl"
  openssl crl -inform DER -in issuing.crl.der -out issuing.crl
  openssl crl -in issuing.crl -noout -text >issuing.txt
  grep -q "Serial Number: $serial" issuing.txt
do
  (( SECONDS - started < 60 )) || fail "the CRL does not list $serial after 60 s."
  sleep 0.5
done
grep -A 4 "Serial Number: $serial" issuing.txt | sed '1!{/Serial Number/,$d}' | sed 's/^ */   /'
tell "listed after $((SECONDS - started)) s"
shown "openssl verify -crl_check -CAfile root.pem -untrusted chain.pem -CRLfile issuing.crl next.pem"
if openssl verify -crl_check -CAfile "$anchor" -untrusted "$data/pki/chain.pem" -CRLfile issuing.crl next.pem >verdict 2>&1; then
  fail "openssl accepts the revoked certificate."
fi
indented <verdict
grep -q 'certificate revoked' verdict || fail "openssl refuses the certificate for another reason."
tell "refused: anyone who checks the CRL turns it away"

# ── What now ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

cat <<TEXT

${bold}Done: enrolled, rotated, revoked.${plain}

  Swagger UI    $https/swagger
                The browser needs the administrator's certificate: import $data/credentials/admin.p12
                (Firefox: Settings, Certificates, Your Certificates; Chromium: Settings, Certificates, Your certificates).
                Its password is in $data/credentials/p12.password
                For no warning about the server's own certificate, import $anchor too, as an authority.
  trust anchor  $anchor
  credentials   $data/credentials     admin and factory-line, for curl as .pem and .key
  CRL           $http/crl/issuing.crl
  health        $http/health/ready
  next          samples/factory-line/README.md enrolls a list of units
TEXT

if [[ -z $stay ]]; then exit 0; fi
cat <<TEXT
  this run      $work (removed at the end)
  log           $log

The server runs as long as this script does. Ctrl-C stops both.
TEXT
trap 'exit 0' INT TERM
wait "$server" && status=0 || status=$?
server=''
(( status == 0 )) || tail -n 30 "$log" >&2
exit "$status"
