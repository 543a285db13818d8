# What start.sh, test.sh and .ci/run share: their messages and the system's package manager. Sourced, never run.
# shellcheck shell=bash

root=${root:?the script that sources this sets the project folder}

# --- messages ----------------------------------------------------------------------------------------------------------

case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
  zh*) in_chinese=1 ;;
  *) in_chinese='' ;;
esac

# Each message is given in English and in Chinese; the locale chooses.
text() { # ENGLISH CHINESE
  if [ -n "$in_chinese" ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi
}

say() { text "$@"; }

complain() { printf '%s: %s\n' "${0##*/}" "$(text "$@")" >&2; }

fail() {
  complain "$@"
  exit 1
}

# What looks for servers is built first, so that a build that fails is not taken for a server that is missing.
tools_are_built() {
  "$root/scripts/private-server" status "$root" >/dev/null || [ $? -eq 3 ]
}

# --- packages ----------------------------------------------------------------------------------------------------------

has() {
  case $1 in
    compiler) command -v cc ;;
    server) "$root/scripts/private-server" find ;;
    mysql | mariadb) "$root/scripts/private-server" find | grep "^$1 " ;;
    python) command -v python3 ;;
    node) command -v node ;;
    mono) command -v mcs && command -v mono ;;
    go) command -v go ;;
    java) command -v javac && command -v java ;;
    c++) printf '#include <curl/curl.h>\n#include <nlohmann/json.hpp>\n#include <openssl/evp.h>\n' | c++ -E -x c++ - ;;
    sshd) PATH=$PATH:/usr/sbin command -v sshd && command -v ssh ;;
    ed25519) [ -n "$(find -L /usr/lib*/mysql /usr/lib*/mariadb -name auth_ed25519.so 2>/dev/null)" ] ;;
    venv) python3 -c 'import ensurepip, venv' ;;
    *) command -v "$1" ;;
  esac >/dev/null 2>&1
}

called() {
  case $1 in
    compiler) text 'a C compiler' 'C 编译器' ;;
    server) text 'a database server (MariaDB 10.11+ or MySQL 8.0+)' '数据库服务器(MariaDB 10.11+ 或 MySQL 8.0+)' ;;
    python) echo Python ;;
    node) echo Node.js ;;
    mono) echo Mono ;;
    go) echo Go ;;
    java) echo Java ;;
    c++) text 'C++ with the headers of libcurl, OpenSSL and nlohmann/json' 'C++ 及 libcurl、OpenSSL、nlohmann/json 的头文件' ;;
    ed25519) text "MariaDB's plugin auth_ed25519" 'MariaDB 的插件 auth_ed25519' ;;
    venv) text "Python's venv" 'Python 的 venv' ;;
    *) echo "$1" ;;
  esac
}

package_manager() {
  local name
  for name in apt-get dnf yum zypper pacman apk brew; do
    if command -v "$name" >/dev/null; then
      echo "$name"
      return 0
    fi
  done
  return 1
}

# Ubuntu 22.04 and older have a MariaDB that is too old, but MySQL 8.0. None of these packages starts a service; the
# client's has a program that MariaDB's initialisation calls.
apt_server() {
  local version
  version=$(apt-cache show --no-all-versions mariadb-server-core 2>/dev/null | sed -n 's/^Version: //p')
  if [ -n "$version" ] && dpkg --compare-versions "$version" ge 1:10.11; then
    echo mariadb-server-core mariadb-client-core
  else
    echo mysql-server-core-8.0
  fi
}

