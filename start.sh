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
# shellcheck source=scripts/processes.sh
. scripts/processes.sh

state=$root/.kami
bin=${CARGO_TARGET_DIR:-target}/release
case $bin in /*) ;; *) bin=$root/$bin ;; esac
ready_seconds=60
stop_seconds=30

listen_on() { # ADDRESS:PORT: sets where kami serves, and how it is asked
  listen=$1
  port=${listen##*:}
  host=${listen%:*}
  case $host in # an address that stands for all is asked on the loopback
    '' | 0.0.0.0) host=127.0.0.1 ;;
    '[::]') host='[::1]' ;;
  esac
  address=http://$host:$port
  dial=${host#[} dial=${dial%]}
}

listen_on "${KAMI_LISTEN:-127.0.0.1:5000}"

usage() {
  sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$0"
}

# --- processes ---------------------------------------------------------------------------------------------------------

# .kami/run/NAME.pid holds the pid and the path of the program, since a stranger may have the pid by now.
running() { # NAME: prints the pid
  local pid path
  [ -f "$state/run/$1.pid" ] && { read -r pid && read -r path; } <"$state/run/$1.pid" && runs "$pid" "$path" && echo "$pid"
}

runs() { # PID PATH
  if [ -d /proc/self ]; then
    tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" | grep -Fxq -e "$2"
  else
    ps -ww -o command= -p "$1" 2>/dev/null | grep -Fq -e "$2"
  fi
} 2>/dev/null

# Runs a program apart from this terminal, so that it outlives this script and Ctrl-C does not reach it.
launch() { # NAME ARGUMENT...
  local name=$1 path=$bin/$1 log=$state/log/$1.log detach=nohup
  shift
  [ ! -s "$log" ] || mv "$log" "$log.1"
  if command -v setsid >/dev/null; then detach=setsid; else set -m; fi
  DATABASE_URL=$(url_of "$name") KAMI_LISTEN=$listen "$detach" "$path" "$@" </dev/null >>"$log" 2>&1 &
  set +m
  printf '%s\n' "$!" "$path" >"$state/run/$name.pid"
  until running "$name" >/dev/null || ! kill -0 "$!" 2>/dev/null; do :; done # until the copy of this shell is that program
}

stop_process() { # NAME
  local pid end=$((SECONDS + stop_seconds))
  if pid=$(running "$1"); then
    kill -TERM "$pid" 2>/dev/null || true
    until is_gone "$pid"; do
      [ "$SECONDS" -lt "$end" ] || kill -KILL "$pid" 2>/dev/null || true
      sleep 0.1
    done
  fi
  rm -f "$state/run/$1.pid"
}

last_words() { # NAME: the end of its log, in one line
  tail -n 1 "$state/log/$1.log" 2>/dev/null || true
}

# --- the network -------------------------------------------------------------------------------------------------------

# curl may not be on the machine; bash can speak for itself.
health() {
  local status
  status=$(
    exec 2>/dev/null 3<>"/dev/tcp/$dial/$port" || exit 1
    printf 'GET /health HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n' "$host:$port" >&3
    IFS=' ' read -r -t 10 _ status _ <&3 && echo "$status"
  ) || return 1
  [ "$status" = 200 ]
}

port_is_taken() { (: <>"/dev/tcp/$dial/$port") 2>/dev/null; }

port_holder() { # prints "NAME (pid PID)" when that can be known
  local inode pid
  if command -v lsof >/dev/null; then
    pid=$(lsof -nP -t -iTCP:"$port" -sTCP:LISTEN 2>/dev/null | head -n 1)
  elif [ -r /proc/net/tcp ]; then
    inode=$(awk -v port="$(printf ':%04X' "$port")" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10; exit }' \
      /proc/net/tcp /proc/net/tcp6 2>/dev/null) || true
    [ -n "$inode" ] || return 0
    pid=$(find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]" 2>/dev/null | head -n 1 | cut -d/ -f3) || true
  fi
  [ -z "${pid:-}" ] || echo "$(ps -o comm= -p "$pid" 2>/dev/null || cat "/proc/$pid/comm" 2>/dev/null || true) (pid $pid)"
}

# As kami-api reads it, but known before the build; a name such as localhost will not do.
listens_on_address() {
  local byte='(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
  local four="^($byte\\.){3}$byte:" six='^\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%[0-9]+)?\]:' number='^[1-9][0-9]{0,4}$'
  [[ $listen =~ $four || $listen =~ $six ]] && [[ $port =~ $number ]] && [ "$port" -le 65535 ]
}

check_port() {
  local holder
  listens_on_address ||
    fail "KAMI_LISTEN is $listen, but it must be an IP address and a port, such as 127.0.0.1:5000" \
      "KAMI_LISTEN 为 $listen,应为 IP 地址加端口,例如 127.0.0.1:5000"
  port_is_taken || return 0
  holder=$(port_holder) || true
  fail "port $port is taken by ${holder:-another program, perhaps another copy of kami or, on a Mac, the AirPlay receiver}: stop that, or choose another port, such as KAMI_LISTEN=127.0.0.1:$((port + 1)) ./start.sh" \
    "端口 $port 已被 ${holder:-其他程序(可能是另一份 kami,在 Mac 上也可能是隔空播放接收器)} 占用:请先停止它,或换一个端口,例如 KAMI_LISTEN=127.0.0.1:$((port + 1)) ./start.sh"
}

# --- the machine -------------------------------------------------------------------------------------------------------

# true when version A is at least version B
at_least() { # A B
  local a_major=${1%%.*} b_major=${2%%.*} a_rest=${1#*.} b_rest=${2#*.}
  [ "$a_major" -gt "$b_major" ] || { [ "$a_major" -eq "$b_major" ] && [ "${a_rest%%.*}" -ge "${b_rest%%.*}" ]; }
}

check_toolchain() {
  local have want
  command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-${HOME:-}/.cargo}/bin
  want=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  have=$(rustc --version 2>/dev/null | cut -d' ' -f2) || true
  if ! command -v cargo >/dev/null || [ -z "$have" ]; then
    fail "Rust is not on this machine: install it from https://rustup.rs (version $want or newer), then run this again" \
      "本机没有 Rust:请从 https://rustup.rs 安装(版本 $want 或更新),再运行本脚本"
  fi
  at_least "$have" "$want" || fail "Rust $have is too old, kami needs $want or newer: run 'rustup update', then run this again" \
    "Rust $have 太旧,kami 需要 $want 或更新:请运行 rustup update,再运行本脚本"
  need compiler || exit 1
  tools_are_built || not_built
}

not_built() {
  fail 'kami could not be built; the compiler says why above' 'kami 编译失败,原因见上方编译器输出'
}

build() {
  say 'Building kami (the first time takes some minutes) ...' '正在编译 kami(首次需要几分钟)…'
  cargo build --release --locked --bins || not_built
}

# --- the database ------------------------------------------------------------------------------------------------------
#
# .kami/run/database says which database the running kami uses: "url MASKED", "private" or "compose".

mask() { # URL
  if [[ $1 =~ ^([a-z]+://[^:/@]*):.*@(.*)$ ]]; then
    echo "${BASH_REMATCH[1]}:****@${BASH_REMATCH[2]}"
  else
    echo "$1"
  fi
}

used_database() { cat "$state/run/database" 2>/dev/null; }

compose_ready() {
  [ -f docker-compose.yml ] && docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1
}

# Sellers' cards are in the database that DATABASE_URL named. Without it, as after a reboot, a private one with sample
# cards must not be served in its stead.
check_remembered() {
  local used
  used=$(used_database) || return 0
  case $used in
    "url $(mask "${DATABASE_URL:-}")") ;;
    url*) fail "kami was started with DATABASE_URL=${used#url }: set DATABASE_URL to that again, or run './start.sh stop' first to use another database" \
      "kami 上次以 DATABASE_URL=${used#url } 启动:请重新设置同样的 DATABASE_URL;若要改用其他数据库,请先运行 ./start.sh stop" ;;
  esac
}

choose_database() { # sets database
  if [ -n "${DATABASE_URL:-}" ]; then
    database="url $(mask "$DATABASE_URL")"
  elif has server || need server; then
    database=private
  elif compose_ready; then
    database=compose
  else
    fail 'kami has no database: install MariaDB 10.11+ or MySQL 8.0+, or set DATABASE_URL to one' \
      'kami 没有可用的数据库:请安装 MariaDB 10.11+ 或 MySQL 8.0+,或用 DATABASE_URL 指定一个'
  fi
}

open_database() { # sets url, of an account that may do everything
  if [ "$database" = private ]; then
    url=$(scripts/private-server start "$state/db") ||
      fail 'the private database did not start, for the reason above' '私有数据库启动失败,原因见上'
  else
    url=$DATABASE_URL
  fi
}

# Each program has an account of the private database with the rights of its role. Their passwords are in .kami/accounts.
make_accounts() {
  [ "$database" = private ] || return 0
  make_account kami-api function
  make_account kami-expire expire
  make_account kami operator
}

account_of() { # PROGRAM: the console's is not the owner's, which is "kami"
  case $1 in
    kami) echo kami_console ;;
    *) echo "${1//-/_}" ;;
  esac
}

# Made anew at each start, so that it has what this version's role needs and nothing of an older one's. The password
# stays, for a console that is open.
make_account() { # PROGRAM ROLE
  local account file=$state/accounts/$1
  account=$(account_of "$1")@localhost
  if [ ! -s "$file" ]; then
    (umask 077 && mkdir -p "$state/accounts" && od -An -N20 -tx1 /dev/urandom | tr -d ' \n' >"$file.new")
    mv "$file.new" "$file"
  fi
  DATABASE_URL=$url "$bin/kami" grants --drop --apply "$account" >/dev/null 2>&1 || true # there may be none
  DATABASE_URL=$url "$bin/kami" grants --for "$2" --apply --password-file "$file" "$account" >/dev/null ||
    fail "the account of $1 could not be made, for the reason above" "无法建立 $1 的数据库账号,原因见上"
}

# A kami that an older start.sh started has no such accounts.
url_of() { # PROGRAM
  local file=$state/accounts/$1
  if [ "$(used_database)" = private ] && [ -s "$file" ]; then
    echo "mysql://$(account_of "$1"):$(cat "$file")@${url#*@}"
  else
    echo "$url"
  fi
}

describe_database() {
  local status
  case $(used_database) in
    private)
      # shellcheck disable=SC2046 # words
      set -- $(scripts/private-server status "$state/db") || true
      case ${3:-} in mysql) status=MySQL ;; mariadb) status=MariaDB ;; *) status='' ;; esac
      if [ "${1:-}" = running ]; then
        text "$status ${4:-}, private, in .kami/db (pid $2)" "$status ${4:-},私有,位于 .kami/db(pid $2)"
      else
        text 'private, in .kami/db: does not run' '私有,位于 .kami/db:未运行'
      fi
      ;;
    url*) used_database | cut -d' ' -f2- ;;
    *) echo '-' ;;
  esac
}

# --- the commands ------------------------------------------------------------------------------------------------------

unfinished='' # set while a start is under way
remembered='' # the database before it

# A start that fails or is broken off stops what it had started. It forgets its own database, so that a slip in
# DATABASE_URL can be mended, but not one that has served before.
abandon() {
  local status=$?
  trap - EXIT
  if [ -n "$unfinished" ]; then
    stop_all
    case $remembered in url*) ;; *) forget ;; esac
  fi
  unlock "$state/lock"
  exit "$status"
}

# Two of these at once would stop each other's servers.
lock() {
  trap abandon EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  until try_lock "$state/lock"; do
    [ -z "$lock_holder" ] || fail "another start.sh (pid $lock_holder) is at work here: wait for it" \
      "另一个 start.sh(pid $lock_holder)正在运行:请等它结束"
    [ -w "$state" ] || fail "$state cannot be written" "无法写入 $state"
  done
}

release() {
  unlock "$state/lock"
  trap - EXIT INT TERM HUP
}

make_state() {
  if ! { mkdir -p "$state/run" "$state/log" && chmod 700 "$state"; } 2>/dev/null; then
    fail "$state cannot be written; perhaps another user started kami here" \
      "无法写入 $state,可能是其他用户在这里启动过 kami"
  fi
  # root could write there, but would leave files that their owner cannot
  [ -O "$state" ] || fail "$state belongs to another user: run this as that user" "$state 属于其他用户:请以该用户运行"
}

# A kami that runs is asked where it was told to serve, whatever KAMI_LISTEN says by now.
everything_runs() {
  local was
  ! was=$(cat "$state/run/listen" 2>/dev/null) || listen_on "$was"
  case $(used_database) in
    compose) compose_ready && health ;;
    private) running kami-api && running kami-expire && scripts/private-server status "$state/db" ;;
    url*) running kami-api && running kami-expire ;;
    *) return 1 ;;
  esac >/dev/null
}

stop_all() {
  if [ "$(used_database)" = compose ]; then
    docker compose down
  else
    stop_process kami-api
    stop_process kami-expire
    scripts/private-server stop "$state/db"
  fi
}

forget() { rm -f "$state/run/database" "$state/run/listen"; }

wait_for_health() {
  local end=$((SECONDS + ready_seconds))
  until health; do
    check_alive kami-api
    [ "$SECONDS" -lt "$end" ] || fail "kami-api does not answer $address/health with 200 within $ready_seconds seconds; './start.sh logs' tells more" \
      "kami-api 在 $ready_seconds 秒内未能在 $address/health 回答 200;详情见 .kami/log"
    sleep 0.1
  done
  check_alive kami-api # another program may have answered, having taken the port first
  check_alive kami-expire
}

check_alive() { # NAME
  if [ "$database" = compose ] || running "$1" >/dev/null; then return 0; fi
  fail "$1 ended at once: $(last_words "$1")" "$1 启动后随即退出:$(last_words "$1")"
}

bring_up() {
  unfinished=1
  echo "$database" >"$state/run/database"
  echo "$listen" >"$state/run/listen"
  if [ "$database" = compose ]; then
    { KAMI_LISTEN=$listen docker compose up -d --build && docker compose run --rm migrate migrate --demo; } ||
      fail 'Docker Compose could not start kami, for the reason above' 'Docker Compose 启动 kami 失败,原因见上'
  else
    build
    open_database
    DATABASE_URL=$url "$bin/kami" migrate --demo ||
      fail 'the database could not be set up, for the reason above' '数据库初始化失败,原因见上'
    make_accounts
    launch kami-api
    launch kami-expire --every 1h
  fi
  wait_for_health
  unfinished=''
}

show_where() {
  if [ "$(used_database)" = compose ]; then
    docker compose ps
  else
    local api expire
    api=$(running kami-api) || api='-'
    expire=$(running kami-expire) || expire='-'
    text "  API       $address (pid $api, log in .kami/log/kami-api.log)" "  接口      $address(pid $api,日志 .kami/log/kami-api.log)"
    text "  expiry    every hour (pid $expire, log in .kami/log/kami-expire.log)" "  过期任务  每小时一次(pid $expire,日志 .kami/log/kami-expire.log)"
    text "  database  $(describe_database)" "  数据库    $(describe_database)"
  fi
}

show_help() {
  echo
  say 'Try it:' '试一试:'
  echo "  curl -s $address/api/validate -H 'Content-Type: application/json' -d '{\"code\":\"VIP-DEMO123456\",\"machine_code\":\"my-machine-1\"}'"
  say 'Then: ./start.sh (console), ./start.sh status, logs, stop or reset' '之后:./start.sh(控制台),./start.sh status、logs、stop、reset'
}

# The console is for a person; scripts and CI get the prompt back.
open_console() {
  [ -n "$console" ] && [ -t 0 ] && [ -t 1 ] && [ -z "${CI:-}" ] || return 0
  if [ "$(used_database)" = compose ]; then
    docker compose run --rm console || true
  elif [ -x "$bin/kami" ]; then
    DATABASE_URL=$(url_of kami) "$bin/kami" || true
  else
    return 0
  fi
  say "The console is closed; kami runs on. './start.sh stop' stops it." '控制台已关闭,kami 仍在运行;./start.sh stop 可停止它。'
}

# The console of a kami that already runs needs the URL that kami was started with, which is kept nowhere.
reach_database() {
  local used
  used=$(used_database)
  case $used in
    private)
      [ -z "${DATABASE_URL:-}" ] || say 'It uses its private database; DATABASE_URL counts after ./start.sh stop.' \
        '它使用私有数据库;DATABASE_URL 在 ./start.sh stop 之后才生效。'
      url=$(scripts/private-server url "$state/db")
      ;;
    url*)
      if [ "$used" != "url $(mask "${DATABASE_URL:-}")" ]; then
        say "It uses ${used#url }; set DATABASE_URL to that to open the console." "它使用 ${used#url };把 DATABASE_URL 设为它即可打开控制台。"
        console=''
      fi
      url=${DATABASE_URL:-}
      ;;
  esac
}

start() {
  make_state
  lock
  if everything_runs; then
    say 'kami already runs:' 'kami 已在运行:'
    reach_database
  else
    check_remembered
    remembered=$(used_database) || remembered=''
    [ -z "$remembered" ] || stop_all # what is left of one that was killed
    listen_on "${KAMI_LISTEN:-127.0.0.1:5000}"
    check_port
    check_toolchain
    choose_database
    bring_up
    say 'kami runs:' 'kami 已启动:'
  fi
  release
  show_where
  show_help
  open_console
}

stop() {
  if [ -z "$(used_database)" ]; then
    say 'kami does not run.' 'kami 未在运行。'
  else
    lock
    stop_all
    forget
    say 'kami is stopped.' 'kami 已停止。'
  fi
}

status() {
  if everything_runs; then
    if health; then
      say 'kami runs:' 'kami 正在运行:'
      show_where
      return 0
    fi
    say "kami runs, but $address/health does not answer 200:" "kami 正在运行,但 $address/health 未回答 200:"
    show_where
  elif [ -n "$(used_database)" ]; then
    say 'Only a part of kami runs:' 'kami 只有一部分在运行:'
    show_where
  else
    say 'kami does not run.' 'kami 未在运行。'
  fi
  exit 3
}

logs() {
  if [ "$(used_database)" = compose ]; then
    exec docker compose logs --tail 100
  fi
  local file files=()
  for file in "$state"/log/*.log "$state/db/error.log"; do
    [ ! -f "$file" ] || files[${#files[@]}]=$file
  done
  if [ ${#files[@]} -eq 0 ]; then
    say 'There are no logs yet.' '还没有日志。'
  elif [ -t 1 ]; then
    exec tail -n 50 -F "${files[@]}"
  else
    exec tail -n 200 "${files[@]}"
  fi
}

reset() {
  local answer
  if [ ! -d "$state" ]; then
    say 'There is nothing to reset.' '没有可重置的内容。'
    return 0
  fi
  if [ "${1:-}" != --yes ]; then
    [ -t 0 ] || fail "reset deletes the private database with all its cards; without a terminal to ask on, say './start.sh reset --yes'" \
      "reset 会删除私有数据库及其中全部卡密;没有终端可确认时,请用 ./start.sh reset --yes"
    text 'This stops kami and deletes its private database with all cards, and its logs (a database that DATABASE_URL named stays as it is).' \
      '这将停止 kami,并删除其私有数据库(含全部卡密)和日志(DATABASE_URL 所指的数据库不受影响)。'
    printf '%s ' "$(text "Type 'yes' to go on:" '输入 yes 继续:')"
    read -r answer || answer=''
    if [ "$answer" != yes ]; then
      say 'Nothing was changed.' '未作任何改动。'
      return 1
    fi
  fi
  lock
  if [ "$(used_database)" = compose ]; then docker compose down --volumes; fi
  stop_all
  rm -rf "$state"
  say 'kami is reset.' 'kami 已重置。'
}

# --- the command line --------------------------------------------------------------------------------------------------

console=1
case ${1:-start} in
  start) shift $(($# > 0)) ;;
  --no-console) ;;
  stop | status | logs | reset)
    "$@"
    exit 0
    ;;
  -h | --help | help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac
case ${1:-} in
  '') ;;
  --no-console) console='' ;;
  *)
    usage >&2
    exit 2
    ;;
esac
start
