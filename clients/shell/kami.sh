#!/bin/sh
# kami in POSIX shell with curl (Linux, macOS). Paste it in and call kami_validate CODE and the like.
APP=my-app # your app's own name: it keeps your machine codes apart from other sellers'
PRODUCT=default # the app in kami that your cards are of
VERSION=1.0.0 # of your app: kami may tell of a newer one, or want one
SERVER=http://127.0.0.1:5000 # yours, with https
WAIT=1 TIMEOUT=10 # seconds

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

string='"([^"\\]|\\.)*"' flat="($string|[^\"{}])*" plain='"([^"\]*)"' number='([0-9]+)'
field() { # NAME [PATTERN]: that string, or number, of a flat JSON object on one line; nothing for any other page
  printf '%s\n' "$body" | sed -nE '1{ $s/^\{('"$flat"',)?"'"$1"'" *: *'"${2:-$plain}$flat"'\}$/\4/p; }'
}

# What your app in kami says, and a cost, are all in an answer that isn't flat: "app":{...,"values":{...}}.
without() { # NAME: the body without that object, which is of strings and numbers only
  printf '%s\n' "$body" | sed -E 's/"'"$1"'":\{('"$string:($string|[0-9]+)"',?)*\},?//; s/,\}$/}/'
}

shown() { # without what a terminal obeys
  LC_ALL=C tr '\001-\011\013-\037\177' ' ' | LC_ALL=C sed "$(printf 's/\302[\200-\237]/ /g')"
}

notice() { # on one line, from a body without values
  printf %b "$(printf '%s\n' "$body" | sed -nE 's/.*"notice":"(([^"\\]|\\.)*)".*/\1/p' |
    sed 's/\\\\/\\0134/g; s/\\"/"/g; s/\\u00[01]./ /g')" | tr '\n' ' ' | shown
}

cost() { # points or seconds: how many of them
  printf '%s\n' "$body" | sed -nE 's/.*"cost":\{"'"$1"'":([0-9]+)\}.*/\1/p'
}

span() { # SECONDS: for people, rounded up: 90 min
  awk -v n="$1" 'BEGIN { size = n >= 172800 ? 86400 : n >= 7200 ? 3600 : n >= 120 ? 60 : 1
    printf "%d %s", (n + size - 1) / size, size == 86400 ? "d" : size == 3600 ? "h" : size == 60 ? "min" : "s" }'
}

# ask TRIES PATH FIELDS: puts what the server says, as far as it does, into message, until, points, url and notice.
# Returns 0: granted; 1: refused, which is final; 2: an outage, nobody could tell.
ask() {
  until="" points="" url="" notice="" seconds="" paid=""
  machine=$(machine_code) || machine=
  [ ${#machine} = 64 ] || { message="this machine has no id, and none can be kept for it"; return 2; }
  try=0
  while try=$((try + 1)); do
    # The code goes in by stdin: other people on this machine can read arguments.
    answer=$(printf '{"machine_code":"%s","app":"%s",%s}' "$machine" "$PRODUCT" "$3" |
      curl -sS -i --suppress-connect-headers -m "$TIMEOUT" -H 'Content-Type: application/json' \
        --data-binary @- -w '\n%{http_code}' "${SERVER%/}/api/$2" 2>&1) && failed=0 || failed=$?
    answer=$(printf '%s\n' "$answer" | tr -d '\r' | shown)
    http=$(printf '%s\n' "$answer" | tail -n 1)
    body=$(printf '%s\n' "$answer" | sed -e '1,/^$/d' -e '$d')
    body=$(without values); told=$(notice); body=$(without app)
    seconds=$(cost seconds) paid=$(cost points); body=$(without cost)
    asked=$(printf '%s\n' "$answer" | sed -n -e 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,9\}\)$/\1/p' -e '/^$/q')
    status=$(field status) message=$(field message)
    case $failed:$http:$status in
      0:200:success) until=$(field expire_at) points=$(field points "$number") notice=$told; return 0 ;;
      0:4??:error) message=$message${asked:+ ($(span "$asked"))} ;;
      0:*) message="HTTP $http" ;;
      *) message=$(printf '%s\n' "$answer" | grep curl: | tail -n 1) ;;
    esac
    case $failed:$http:$status in
      0:408:* | 0:429:*) ;; # the server was too busy, or the user has to wait: an outage
      0:4??:error) url=$(field url); return 1 ;; # of a newer version
    esac
    [ "$try" -lt "$1" ] || break
    # The server's own wish counts, within limits; the jitter spreads a crowd out.
    sleep "$(LC_ALL=C awk -v n="$try" -v unit="$WAIT" -v asked="${asked:-0}" -v pid=$$ 'BEGIN {
      srand(pid * 4 + n); wait = unit * 2 ^ (n - 1); if (asked > unit * 10) asked = unit * 10
      print (asked > wait ? asked : wait) * (1 + rand() / 2) }')"
  done
  message="no usable answer from the licence server: $message"
  return 2
}

kami_validate() { # CODE
  ask 4 validate "\"code\":$(json_string "$1"),\"version\":\"$VERSION\""
}

kami_unbind() { # CODE: for another machine; three tries are within the minute in which none pays twice
  ask 3 unbind "\"code\":$(json_string "$1")" || return
  left=$(field remaining_unbinds "$number") unbound=$(field unbound '(true)')
  message=${unbound:+unbound} message=${message:-nothing left to unbind}${left:+, $left more within 30 days}
  message=$message${seconds:+, paid $(span "$seconds")}${paid:+, paid $paid points}
}

kami_trial() { # one for each machine: keep the code, which is the message, and validate that from then on
  ask 4 trial "\"version\":\"$VERSION\"" && message=$(field code)
}

kami_recharge() { # CODE BURNT: adds to the card what another one has, which is gone then
  ask 4 recharge "\"code\":$(json_string "$1"),\"with\":$(json_string "$2")" && message="topped up"
}

# Run as a command: prints one line.
case $1 in
  --unbind) shift; kami_unbind "$*" ;;
  --trial) kami_trial ;;
  --recharge) shift; code=$1; [ $# = 0 ] || shift; kami_recharge "$code" "$*" ;;
  *) kami_validate "$*" ;;
esac
outcome=$? has=${until}${until:+${points:+, }}${points:+$points points}
printf '%s\n' "$message${has:+ ($has)}${url:+ $url}${notice:+ $notice}"
exit "$outcome"
