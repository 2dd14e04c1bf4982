#!/usr/bin/env bash
# Verifies the report of a closed lot, offline, with nothing but the root certificate: who signed it, when, and that not a bit of it was
# changed. Needs bash, openssl 3, jq and the usual small programs. See README.md beside this file.
set -euo pipefail
export LC_ALL=C TZ=UTC0 && umask 077

usage() {
  cat <<'USAGE'
usage: verify.sh -r root.pem [-l LOT] [-u units.ndjson] report.jws

  -r FILE   the root certificate that you trust; get it once, on a way that you trust
  -l LOT    the lot that the report must be of
  -u FILE   the list of units that was downloaded beside the report, to be held against it

Prints what the report says. exit code: 0 it is good; 1 it is not; 2 wrong usage
USAGE
}

bad() { printf 'verify.sh: the report is NOT good: %s\n' "$*" >&2; exit 1; }
misused() { printf 'verify.sh: %s\n' "$*" >&2; usage >&2; exit 2; }

root='' lot='' units='' report=''
while (( $# )); do
  case $1 in
    -h | --help) usage; exit 0 ;;
    -r | -l | -u)
      (( $# > 1 )) || misused "$1 needs a value."
      case $1 in -r) root=$2 ;; -l) lot=$2 ;; -u) units=$2 ;; esac
      shift 2 ;;
    -*) misused "the option $1 is not known." ;;
    *) [[ -z $report ]] || misused "one report at a time."; report=$1; shift ;;
  esac
done
[[ -n $report && -n $root ]] || misused "a report and a root certificate are needed."
for file in "$report" "$root" ${units:+"$units"}; do [[ -r $file ]] || misused "$file cannot be read."; done

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# ── Three parts in base64url (RFC 7515 §7.1), each in its one spelling ────────────────────────────────────────────────────
encode() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
decode() {
  local text=$1 padding=('' '?' '==' '=')
  printf '%s%s' "$text" "${padding[${#text} % 4]}" | tr -- '-_' '+/' | openssl base64 -d -A
}

[[ $(tr -d 'A-Za-z0-9_.-' <"$report" | wc -c) == 0 ]] || bad "it has characters that no report has."
IFS=. read -r -a parts <"$report" || true
[[ ${#parts[@]} == 3 && $(<"$report") == "${parts[0]}.${parts[1]}.${parts[2]}" ]] || bad "it has not three parts."
names=(header.json payload.json signature.bin)
for i in 0 1 2; do
  decode "${parts[i]}" >"$work/${names[i]}" 2>/dev/null || bad "part $((i + 1)) is no base64url."
  [[ $(encode <"$work/${names[i]}") == "${parts[i]}" ]] || bad "part $((i + 1)) is no base64url."
done

# ── The header: one algorithm, one kind of document, and who signed ───────────────────────────────────────────────────────
header() { jq -re "$@" "$work/header.json" 2>/dev/null; }
payload() { jq -re "$@" "$work/payload.json" 2>/dev/null; }
[[ $(header .alg) == ES256 ]] || bad "it is not signed with ES256."
[[ $(header .typ) == provisioning-lot-report+jws ]] || bad "it is no report of a lot."
pem() { printf -- '-----BEGIN CERTIFICATE-----\n'; header ".x5c[$1]" | fold -w 64; printf -- '-----END CERTIFICATE-----\n'; }
pem 0 >"$work/signer.pem" || bad "it does not name who signed it."
pem 1 >"$work/issuing.pem" || bad "it does not name who certified the signer."

# ── The signature over both parts, as they stand: R and S become DER for openssl ──────────────────────────────────────────
[[ $(wc -c <"$work/signature.bin") == 64 ]] || bad "its signature has not 64 octets."
hex=$(od -An -v -tx1 "$work/signature.bin" | tr -d ' \n')
printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "${hex:0:64}" "${hex:64}" >"$work/signature.cnf"
openssl asn1parse -genconf "$work/signature.cnf" -noout -out "$work/signature.der" 2>/dev/null || bad "its signature cannot be read."
openssl x509 -in "$work/signer.pem" -noout -pubkey >"$work/signer.pub" 2>/dev/null || bad "the signer's certificate cannot be read."
printf '%s.%s' "${parts[0]}" "${parts[1]}" >"$work/signed"
openssl dgst -sha256 -verify "$work/signer.pub" -signature "$work/signature.der" "$work/signed" >/dev/null 2>&1 \
  || bad "its signature does not verify."

# ── The signer: certified below this root, at the time of the signature, for this purpose ─────────────────────────────────
[[ $(payload .version) == 1 ]] || bad "its version is not known here."
signed_at=$(payload '.signedAt | fromdateiso8601') || bad "it does not say when it was signed."
openssl verify -x509_strict -no-CApath -no-CAstore -attime "$signed_at" -CAfile "$root" -untrusted "$work/issuing.pem" "$work/signer.pem" \
  >"$work/verify.log" 2>&1 || bad "the signer is not certified below this root: $(tail -n 1 "$work/verify.log")"
# Devices have certificates below the same root. Only one for signing documents (RFC 9336) counts here.
openssl x509 -in "$work/signer.pem" -noout -ext extendedKeyUsage 2>/dev/null | grep -Eq '1\.3\.6\.1\.5\.5\.7\.3\.36|Document Signing' \
  || bad "the signer's certificate is not one for reports."

# ── What it says ──────────────────────────────────────────────────────────────────────────────────────────────────────────
[[ -z $lot || $(payload .lot) == "$lot" ]] || bad "it is that of the lot $(payload .lot)."
payload '.counts | .issued == .activated + .scrapped + .unaccounted' >/dev/null || bad "its numbers do not add up."
if [[ -n $units ]]; then
  [[ $(sha256sum <"$units") == "$(payload .units.sha256)  -" ]] || bad "$units is not the list of its units."
fi

jq . "$work/payload.json"
