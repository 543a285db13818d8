# Proofs of what kami answers, and the lease kept for a start without network: kami.sh reads this. POSIX sh and openssl.
# kami.sh says ROOT_KEYS, PRODUCT and folder, and of what is asked nonce, code, machine and request.
# shellcheck shell=sh disable=SC2154

decode() { # BASE64URL: what it says; fails unless it is written in the one way for that
  case $1 in *[!A-Za-z0-9_-]*) return 1 ;; esac
  case $((${#1} % 4)):$1 in
    2:*[AQgw]) set -- "$1==" ;; # the bits that say nothing are zeros
    3:*[AEIMQUYcgkosw048]) set -- "$1=" ;;
    0:*) ;;
    *) return 1 ;;
  esac
  printf %s "$1" | tr '_-' '/+' | openssl base64 -d -A
}

digest() { # of standard input, behind the nonce
  { printf '%s:' "$nonce" && cat; } | openssl dgst -sha256 -binary | openssl base64 -A | tr '/+' '_-' | tr -d =
}

octal() { # FILE OPTIONS: its bytes
  od -An -v -to1 "$@" | tr -s ' \n' '  '
}

whole() { # BYTES in octal: as an integer of DER
  while [ $# -gt 1 ] && [ "$1" = 000 ]; do shift; done
  case $1 in [23]??) set -- 000 "$@" ;; esac
  printf '002 %03o %s' $# "$*"
}

is_signed() { # ES256: whether r and s in $work/signature are of $work/signed, by the key 04, x, y in $work/key
  [ $(($(wc -c <"$work/signature"))) = 64 ] && [ $(($(wc -c <"$work/key"))) = 65 ] || return
  [ "$(octal -N 1 "$work/key")" = " 004 " ] || return
  # shellcheck disable=SC2046 # a word is a byte
  set -- $(whole $(octal -N 32 "$work/signature")) $(whole $(octal -j 32 "$work/signature"))
  # shellcheck disable=SC2059 # the format is the bytes
  printf "$(printf '\\%s' 060 "$(printf %03o $#)" "$@")" >"$work/der"
  { printf '\060\131\060\023\006\007\052\206\110\316\075\002\001\006\010\052\206\110\316\075\003\001\007\003\102\000' &&
    cat "$work/key"; } | openssl base64 >"$work/base64"
  printf -- '-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n' "$(cat "$work/base64")" >"$work/pem"
  openssl dgst -sha256 -verify "$work/pem" -signature "$work/der" "$work/signed" >/dev/null 2>&1
}

jws() { # TEXT KIND: prints its payload; what is signed and the signature go into files, its header into $work/header
  [ ${#1} -le 32768 ] || return
  case $1 in *.*.*.*) return 1 ;; *.*.*) ;; *) return 1 ;; esac
  decode "${1%%.*}" | members >"$work/header" && decode "${1##*.}" >"$work/signature" || return
  [ "$(get '"alg"' <"$work/header") $(get '"typ"' <"$work/header")" = "\"ES256\" \"$2\"" ] || return
  ! grep -q '^"crit"' "$work/header" || return
  printf %s "${1%.*}" >"$work/signed"
  set -- "${1#*.}" && decode "${1%%.*}" | members
}

opened() { # PROOF MOMENT: what it says, once it is known to come from the holder of a pinned key
  jws "$1" kami-proof+jws >"$work/payload" && kid=$(get '"kid"' <"$work/header") || return
  mv "$work/signed" "$work/signed.1" && mv "$work/signature" "$work/signature.1"
  jws "$(get '"crt"' <"$work/header" | plain)" kami-certificate+jws >"$work/certificate" || return
  for root in $ROOT_KEYS none; do
    decode "$root" >"$work/key" && is_signed && break
  done
  [ "$root" != none ] && [ -n "$kid" ] && [ "$(get '"kid"' <"$work/certificate")" = "$kid" ] || return
  ! grep -q '^"app"' "$work/certificate" || [ "$(get '"app"' <"$work/certificate")" = "\"$PRODUCT\"" ] || return
  set -- "$2" "$(get '"iat"' <"$work/certificate")" "$(get '"exp"' <"$work/certificate")"
  at=$(get '"iat"' <"$work/payload")
  [ "$3" -gt "$1" ] && [ "$2" -le "$at" ] && [ "$at" -lt "$3" ] || return
  [ "$(get '"jwk""kty"' <"$work/certificate") $(get '"jwk""crv"' <"$work/certificate")" = '"EC" "P-256"' ] || return
  { printf '\004' && decode "$(get '"jwk""x"' <"$work/certificate" | plain)" &&
    decode "$(get '"jwk""y"' <"$work/certificate" | plain)"; } >"$work/key" || return
  mv "$work/signed.1" "$work/signed" && mv "$work/signature.1" "$work/signature" && is_signed || return
  [ "$(get '"app"' <"$work/payload")" = "\"$PRODUCT\"" ] && cat "$work/payload"
}

