# What an app keeps on its machine: its id, the key by which it signs, its lease or licence: kami.sh reads this.
# kami.sh says APP, ROOT_KEYS and folder, and of what is asked nonce, code, machine and request.
# shellcheck shell=sh disable=SC2154
skew=0 # seconds from the clock to the moment that a proof told

machine_ids() { # one a line, the best first; there may be none
  cat /etc/machine-id /var/lib/dbus/machine-id
  ioreg -rd1 -c IOPlatformExpertDevice | sed -n 's/.*"IOPlatformUUID" = "\(.*\)".*/\1/p'
  cat "$own"
}

random_id() { # 32 hexadecimal digits, or it fails
  od -An -N16 -tx1 /dev/urandom 2>/dev/null | tr -d ' \n' | grep -Ex '[0-9a-f]{32}'
}

machine_code() { # the same at every start, another on every machine; hashed, so it tells no more
  own=$folder/machine-id
  id=$(machine_ids 2>/dev/null | grep -Ex '[0-9A-Fa-f-]{32,36}' | head -n 1)
  if [ -z "$id" ]; then # a container, perhaps: make an id once and keep it
    id=$(random_id) || return
    { mkdir -p "$folder" && printf %s "$id" >"$own"; } 2>/dev/null || return
  fi
  hash=$(printf %s "$APP:$id" | { sha256sum 2>/dev/null || shasum -a 256; }) && printf %s "${hash%% *}"
}

# A TPM, by tpm2_create, makes keys that nobody copies: an app that can call it keeps its key there. This one is in a
# file, and never an argument of a program.
make_key() {
  openssl ecparam -name prime256v1 -genkey -noout -outform DER >"$work/key" && mkdir -p "$folder" || return
  printf '{"crv":"P-256","d":"%s","kty":"EC","x":"%s","y":"%s"}' "$(coordinate 7)" "$(coordinate 57)" \
    "$(coordinate 89)" >"$folder/device.json.$$" && ln "$folder/device.json.$$" "$folder/device.json"
  rm -f "$folder/device.json.$$"
}

# device_key: puts the number of this device's key into d, its point into $work/key, its thumbprint into device; makes
# it the first time
device_key() {
  device=
  [ -e "$folder/device.json" ] || make_key
  key=$(members <"$folder/device.json") && is "$key" '"kty"' '"EC"' && is "$key" '"crv"' '"P-256"' || return
  pick "$key" '"x"' && x=$(plain "$found") && pick "$key" '"y"' && y=$(plain "$found") || return
  pick "$key" '"d"' && d=$(plain "$found") && { printf '\004' && decode "$x" && decode "$y"; } >"$work/key" || return
  device=$(thumbprint)
}

