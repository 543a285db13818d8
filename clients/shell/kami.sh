#!/bin/sh
# kami in POSIX shell with curl (Linux, macOS). Paste it in and call kami_validate CODE and the like.
APP=my-app # your app's own name: it keeps your machine codes apart from other sellers'
PRODUCT=default # the app in kami that your cards are of
VERSION=1.0.0 # of your app: kami may tell of a newer one, or want one
SERVER=http://127.0.0.1:5000 # yours, with https
WAIT=1 TIMEOUT=10 # seconds
ROOT_KEYS="" # what `kami keys pin` prints; with none, whoever the address leads to is believed
folder=${XDG_CONFIG_HOME:-${HOME-}/.config}/$APP
# shellcheck source=clients/shell/kami_json.sh
. "$(dirname "$0")/kami_json.sh"
# shellcheck source=clients/shell/kami_device.sh
. "$(dirname "$0")/kami_device.sh"
# shellcheck source=clients/shell/kami_proof.sh
. "$(dirname "$0")/kami_proof.sh"

clean() { # control characters, which no card has, made spaces
  printf %s "$1" | LC_ALL=C tr '\001-\037\177' ' '
}

json_string() {
  printf '"%s"' "$(clean "$1" | LC_ALL=C sed 's/[\\"]/\\&/g')"
}

shown() { # on one line, without what a terminal obeys
  LC_ALL=C tr '\001-\037\177' ' ' | LC_ALL=C sed "$(printf 's/\302[\200-\237]/ /g')"
}

value() { # NAMES: what the server says there, as members writes it
  ! pick "$said" "$1" || printf '%s\n' "$found"
}

span() { # SECONDS: for people, rounded up: 90 min
  awk -v n="$1" 'BEGIN { size = n >= 172800 ? 86400 : n >= 7200 ? 3600 : n >= 120 ? 60 : 1
    printf "%d %s", (n + size - 1) / size, size == 86400 ? "d" : size == 3600 ? "h" : size == 60 ? "min" : "s" }'
}

read_answer() {
  message=$(value '"message"' | text) until=$(value '"expire_at"' | text) points=$(value '"points"')
  url=$(value '"url"' | text) notice=$(value '"app""notice"' | text)
}

# ask TRIES PATH FIELDS: puts what the server says, as far as it does, into message, until, points, url and notice.
# Returns 0: granted; 1: refused, which is final; 2: an outage, nobody could tell.
ask() {
  said=
  read_answer
  machine=$(machine_code) || machine=
  [ ${#machine} = 64 ] || { message="this machine has no id, and none can be kept for it"; return 2; }
  patience=$TIMEOUT try=0 again=
  [ "$2" != release ] || patience=2
  while try=$((try + 1)); do
    nonce=${ROOT_KEYS:+$(random_id)} || { message="this machine has no random numbers"; return 2; }
    request="{\"machine_code\":\"$machine\",\"app\":\"$PRODUCT\"$3${nonce:+,\"nonce\":\"$nonce\"}}"
    device='' signature=${ROOT_KEYS:+$( (with_kept sign "POST /api/$2") 2>/dev/null)} && device=${signature##* }
    # The code goes in by stdin: other people on this machine can read arguments.
    answer=$(printf %s "$request" | curl -sS -i --suppress-connect-headers -m "$patience" \
      -H 'Content-Type: application/json' ${device:+-H "Kami-Device: ${signature% *}"} \
      --data-binary @- -w '\n%{http_code}' "${SERVER%/}/api/$2" 2>&1) &&
      failed=0 || failed=$?
    answer=$(printf '%s\n' "$answer" | tr -d '\r') http=${answer##*
}
    body=$(printf '%s\n' "$answer" | sed -e '1,/^$/d' -e '$d')
    asked=$(printf '%s\n' "$answer" | sed -n -e 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,9\}\)$/\1/p' -e '/^$/q')
    said=$(printf '%s\n' "$body" | members) || said= # another page
    trouble="HTTP $http"
    [ -z "$said" ] || [ -z "$ROOT_KEYS" ] || said=$( (with_kept learn "$2" "$http" "$said") 2>/dev/null) ||
      trouble="$trouble, no proof"
    read_answer
    ! pick "$said" at || skew=$((found - $(date +%s)))
    case $device:$http:$again:$(value '"reason"' | text) in
      ?*:403::signature_expired) again=yes try=$((try - 1)) && continue ;; # its proof told the moment
    esac
    case $failed:$http:$(value '"status"' | text) in
      0:200:success) return 0 ;;
      0:4??:error) message=$message${asked:+ ($(span "$asked"))} notice='' until='' points='' ;;
      0:*) message=$trouble ;;
      *) message=$(printf '%s\n' "$answer" | grep curl: | tail -n 1) ;;
    esac
    case $failed:$http:$(value '"status"' | text) in
      0:408:* | 0:429:*) ;; # the server was too busy, or the user has to wait: an outage
      0:4??:error) return 1 ;;
    esac
    [ "$try" -lt "$1" ] || break
    # The server's own wish counts, within limits; the jitter spreads a crowd out.
    sleep "$(LC_ALL=C awk -v n="$try" -v unit="$WAIT" -v asked="${asked:-0}" -v pid=$$ 'BEGIN {
      srand(pid * 4 + n); wait = unit * 2 ^ (n - 1); if (asked > unit * 10) asked = unit * 10
      print (asked > wait ? asked : wait) * (1 + rand() / 2) }')"
  done
  message="no usable answer from the licence server: $message" until='' points='' url='' notice=''
  return 2
}

