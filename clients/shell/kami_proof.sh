# What kami signs: kami.sh reads this. POSIX sh and openssl.
# kami.sh says ROOT_KEYS and PRODUCT, and of what is asked nonce, code, machine, request and device, the thumbprint of
# the key that signed it.
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

encode() { # standard input, as BASE64URL
  openssl base64 -A | tr '/+' '_-' | tr -d =
}

digest() { # of standard input, behind the nonce
  { printf '%s:' "$nonce" && cat; } | openssl dgst -sha256 -binary | encode
}

coordinate() { # PLACE: of the key in $work/key
  dd if="$work/key" bs=1 skip="$1" count=32 2>/dev/null | encode
}

jwk() { # of that key, its members in the order for its thumbprint
  printf '{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}' "$(coordinate 1)" "$(coordinate 33)"
}

thumbprint() { # of that key
  jwk | openssl dgst -sha256 -binary | encode
}

whole() { # BYTES in octal: as an integer of DER
  while [ $# -gt 1 ] && [ "$1" = 000 ]; do shift; done
  case $1 in [23]??) set -- 000 "$@" ;; esac
  printf '002 %03o %s' $# "$*"
}

is_signed() { # ES256: whether r and s in $work/signature are of $work/signed, by the key 04, x, y in $work/key
  # shellcheck disable=SC2046 # a word is a byte
  set -- $(od -An -v -to1 "$work/key") && [ "$#:$1" = 65:004 ] || return
  # shellcheck disable=SC2046
  set -- $(od -An -v -to1 "$work/signature") && [ $# = 64 ] && r='' || return
  while [ $# -gt 32 ]; do r="$r $1" && shift; done
  # shellcheck disable=SC2046,SC2086
  set -- $(whole $r) $(whole "$@")
  # shellcheck disable=SC2059 # the format is the bytes
  printf "$(printf '\\%s' 060 "$(printf %03o $#)" "$@")" >"$work/der"
  { printf '\060\131\060\023\006\007\052\206\110\316\075\002\001\006\010\052\206\110\316\075\003\001\007\003\102\000' &&
    cat "$work/key"; } | openssl base64 >"$work/base64"
  printf -- '-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n' "$(cat "$work/base64")" >"$work/pem"
  openssl dgst -sha256 -verify "$work/pem" -signature "$work/der" "$work/signed" >/dev/null 2>&1
}

jws() { # TEXT KIND: its header and payload, as members writes them; what is signed, and the signature, as files
  [ ${#1} -le 32768 ] || return
  case $1 in *.*.*.*) return 1 ;; *.*.*) ;; *) return 1 ;; esac
  decode "${1##*.}" >"$work/signature" && printf %s "${1%.*}" >"$work/signed" || return
  header=$(decode "${1%%.*}" | members) || return
  is "$header" '"alg"' '"ES256"' && is "$header" '"typ"' "\"$2\"" || return
  case $newline$header in *"$newline"'"crit"'*) return 1 ;; esac
  set -- "${1#*.}" && payload=$(decode "${1%%.*}" | members)
}

is_of_root() { # KID: whether a pinned key signed $work/signed; which has that KID, where one is said
  for root in $ROOT_KEYS; do
    decode "$root" >"$work/key" && { [ -z "$1" ] || [ "$1" = "\"$(thumbprint)\"" ]; } && is_signed && return
  done
  return 1
}

opened() { # TEXT MOMENT KIND: puts what it says into payload, once it is known to come from the holder of a pinned key
  jws "$1" "$3" && is "$payload" '"app"' "\"$PRODUCT\"" && pick "$header" '"kid"' && kid=$found || return
  case $3:$newline$header in
    *"$newline"'"crt" '*) pick "$header" '"crt"' ;;
    kami-licence*) is_of_root "$kid"; return ;;
    *) return 1 ;;
  esac && opened_payload=$payload || return
  mv "$work/signed" "$work/signed.1" && mv "$work/signature" "$work/signature.1" || return
  jws "$(plain "$found")" kami-certificate+jws && certificate=$payload payload=$opened_payload || return
  is_of_root '' && is "$certificate" '"kid"' "$kid" || return
  case $newline$certificate in
    *"$newline"'"app"'*) is "$certificate" '"app"' "\"$PRODUCT\"" || return ;;
  esac
  pick "$certificate" '"iat"' && set -- "$2" "$found" && pick "$certificate" '"exp"' && set -- "$@" "$found" || return
  pick "$payload" '"iat"' && at=$found && [ "$3" -gt "$1" ] && [ "$2" -le "$at" ] && [ "$at" -lt "$3" ] || return
  is "$certificate" '"jwk""kty"' '"EC"' && is "$certificate" '"jwk""crv"' '"P-256"' || return
  pick "$certificate" '"jwk""x"' && set -- "$(plain "$found")" && pick "$certificate" '"jwk""y"' || return
  { printf '\004' && decode "$1" && decode "$(plain "$found")"; } >"$work/key" || return
  mv "$work/signed.1" "$work/signed" && mv "$work/signature.1" "$work/signature" && is_signed
}