fixed() { # BYTES in octal, of an integer of DER: 32 of them, as a format
  while [ $# -gt 32 ]; do shift; done
  while [ $# -lt 32 ]; do set -- 000 "$@"; done
  printf '\\%s' "$@"
}

sign() { # ROUTE: prints what the header for the request is, and the thumbprint of the key
  device_key || return
  set -- "$1" "$(printf %s "$request" | digest)" "$(($(date +%s) + skew))"
  head=$(printf '{"alg":"ES256","typ":"kami-device+jws","jwk":%s}' "$(jwk)" | encode)
  says=$(printf '{"iat":%s,"nonce":"%s","route":"%s","request":"%s","sequence":%s}' \
    "$3" "$nonce" "$1" "$2" "$sequence" | encode)
  printf %s "$head.$says" >"$work/signed"
  { echo '-----BEGIN EC PRIVATE KEY-----' && {
    printf '\060\167\002\001\001\004\040' && decode "$d"
    printf '\240\012\006\010\052\206\110\316\075\003\001\007\241\104\003\102\000' && cat "$work/key"
  } | openssl base64 && echo '-----END EC PRIVATE KEY-----'; } |
    openssl dgst -sha256 -sign /dev/stdin -out "$work/der" "$work/signed" || return
  # shellcheck disable=SC2046 # a word is a byte
  set -- $(od -An -v -to1 "$work/der") && size=$((0$4)) && shift 4 && r='' || return
  while [ "$size" -gt 0 ]; do r="$r $1" size=$((size - 1)) && shift; done
  shift 2
  # shellcheck disable=SC2059,SC2086 # the format is the bytes
  printf "$(fixed $r)$(fixed "$@")" >"$work/signature" && is_signed || return # else it is the key of another
  printf '%s.%s.%s %s' "$head" "$says" "$(encode <"$work/signature")" "$device"
}

# The file: the lease, the number that an admission told last, the latest moment seen, and the latest that a proof told:
# a clock that was wrong once must not make certificates look old.
with_kept() { # FUNCTION...: with a folder to work in, and what the file says
  umask 077
  work=$(mktemp -d) || return
  trap 'rm -rf "$work"' EXIT
  clock=$(date +%s) kept=$(members <"$folder/licence.json") || kept=
  pick "$kept" '"proof"' && proof=$found || proof=
  pick "$kept" '"latest"' && latest=$found || latest=0
  pick "$kept" '"proven"' && proven=$found || proven=0
  pick "$kept" '"sequence"' && sequence=$found || sequence=0
  "$@"
}

keep() { # LATEST PROVEN
  mkdir -p "$folder"
  printf '{"proof":%s,"latest":%s,"proven":%s,"sequence":%s}' "${proof:-\"\"}" "$1" "$2" "$sequence" \
    >"$folder/licence.json.$$"
  mv "$folder/licence.json.$$" "$folder/licence.json"
}

is_kept() ( # whether the lease is that of the card that is asked about
  jws "$(plain "$proof")" kami-proof+jws && pick "$payload" '"nonce"' && nonce=$(plain "$found") && is_about code
)

learn() { # WHAT STATUS SAID: prints the answer to act upon, as members does, and its moment
  answer=$(check "POST /api/$1" "$2" "$3" "$(later "$clock" "$proven")") || return
  case $1:$2:$(printf '%s\n' "$answer" | grep -Ex '"answer"("unbound"|"released") true') in
    validate:408: | validate:429:) ;;
    validate:200: | validate:4??: | *true) ! is_kept || proof= ;;
  esac
  [ "$1:$2" != validate:200 ] || ! pick "$answer" '"offline_until"' || { pick "$3" '"proof"' && proof=$found; }
  ! pick "$answer" '"answer""device_sequence"' || sequence=$found
  pick "$answer" '"iat"' && printf 'at %s\n' "$found" && keep "$(later "$clock" "$found")" "$(later "$proven" "$found")"
  printf '%s\n' "$answer" | sed -n 's/^"answer"//p'
}

start_by() { # CHECK TEXT: prints the answer of a lease or a licence
  latest=$(later "$(later "$latest" "$proven")" "$clock")
  device_key
  answer=$("$1" "$2" "$clock" "$latest") || return
  keep "$latest" "$proven"
  printf '%s\n' "$answer" | sed -n 's/^"answer"//p'
}

licence() { # FILE: the text of the licence in it
  LC_ALL=C awk '{ text = text $0 "\n" } END {
    begin = "-----BEGIN KAMI LICENCE-----"; if (!(at = index(text, begin))) exit 1
    text = substr(text, at + length(begin)); if (!(at = index(text, "-----END KAMI LICENCE-----"))) exit 1
    printf "%s", substr(text, 1, at - 1) }' "$1" | tr -d ' \t\r\n'
}

start() { # prints the answer of the kept lease, or else of the licence
  start_by check_lease "$(plain "$proof")" || start_by check_licence "$(licence "$folder/licence.txt")"
}

install() { # FILE: the same of the licence in it, which is kept
  start_by check_licence "$(licence "$1")" && cp "$1" "$folder/licence.txt.$$" &&
    mv "$folder/licence.txt.$$" "$folder/licence.txt"
}
