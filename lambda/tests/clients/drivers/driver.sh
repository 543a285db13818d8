# Checks what each line of its input says, and prints "yes" with the answer to act upon, as members writes it, or "no".
# shellcheck shell=sh
# shellcheck source=clients/shell/kami_json.sh
. "$(dirname "$0")/kami_json.sh"
# shellcheck source=clients/shell/kami_device.sh
. "$(dirname "$0")/kami_device.sh"
# shellcheck source=clients/shell/kami_proof.sh
. "$(dirname "$0")/kami_proof.sh"
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit

answer() {
  case $kind in
    signature)
      decode "$1" >"$work/key" && decode "$2" >"$work/signed" && decode "$3" >"$work/signature" && is_signed ;;
    lease)
      ROOT_KEYS=$1 PRODUCT=$2 code=$3 machine=$4 device=$8
      check_lease "$5" "$6" "$7" ;;
    licence)
      ROOT_KEYS=$1 PRODUCT=$2 code=$3 machine=$4 device=$8
      decode "$5" >"$work/licence" && text=$(licence "$work/licence") && check_licence "$text" "$6" "$7" ;;
    answer)
      # shellcheck disable=SC2034 # is_about reads them
      ROOT_KEYS=$1 PRODUCT=$2 nonce=$4 code=$5 machine=$6 request=$7 device=${12}
      said=$(printf %s "$9" | members) || return
      check "$3" "$8" "$said" "$(later "${10}" "${11}")" ;;
  esac
}

while IFS=$(printf '\037') read -r kind one two three four five six seven eight nine ten eleven twelve; do
  if answer "$one" "$two" "$three" "$four" "$five" "$six" "$seven" "$eight" "$nine" "$ten" "$eleven" "$twelve" \
    >"$work/found" 2>/dev/null; then
    printf 'yes %s\n' "$(sed -n 's/^"answer"//p' "$work/found" | tr '\n' '\037')"
  else
    echo no
  fi
done
