#!/usr/bin/env bash
# The device's part of EST (RFC 7030) for a device with a shell: it enrolls with a token and renews its certificate when it is time. To be
# called by cron or a systemd timer, as often as you like: it asks only when that makes sense, and goes on where it was cut off.
# Needs bash, curl, openssl (3.0), base64, flock (util-linux) and GNU's coreutils and sed. See README.md beside this file.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C TZ=UTC0 && umask 077

usage() {
  cat <<'USAGE'
usage: device.sh enroll -s URL -r ROOT.pem -d DIR -n NAME [-g GROUP] [-k KEY] -t TOKEN_FILE
       device.sh renew  -s URL -d DIR [-g GROUP] [-k KEY] [-f]

  -s URL         the service, https://…
  -r ROOT.pem    the root that this device trusts, as it came with it; kept in the folder
  -d DIR         the device's folder, for its owner only
  -n NAME        the device's ID
  -g GROUP       its enrollment group (default: that of the token or the certificate)
  -k KEY         the kind of its keys: a curve, or rsa:2048, rsa:3072 … (default: prime256v1)
  -f             renews although it is not time, where the group allows it
  -t TOKEN_FILE  a file with the token, for its owner only. It is read and left there: remove it when the device is enrolled

In the folder: identity.pem, the key and the certificate, always whole and always good; root.pem and authorities.pem, whom to trust;
pending.key and pending.csr, what is asked for; state, until when not to ask; previous.pem, until the service has seen a new certificate.

  0  done, or nothing to do (enroll: the device has its certificate)    4  the service is not trusted
  1  wrong arguments, or a file that cannot be used                     5  refused
  2  another run is at work                                             9  what was answered is no certificate for this device
  3  later: no answer yet, or an administrator has to approve
USAGE
}

say() { printf '%s: %s\n' "${0##*/}" "$*"; }
fail() { local code=$1; shift; say "$*" >&2; exit "$code"; }

# When to come back: see README.md of the project. Seconds.
first_pause=60 longest_pause=3600

now() { date +%s; }
# random SECONDS: any part of so many, each as likely as any other.
random() { printf '%s' "$(( (RANDOM * 32768 + RANDOM) % ($1 + 1) ))"; }

# keep FILE: what stands in FILE.new becomes FILE, wholly or not at all, whenever power fails.
keep() {
  sync -- "$folder/$1.new"
  mv -f -- "$folder/$1.new" "$folder/$1"
  sync -- "$folder"
}

# The state: when it was written, until when to wait, and how many times there was no answer. A clock that went back voids it.
failures=0
read_state() {
  local written='' until='' count='' moment
  [[ ! -s $folder/state ]] || read -r written until count <"$folder/state" || true
  [[ $written =~ ^[0-9]{1,11}$ && $until =~ ^[0-9]{1,11}$ && $count =~ ^[0-9]{1,2}$ ]] || return 0
  failures=$count moment=$(now)
  (( written <= moment && moment < until )) || return 0
  say "not before $(date -d "@$until" '+%F %T') UTC, as the last run has it"
  # All is well, but who waits for the first certificate does not have it.
  if [[ $verb == enroll ]]; then exit 3; else exit 0; fi
}

# come_back CODE SECONDS WHY: ends the run, and no other one asks before so many seconds; where there is no number, before a part of a
# pause that doubles.
come_back() {
  local code=$1 later=$2 why=$3 pause=$first_pause moment until i
  moment=$(now)
  if [[ -n $later ]]; then
    failures=0 until=$(( moment + later + $(random "$first_pause") ))
  else
    for (( i = 0; i < failures && pause < longest_pause; i++ )); do pause=$(( pause * 2 )); done
    if (( failures < 99 )); then failures=$(( failures + 1 )); fi
    until=$(( moment + $(random $(( pause < longest_pause ? pause : longest_pause ))) ))
  fi
  printf '%s %s %s\n' "$moment" "$until" "$failures" >"$folder/state.new"
  keep state
  fail "$code" "$why; again in $(( until - moment )) s"
}

# ask PATH CURL-ARGUMENT…: one request. The status is in $status, 000 when there was no answer.
ask() {
  local path=$1 problem=0; shift
  : >"$folder/head.new"; : >"$folder/answer.new"
  status=$(curl -q -sS --proto =https --connect-timeout 15 --max-time 60 --cacert "$folder/root.pem" -D "$folder/head.new" \
    -o "$folder/answer.new" -w '%{http_code}' "$@" "$server$path" 9>&- 2>"$folder/problem.new") || problem=$?
  case $problem in
    0) ;;
    26 | 58 | 77) fail 1 "$(said problem)" ;;
    60 | 83 | 90 | 91) come_back 4 '' "the service is not trusted: $(said problem)" ;;
    *) status=000 ;;
  esac
}