packages_for() { # MANAGER WHAT
  case $1:$2 in
    apt-get:compiler) echo gcc libc6-dev ;;
    apk:compiler) echo gcc musl-dev ;;
    *:compiler) echo gcc ;;
    apt-get:server) apt_server ;;
    # Red Hat's MariaDB is older than its MySQL
    dnf:server | yum:server) echo mysql-server ;;
    *:server) echo mariadb ;;
    apt-get:mysqldump) echo mariadb-client ;;
    *:mysqldump) packages_for "$1" mariadb ;;
    apt-get:mariadb) echo mariadb-server-core mariadb-client-core ;;
    apt-get:ed25519) echo mariadb-server ;;
    *:ed25519) packages_for "$1" mariadb ;;
    dnf:mariadb | yum:mariadb) echo mariadb-server ;;
    pacman:python | brew:python) echo python ;;
    *:python) echo python3 ;;
    brew:node) echo node ;;
    *:node) echo nodejs ;;
    apt-get:mono) echo mono-mcs mono-runtime libmono-system-{net-http,numerics,runtime-serialization,xml}4.0-cil ;;
    dnf:mono | yum:mono | zypper:mono) echo mono-core mono-devel ;;
    *:mono) echo mono ;;
    apt-get:go) echo golang-go ;;
    dnf:go | yum:go) echo golang ;;
    *:go) echo go ;;
    apt-get:java) echo default-jdk-headless ;;
    dnf:java | yum:java | zypper:java) echo java-17-openjdk-devel ;;
    apk:java) echo openjdk17-jdk ;;
    pacman:java) echo jdk-openjdk ;;
    *:java) echo openjdk ;;
    apt-get:c++) echo g++ libcurl4-openssl-dev libssl-dev nlohmann-json3-dev ;;
    dnf:c++ | yum:c++) echo gcc-c++ libcurl-devel openssl-devel json-devel ;;
    zypper:c++) echo gcc-c++ libcurl-devel libopenssl-devel nlohmann_json-devel ;;
    apk:c++) echo g++ curl-dev openssl-dev nlohmann-json ;;
    brew:c++) echo openssl nlohmann-json ;;
    *:c++) echo gcc curl openssl nlohmann-json ;;
    apt-get:sshd) echo openssh-server openssh-client ;;
    dnf:sshd | yum:sshd) echo openssh-server openssh-clients ;;
    *:sshd) echo openssh ;;
    apt-get:venv) echo python3-venv ;;
    *:venv) packages_for "$1" python ;;
    *:systemd-analyze) echo systemd ;;
    apt-get:musl-gcc) echo musl-tools ;;
    dnf:musl-gcc | yum:musl-gcc) echo musl-gcc ;;
    *:musl-gcc) echo musl ;;
    dnf:shellcheck | yum:shellcheck | zypper:shellcheck) echo ShellCheck ;;
    *) echo "$2" ;;
  esac
}

# Neither Debian's front end nor, where there is no terminal to ask on, sudo must wait for an answer.
if [ -t 0 ]; then sudo=(sudo); else sudo=(sudo -n); fi
as_root() {
  if [ "$(id -u)" = 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "$@"
  fi </dev/null
}

refresh_packages() { # MANAGER
  case $1 in
    # an unreachable third-party source fails it, though what is needed may be there
    apt-get) as_root apt-get -qq update || true ;;
    apk) as_root apk update -q || true ;;
  esac
}

install_packages() { # MANAGER PACKAGE...
  local manager=$1
  shift
  case $manager in
    apt-get) as_root apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=600 install "$@" ;;
    dnf | yum) as_root "$manager" -q -y install "$@" ;;
    zypper) as_root zypper -q -n install --no-recommends "$@" ;;
    pacman) as_root pacman -S --noconfirm --needed "$@" ;;
    apk) as_root apk add -q "$@" ;;
    brew) brew install -q "$@" </dev/null ;;
  esac
}

# The package manager's own word for why not; it says much more than that.
install_reason() { # LOG
  grep -iE '^(E:|error|sudo:|.*(denied|unable|cannot|not found|no package))' "$1" | head -n 1 || tail -n 1 "$1"
}

# need WHAT...: installs those that are not there, saying so first; where that cannot be, says why and returns 1.
need() {
  local what missing='' names='' manager packages='' log reason
  for what in "$@"; do
    if ! has "$what"; then
      missing="$missing $what"
      names="$names${names:+, }$(called "$what")"
    fi
  done
  [ -n "$missing" ] || return 0
  if ! manager=$(package_manager); then
    complain "$names is not on this machine, nor is a package manager to install it with: install it, then run this again" \
      "本机没有 $names,也没有可用来安装的包管理器:请先安装,再运行本脚本"
    return 1
  fi
  if [ "$manager" != brew ] && [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    complain "$names is not on this machine, and only root may install it: run this as root once, or install it yourself" \
      "本机没有 $names,只有 root 能安装:请以 root 运行一次,或自行安装"
    return 1
  fi
  say "Installing $names with $manager ..." "正在用 $manager 安装 $names …"
  log=$(mktemp)
  refresh_packages "$manager" >>"$log" 2>&1
  for what in $missing; do packages="$packages $(packages_for "$manager" "$what")"; done
  # shellcheck disable=SC2086 # package names have no blanks
  if ! install_packages "$manager" $packages >>"$log" 2>&1; then
    reason=$(install_reason "$log")
    rm -f "$log"
    complain "$manager could not install$packages ($reason): install them yourself, then run this again" \
      "$manager 无法安装$packages($reason):请自行安装,再运行本脚本"
    return 1
  fi
  rm -f "$log"
  for what in $missing; do
    if ! has "$what"; then
      complain "$manager installed$packages, but $(called "$what") is still not there" \
        "$manager 已安装$packages,但仍找不到$(called "$what")"
      return 1
    fi
  done
}