is_about() { # NAME...: whether the payload has the digests of these variables, where they are set
  for name; do
    eval "told=\${$name-} sent=\${$name+sent}"
    pick "$payload" "\"$name\"" || [ -z "$sent" ] || return
    [ "$found" = "${sent:+\"$(printf %s "$told" | digest)\"}" ] || return
  done
}

restored() { # SAID: the lines of the payload with the texts that it has digests of; without, where nothing is said
  printf '%s\n' "$payload" | while IFS= read -r line; do
    case $line in *'" "sha256:'*)
      [ -n "$1" ] || continue
      names=${line%%'" "sha256:'*}\"
      pick "$1" "${names#'"answer"'}" || exit
      [ "$line" = "$names \"sha256:$(printf %s "$found" | text | digest)\"" ] || exit
      line="$names $found" ;;
    esac
    printf '%s\n' "$line"
  done
}

check() { # ROUTE STATUS SAID MOMENT: prints what the proof of that answer says
  pick "$3" '"proof"' && opened "$(plain "$found")" "$4" kami-proof+jws && is_about code machine request || return
  pick "$payload" '"device"' || [ -z "$device" ] || return
  [ "$found" = "${device:+"\"$device\""}" ] && is "$payload" '"nonce"' "\"$nonce\"" || return
  is "$payload" '"route"' "\"$1\"" && is "$payload" '"status"' "$2" && restored "$3"
}

later() { # MOMENT MOMENT
  [ "$1" -gt "$2" ] && echo "$1" || echo "$2"
}

# check_lease and check_licence TEXT CLOCK LATEST: the same of a kept lease or a licence, where it lets start
check_lease() {
  opened "$1" "$(later "$2" "$3")" kami-proof+jws || return
  is "$payload" '"route"' '"POST /api/validate"' && is "$payload" '"status"' 200 || return
  pick "$payload" '"offline_until"' && [ "$found" -gt "$(later "$2" "$3")" ] && is_for_here "$2" "$3"
}

check_licence() {
  opened "$1" "$(later "$2" "$3")" kami-licence+jws || return
  ! pick "$payload" '"exp"' || [ "$found" -gt "$(later "$2" "$3")" ] && is_for_here "$2" "$3"
}

is_for_here() { # CLOCK LATEST: prints it, if it is for this card, machine and device, and the clock was not turned back
  pick "$payload" '"nonce"' && nonce=$(plain "$found") && is_about code machine || return
  ! pick "$payload" '"device"' || [ "$found" = "\"$device\"" ] || return
  is "$payload" '"answer""status"' '"success"' && pick "$payload" '"iat"' || return
  [ $(($1 + 300)) -ge "$(later "$2" "$found")" ] && restored ''
}