kami_validate() { # CODE
  code=$(clean "$1")
  ask 4 validate ",\"code\":$(json_string "$code"),\"version\":\"$VERSION\"" || {
    outcome=$?
    [ "$outcome:${ROOT_KEYS:+pinned}" = 2:pinned ] && said=$( (with_kept start) 2>/dev/null) || return "$outcome"
    read_answer # of the lease or licence that is kept
  }
}

kami_licence() { # FILE CODE: for a machine that is never online: keeps the licence of this file
  code=$(clean "$2") message="no licence of this card for this machine"
  machine=$(machine_code) && said=$( (with_kept install "$1") 2>/dev/null) || return 1
  read_answer
}

kami_unbind() { # CODE: for another machine; three tries are within the minute in which none pays twice
  code=$(clean "$1")
  ask 3 unbind ",\"code\":$(json_string "$code")" || return
  left=$(value '"remaining_unbinds"' | grep -v null) unbound=$(value '"unbound"' | grep true)
  seconds=$(value '"cost""seconds"') paid=$(value '"cost""points"')
  message=${unbound:+unbound} message=${message:-nothing left to unbind}${left:+, $left more within 30 days}
  message=$message${seconds:+, paid $(span "$seconds")}${paid:+, paid $paid points}
}

kami_release() { # CODE: at the end of an app whose seats are leased
  code=$(clean "$1")
  ask 1 release ",\"code\":$(json_string "$code")" || return
  [ "$(value '"released"')" = true ] && message=released || message="nothing to release"
}

kami_trial() { # one for each machine: keep the code, which is the message, and validate that from then on
  unset code
  ask 4 trial ",\"version\":\"$VERSION\"" && message=$(value '"code"' | text)
}

kami_recharge() { # CODE BURNT: adds to the card what another one has, which is gone then
  code=$(clean "$1")
  ask 4 recharge ",\"code\":$(json_string "$code"),\"with\":$(json_string "$2")" && message="topped up"
}

# Run as a command: prints one line.
case $1 in
  --unbind) shift; kami_unbind "$*" ;;
  --trial) kami_trial ;;
  --release) shift; kami_release "$*" ;;
  --licence) shift; file=$1; [ $# = 0 ] || shift; kami_licence "$file" "$*" ;;
  --recharge) shift; code=$1; [ $# = 0 ] || shift; kami_recharge "$code" "$*" ;;
  *) kami_validate "$*" ;;
esac
outcome=$? has=${until}${until:+${points:+, }}${points:+$points points}
printf '%s\n' "$(printf %s "$message${has:+ ($has)}${url:+ $url}${notice:+ $notice}" | shown)"
exit "$outcome"
