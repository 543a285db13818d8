#!/usr/bin/env bash
# Runs every test against each release of MySQL and MariaDB on this machine, each private and on a free port.
#
#   ./test.sh [ARGUMENT...]   what cargo test takes, such as a test's name or: -p kami-lambda
#
#   KAMI_SERVERS      the servers to test on, as paths of a mysqld or mariadbd with colons between them; else one of each
#                     release that lies on PATH or where systems put them
#   KAMI_TEST_WHOLE   with 1, a test fails that lacks what no package brings, such as the rights that containers refuse;
#                     else it is left out and named at the end
#
# The dearest tests to which it makes no difference which server there is run beside the first alone. A server and tools that the tests need are installed
# when they are not there, saying so first.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$root"
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

work='' # holds the servers, and as TMPDIR whatever the tests leave
left_out='' # the tests that could not run here, one a line with what they lack

# The servers that tests started by themselves lie in it too, and must not outlive a test that was broken off.
clean_up() {
  local settings
  [ -n "$work" ] || return 0
  find "$work" -name settings -type f 2>/dev/null | while IFS= read -r settings; do
    scripts/private-server kill "${settings%/*}" || true
  done
  rm -rf "$work"
  work=''
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

prepare() {
  command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-${HOME:-}/.cargo}/bin
  command -v cargo >/dev/null || fail 'Rust is not on this machine: install it from https://rustup.rs, then run this again' \
    '本机没有 Rust:请从 https://rustup.rs 安装,再运行本脚本'
  need compiler || exit 1
  tools_are_built || exit 1
  [ -n "${KAMI_SERVERS:-}" ] || need server || exit 1
  need tmux || complain 'the tests of the screens in tmux will fail' '屏幕在 tmux 里的测试将会失败'
  # the tests of the clients run the examples in each language
  need openssl || complain 'the test of what Compose makes beforehand will fail' 'Compose 预先生成文件的测试将会失败'
  need mysqldump || complain 'the test of backups will fail' '备份的测试将会失败'
  need python node mono go java c++ curl || complain "the tests of the clients in those languages will fail" '这些语言的客户端测试将会失败'
}

name_of() { # KIND VERSION
  case $1 in
    mysql) echo "MySQL $2" ;;
    mariadb) echo "MariaDB $2" ;;
  esac
}

test_on() { # PATH NAME ARGUMENT...
  local server=$1 name=$2 url status=0
  shift 2
  printf '\n=== %s (%s) ===\n' "$name" "$server"
  work=$(mktemp -d "${TMPDIR:-/tmp}/kami-test-XXXXXX")
  mkdir "$work/tmp"
  # a zone of its own shows whatever would lean on the server's clock being UTC
  url=$(scripts/private-server start "$work/server" --server "$server" --free-port --fast --time-zone +08:00) || return 1
  [ -n "${KAMI_TEST_WHOLE:-}" ] || export KAMI_TEST_SKIPPED=$work/left-out
  TMPDIR=$work/tmp KAMI_TEST_DATABASE_URL=${url%/*}/ KAMI_TEST_SERVER=$server cargo test ${scope[@]+"${scope[@]}"} --locked --no-fail-fast "$@" || status=$?
  [ ! -s "$work/left-out" ] || left_out+=$(sort "$work/left-out" | sed "s/^/  /; s/\$/ ($name)/")$'\n'
  clean_up
  return "$status"
}

# cargo takes --workspace or the packages' names
scope=(--workspace)
is_filtered=''
for argument in "$@"; do
  case $argument in
    --) is_filtered=1 && break ;;
    -p* | --package | --package=*) scope=() ;;
  esac
done

# The dearest tests that ask no server, or to which it makes no difference which one. Whole packages are not left out: with others beside them cargo builds all anew.
serverless_tests=(attackers::believes attackers::says leases::starts leases::keeps leases::asks leases::is_told
  takes_for_proven tmux:: wycheproof mistakes_in_the_document what_the_glossary_says each_guide_and
  no_modules_lean each_crate_reaches only_the_store_writes)

# What was asked for, less what ran beside the first server already.
test_again_on() { # PATH NAME ARGUMENT...
  local arguments=("$@") name
  [ -n "$is_filtered" ] || arguments+=(--)
  for name in "${serverless_tests[@]}"; do arguments+=(--skip "$name"); done
  test_on "${arguments[@]}"
}

prepare
unset KAMI_TEST_SKIPPED
servers=$(scripts/private-server find)
passed='' failed=''
while read -r kind rest; do
  name=$(name_of "$kind" "${rest##* }")
  run=test_on
  [ -z "$passed$failed" ] || run=test_again_on
  # cargo must not read the list of servers
  if "$run" "${rest% *}" "$name" "$@" </dev/null; then
    passed="$passed${passed:+ and }$name"
  else
    failed="$failed${failed:+ and }$name"
  fi
done <<<"$servers"

echo
[ -z "$left_out" ] || printf 'test.sh: left out, since this machine lacks what they need:\n%s' "$left_out"
[ -z "$passed" ] || echo "test.sh: passed on $passed"
if [ -n "$failed" ]; then
  echo "test.sh: FAILED on $failed"
  exit 1
fi
