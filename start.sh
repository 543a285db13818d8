#!/usr/bin/env bash
# Brings kami up on this machine: builds it, finds or starts a database, serves on port 5000, opens the console.
#
#   ./start.sh [--no-console]   start what does not run yet, say what runs where, and on a terminal open the console
#   ./start.sh stop             stop all of it
#   ./start.sh status           say what runs; 0 when all of it does, else 3
#   ./start.sh logs             show the logs, and on a terminal follow them
#   ./start.sh reset [--yes]    stop, and delete the private database and the logs; asks first
#
#   DATABASE_URL   mysql://USER:PASSWORD@HOST/NAME of a database to use; else a private one is kept under .kami/
#   KAMI_LISTEN    where to serve, 127.0.0.1:5000 unless set
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$root"
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

usage() {
  sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$0"
}

# true when version A is at least version B
at_least() { # A B
  local a_major=${1%%.*} b_major=${2%%.*} a_rest=${1#*.} b_rest=${2#*.}
  [ "$a_major" -gt "$b_major" ] || { [ "$a_major" -eq "$b_major" ] && [ "${a_rest%%.*}" -ge "${b_rest%%.*}" ]; }
}

# The rest is written in Rust, xtask/src/start, so that this is all that has to be there first.
check_toolchain() {
  local have want
  command -v cargo >/dev/null || export PATH=$PATH:${CARGO_HOME:-${HOME:-}/.cargo}/bin
  want=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  have=$(rustc --version 2>/dev/null | cut -d' ' -f2) || true
  if ! command -v cargo >/dev/null || [ -z "$have" ]; then
    fail "Rust is not on this machine: install it from https://rustup.rs (version $want or newer), then run this again" \
      "本机没有 Rust:请从 https://rustup.rs 安装(版本 $want 或更新),再运行本脚本"
  fi
  at_least "$have" "$want" || fail "Rust $have is too old, kami needs $want or newer: run 'rustup update', then run this again" \
    "Rust $have 太旧,kami 需要 $want 或更新:请运行 rustup update,再运行本脚本"
  need compiler || exit 1
  tools_are_built || fail 'kami could not be built; the compiler says why above' 'kami 编译失败,原因见上方编译器输出'
}

case ${1:-start} in
  start) shift $(($# > 0)) && set -- start "$@" ;;
  --no-console) set -- start "$@" ;;
esac
case $* in
  start | 'start --no-console') ;;
  stop | status) # where it never ran, nothing has to be built to know it
    if [ ! -d .kami ]; then
      say 'kami does not run.' 'kami 未在运行。'
      [ "$1" = stop ] && exit 0 || exit 3
    fi
    ;;
  logs | reset | 'reset --yes') ;;
  -h | --help | help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac
check_toolchain
exec scripts/xtask start.sh "$@"
