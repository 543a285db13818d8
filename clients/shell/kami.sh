#!/bin/sh
# kami in POSIX shell with curl (Linux, macOS). Paste it in and call kami_validate CODE.
APP=my-app # your app's own name: it keeps your machine codes apart from other sellers'
PRODUCT=default # the app in kami that your cards are of
VERSION=1.0.0 # of your app: kami may tell of a newer one, or want one
SERVER=${KAMI_URL:-http://127.0.0.1:5000} # in an app: a fixed https address
WAIT=${KAMI_WAIT:-1} TIMEOUT=${KAMI_TIMEOUT:-10} # seconds

machine_ids() { # one a line, the best first; there may be none
  cat /etc/machine-id /var/lib/dbus/machine-id
  ioreg -rd1 -c IOPlatformExpertDevice | sed -n 's/.*"IOPlatformUUID" = "\(.*\)".*/\1/p'
  cat "$own"
}

machine_code() { # the same at every start, another on every machine; hashed, so it tells no more
  own=${XDG_CONFIG_HOME:-${HOME:?}/.config}/$APP/machine-id
  id=$(machine_ids 2>/dev/null | grep -Ex '[0-9A-Fa-f-]{32,36}' | head -n 1)
  if [ -z "$id" ]; then # a container, perhaps: make an id once and keep it
    id=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    { mkdir -p "${own%/*}" && printf %s "$id" >"$own"; } 2>/dev/null || return
  fi
  hash=$(printf %s "$APP:$id" | { sha256sum 2>/dev/null || shasum -a 256; }) && printf %s "${hash%% *}"
}

json_string() { # quotes and backslashes escaped; control characters, which no card has, made spaces
  printf '"%s"' "$(printf %s "$1" | LC_ALL=C tr '\001-\037\177' ' ' | LC_ALL=C sed 's/[\\"]/\\&/g')"
}

string='"([^"\\]|\\.)*"' flat="($string|[^\"{}])*"
field() { # NAME: that string of a flat JSON object on one line; nothing for any other page
  printf '%s\n' "$body" | sed -nE '1{ $s/^\{('"$flat"',)?"'"$1"'" *: *"([^"\]*)"'"$flat"'\}$/\4/p; }'
}

# What your app in kami says is the one thing in an answer that isn't flat: "app":{...,"values":{...}}.
without() { # NAME: the body without that object, which is of strings only
  printf '%s\n' "$body" | sed -E 's/"'"$1"'":\{('"$string:$string"',?)*\},?//; s/,\}$/}/'
}

notice() { # on one line, from a body without values; a terminal obeys control characters: none
  printf %b "$(printf '%s\n' "$body" | sed -nE 's/.*"notice":"(([^"\\]|\\.)*)".*/\1/p' |
    sed 's/\\\\/\\0134/g; s/\\"/"/g; s/\\u00[01]./ /g')" |
    LC_ALL=C tr '\001-\037\177' ' ' | LC_ALL=C sed "$(printf 's/\302[\200-\237]/ /g')"
}

# Prints one line. Returns 0: admitted; 1: refused, which is final; 2: an outage, nobody could tell.
kami_validate() {
  machine=$(machine_code) || machine=
  [ ${#machine} = 64 ] || { echo "this machine has no id, and none can be kept for it"; return 2; }
  for try in 1 2 3 4; do
    # The code goes in by stdin: other people on this machine can read arguments.
    answer=$(printf '{"code":%s,"machine_code":"%s","app":"%s","version":"%s"}' \
      "$(json_string "$1")" "$machine" "$PRODUCT" "$VERSION" |
      curl -sS -i --suppress-connect-headers -m "$TIMEOUT" -H 'Content-Type: application/json' \
        --data-binary @- -w '\n%{http_code}' "${SERVER%/}/api/validate" 2>&1) && failed=0 || failed=$?
    answer=$(printf '%s\n' "$answer" | tr -d '\r')
    http=$(printf '%s\n' "$answer" | tail -n 1)
    body=$(printf '%s\n' "$answer" | sed -e '1,/^$/d' -e '$d')
    body=$(without values); notice=$(notice); body=$(without app)
    asked=$(printf '%s\n' "$answer" | sed -n -e 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,9\}\)$/\1/p' -e '/^$/q')
    case $failed:$http:$(field status) in
      0:200:success)
        until=$(field expire_at)
        printf '%s\n' "$(field message)${until:+ ($until)}${notice:+ $notice}"
        return 0 ;;
      0:408:* | 0:429:*) ;; # the server was too busy: an outage
      0:4??:error) url=$(field url); echo "$(field message)${url:+ $url}"; return 1 ;; # of a newer version
    esac
    trouble="HTTP $http"
    [ "$http:$(field status)" != 429:error ] || trouble=$(field message) # too many wrong codes: the user has to wait
    [ "$failed" = 0 ] || trouble=$(printf '%s\n' "$answer" | grep curl: | tail -n 1)
    # The server's own wish counts, within limits; the jitter spreads a crowd out.
    [ "$try" = 4 ] || sleep "$(LC_ALL=C awk -v n="$try" -v unit="$WAIT" -v asked="${asked:-0}" -v pid=$$ 'BEGIN {
      srand(pid * 4 + n); wait = unit * 2 ^ (n - 1); if (asked > unit * 10) asked = unit * 10
      print (asked > wait ? asked : wait) * (1 + rand() / 2) }')"
  done
  echo "no usable answer from the licence server: $trouble"
  return 2
}

kami_validate "$*" # run as a command