# said WHAT: the first line of it.
said() { head -c 400 "$folder/$1.new" | tr -c '[:print:]\n' '?' | sed -n 1p; }

# header NAME: of the answer.
header() {
  local line value=''
  while IFS= read -r line; do
    line=${line%$'\r'}
    [[ $line != HTTP/* ]] || value=''
    [[ ${line,,} != "${1,,}:"* ]] || value=${line#*:}
  done <"$folder/head.new"
  printf '%s' "${value# }"
}

# seconds NAME: the header, where it is a number.
seconds() { local value; value=$(header "$1"); [[ ! $value =~ ^[0-9]{1,11}$ ]] || printf '%s' "$((10#$value))"; }

# later_or_refused: ends the run after an answer that is not the one that was wanted.
later_or_refused() {
  local later code why
  [[ $status != 000 ]] || come_back 3 '' "no answer: $(said problem)"
  later=$(seconds Retry-After) code=$(header Provisioning-Error) why=$(said answer)
  # EST answers with the code and a sentence; /api/v1/self with JSON, of which the code is enough.
  [[ -z $code || $why == "$code:"* ]] || why=$code
  why="$status $why"
  case $status:$later in
    202:* | 408:* | 425:* | 429:* | 5*) come_back 3 "$later" "later: $why" ;;
    [45]*:?*) come_back 3 "$later" "not now: $why" ;;
  esac
  case $code in
    # With this key it would be the same for ever.
    bad-key | key-blocked | key-in-use | key-not-allowed | unsupported-key | roca | new-key-required) drop_pending ;;
    # The device has another name than when the request was made. The key is good.
    identity-mismatch) rm -f -- "$folder/pending.csr" ;;
    # The new certificate was lost over there (restored from a backup), or revoked before it was seen: the one before is still good.
    unknown-certificate | certificate-revoked | certificate-superseded)
      if [[ -s $folder/previous.pem ]]; then mv -f -- "$folder/previous.pem" "$folder/identity.pem"; say "back to the certificate before" >&2; fi ;;
  esac
  # Somebody has to do something; until then we are called again and again.
  come_back 5 '' "refused: $why"
}

drop_pending() { rm -f -- "$folder/pending.csr" "$folder/pending.key"; }

# has_key FILE: whether the certificate in FILE is over the key in pending.key.
has_key() {
  local certified key
  certified=$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null) && key=$(openssl pkey -in "$folder/pending.key" -pubout) && [[ $certified == "$key" ]]
}

# What openssl req -subj takes for more than text.
escape() { sed 's|[\\/+]|\\&|g'; }

# subject: that of the certificate as openssl req -subj takes it. A renewal repeats it, whatever the profile has put into it.
subject() {
  openssl x509 -in "$folder/identity.pem" -noout -subject -nameopt sep_multiline,sname,utf8 | sed -n '2,$s/^ *//p' | escape | sed 's|^|/|' | tr -d '\n'
}

# prepare SUBJECT: a key and a request over it, stored before anybody hears of them. Who loses power, or the answer, sends the same again and
# gets the same certificate.
prepare() {
  if [[ ! -s $folder/pending.key ]]; then
    rm -f -- "$folder/pending.csr"
    case $kind in
      rsa:*) openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:${kind#rsa:}" -out "$folder/pending.key.new" ;;
      *) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$kind" -out "$folder/pending.key.new" ;;
    esac
    keep pending.key
  fi
  if [[ ! -s $folder/pending.csr ]]; then
    openssl req -new -key "$folder/pending.key" -utf8 -subj "$1" -outform DER | base64 >"$folder/pending.csr.new"
    keep pending.csr
  fi
}

# certificates FILE: those that were answered, as PEM: it is base64 of a PKCS#7 message that nobody has signed.
certificates() {
  base64 -d "$folder/answer.new" 2>/dev/null | openssl pkcs7 -inform DER -print_certs 2>/dev/null | sed -n '/^-----BEGIN/,/^-----END/p' >"$1" && [[ -s $1 ]]
}

# certify PATH CURL-ARGUMENT…: asks for a certificate over the pending key, and makes it the identity of the device.
certify() {
  local path=$1; shift
  # The answer is the certificate alone. What is between it and the root may have changed.
  ask "$est/cacerts"
  [[ $status == 200 ]] || later_or_refused
  certificates "$folder/authorities.pem.new" || come_back 9 '' "what was answered are no certificates of authorities"
  keep authorities.pem

  ask "$est/$path" -H 'Content-Type: application/pkcs10' --data-binary "@$folder/pending.csr" "$@"
  [[ $status == 200 ]] || later_or_refused
  certificates "$folder/certificate.new" || come_back 9 '' "what was answered is no certificate"
  openssl verify -CAfile "$folder/root.pem" -untrusted "$folder/authorities.pem" "$folder/certificate.new" >/dev/null 2>&1 \
    || come_back 9 '' "the certificate does not chain to the root"
  has_key "$folder/certificate.new" || come_back 9 '' "the certificate is over another key"
  openssl x509 -in "$folder/certificate.new" | cat "$folder/pending.key" - >"$folder/identity.pem.new"
  if [[ -s $folder/identity.pem ]]; then
    cp -- "$folder/identity.pem" "$folder/previous.pem.new"
    keep previous.pem
  fi
  keep identity.pem
  drop_pending
  rm -f -- "$folder/state"
  say "$verb: $(described)"
  show
}
described() { openssl x509 -in "$folder/identity.pem" -noout -subject -serial -enddate -nameopt RFC2253 | paste -sd' '; }

# show: the new certificate, once. The service then knows that the device has it, and the one before comes to its end.
show() {
  ask_self
  case $status in
    200) say "the service has seen it" ;;
    000 | 408 | 425 | 429 | 50[0234]) say "the service has not seen it yet ($status $(said problem)); the next renew shows it" ;;
    404 | 405 | 501) say "there is nothing to show it to" ;;
    *) later_or_refused ;;
  esac
}
ask_self() {
  ask /api/v1/self --cert "$folder/identity.pem" -H 'Accept: application/pkix-cert'
  case $status in 200 | 404 | 405 | 501) rm -f -- "$folder/previous.pem" ;; esac
}