is_about() { # NAME...: whether the proof in $work/opened has the digests of these variables, where they are set
  for name; do
    eval "told=\${$name-} sent=\${$name+sent}"
    [ "$(get "\"$name\"" <"$work/opened")" = "${sent:+\"$(printf %s "$told" | digest)\"}" ] || return
  done
}

restored() { # the lines of a proof with the texts that it has digests of, out of $work/said; without, if that is empty
  while IFS= read -r line; do
    case $line in *'" "sha256:'*)
      [ -s "$work/said" ] || continue
      names=${line%%'" "sha256:'*}\"
      told=$(get "${names#'"answer"'}" <"$work/said")
      [ "$line" = "$names \"sha256:$(printf %s "$told" | text | digest)\"" ] && [ -n "$told" ] || return
      line="$names $told" ;;
    esac
    printf '%s\n' "$line"
  done
}

check() { # ROUTE STATUS MOMENT, of the answer in $work/said: prints what its proof says
  opened "$(get '"proof"' <"$work/said" | plain)" "$3" >"$work/opened" && is_about code machine request || return
  [ "$(get '"nonce"' <"$work/opened") $(get '"route"' <"$work/opened")" = "\"$nonce\" \"$1\"" ] || return
  [ "$(get '"status"' <"$work/opened")" = "$2" ] && restored <"$work/opened"
}

later() { # MOMENT MOMENT
  [ "$1" -gt "$2" ] && echo "$1" || echo "$2"
}

check_lease() { # PROOF CLOCK LATEST: the same of a kept lease, where it lets start
  opened "$1" "$(later "$2" "$3")" >"$work/opened" && nonce=$(get '"nonce"' <"$work/opened" | text) || return
  is_about code machine && set -- "$2" "$3" "$(get '"iat"' <"$work/opened")" || return
  [ "$(get '"route"' <"$work/opened") $(get '"status"' <"$work/opened")" = '"POST /api/validate" 200' ] || return
  [ "$(get '"answer""status"' <"$work/opened")" = '"success"' ] || return
  [ "$(get '"offline_until"' <"$work/opened")" -gt "$(later "$1" "$2")" ] || return
  [ $(($1 + 300)) -ge "$(later "$2" "$3")" ] && : >"$work/said" && restored <"$work/opened"
}

# The file: the lease, the latest moment seen, and the latest that a proof told: a clock that was wrong once must not
# make certificates look old.
with_kept() { # FUNCTION...: with a folder to work in, and what the file says
  umask 077
  work=$(mktemp -d) || return
  trap 'rm -rf "$work"' EXIT
  members <"$folder/licence.json" >"$work/kept"
  proof=$(get '"proof"' <"$work/kept" | plain) latest=$(get '"latest"' <"$work/kept") clock=$(date +%s)
  proven=$(get '"proven"' <"$work/kept") latest=${latest:-0} proven=${proven:-0}
  "$@"
}

keep() { # LATEST PROVEN
  mkdir -p "$folder"
  printf '{"proof":"%s","latest":%s,"proven":%s}' "$proof" "$1" "$2" >"$folder/licence.json.$$"
  mv "$folder/licence.json.$$" "$folder/licence.json"
}

learn() { # WHAT STATUS BODY: prints the answer to act upon, as members does
  printf %s "$3" | members >"$work/said" || return
  check "POST /api/$1" "$2" "$(later "$clock" "$proven")" >"$work/answer" || return
  case $1:$2 in
    validate:408 | validate:429) ;;
    validate:200 | validate:4??) proof=; [ "$2" != 200 ] || ! grep -q '^"offline_until"' "$work/answer" ||
      proof=$(get '"proof"' <"$work/said" | plain) ;;
  esac
  ! grep -Eq '^"answer""(unbound|released)" true' "$work/answer" || proof=
  at=$(get '"iat"' <"$work/answer")
  keep "$(later "$clock" "$at")" "$(later "$proven" "$at")"
  sed -n 's/^"answer"//p' "$work/answer"
}

start() { # prints the answer of the kept lease
  latest=$(later "$(later "$latest" "$proven")" "$clock")
  check_lease "$proof" "$clock" "$latest" >"$work/answer" || return
  keep "$latest" "$proven"
  sed -n 's/^"answer"//p' "$work/answer"
}