# seconds_of END: when the certificate begins or ends.
seconds_of() { local date; date=$(openssl x509 -in "$folder/identity.pem" -noout "-$1date"); date -d "${date#*=}" +%s; }

# look: whether it is time to renew goes into $due. The service says when, and may want all of a fleet to renew earlier than it said at
# first. Where it cannot say, 60 % of the life is a good time.
look() {
  local after moment begin end old=0
  due=0 begin=$(seconds_of start) end=$(seconds_of end) moment=$(now)
  (( moment < begin + (end - begin) * 6 / 10 )) || old=1
  if (( failures > 0 && old )); then due=1; return; fi
  ask_self
  case $status in
    200) after=$(seconds Provisioning-Renew-After) moment=$(seconds Provisioning-Server-Time)
      rm -f -- "$folder/state"
      failures=0
      [[ -n $moment ]] || moment=$(now)
      if [[ -z $after ]]; then due=$old; elif (( moment >= after )); then due=1; fi ;;
    # Nothing but EST.
    404 | 405 | 501) due=$old ;;
    *) later_or_refused ;;
  esac
}

enroll() {
  local token='' subject
  if [[ -s $folder/identity.pem ]]; then say "enrolled already: $(described)"; return; fi
  read_state
  cp -- "$root" "$folder/root.pem.new"
  keep root.pem
  [[ ! -r $token_file ]] || IFS= read -r token <"$token_file" || true
  [[ $token =~ ^[A-Za-z0-9._-]+$ ]] || fail 1 "there is no token in $token_file."
  subject=/CN=$(escape <<<"$name")
  prepare "$subject"
  # The token is the password; the user name may be anything. It is on no command line, which everybody on the machine can read.
  certify simpleenroll -K <(printf 'user = "device:%s"\n' "$token")
}

renew() {
  local due=1 subject
  [[ -s $folder/identity.pem && -s $folder/root.pem ]] || fail 1 "there is nothing to renew: enroll first."
  read_state
  [[ -n $force || -s $folder/pending.key ]] || look
  if (( ! due )); then say "not due: $(described)"; return; fi
  subject=$(subject)
  prepare "$subject"
  certify simplereenroll --cert "$folder/identity.pem"
}

verb=${1-} server='' root='' folder='' name='' group='' kind=prime256v1 token_file='' force=''
case $verb in
  enroll | renew) shift ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 1 ;;
esac
while getopts s:r:d:n:g:k:t:f option; do
  case $option in
    s) server=${OPTARG%/} ;; r) root=$OPTARG ;; d) folder=$OPTARG ;; n) name=$OPTARG ;; g) group=$OPTARG ;; k) kind=$OPTARG ;; t) token_file=$OPTARG ;; f) force=1 ;;
    *) usage >&2; exit 1 ;;
  esac
done
[[ $OPTIND -gt $# && $server == https://* && -n $folder && ( $verb == renew || ( -n $root && -n $name && -n $token_file ) ) ]] \
  || { usage >&2; exit 1; }
for program in curl openssl base64 flock; do command -v "$program" >/dev/null || fail 1 "$program is missing."; done
est=/.well-known/est${group:+/$group}
mkdir -p -- "$folder"
folder=$(cd -- "$folder" && pwd)
exec 9>"$folder/lock"
flock -n 9 || fail 2 "another run is at work in $folder."
trap 'rm -f -- "$folder"/*.new' EXIT
# The power failed between the last two steps.
if [[ -s $folder/identity.pem && -s $folder/pending.key ]] && has_key "$folder/identity.pem"; then drop_pending; fi
"$verb"
