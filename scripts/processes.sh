# What start.sh and check-start share: telling processes apart, and a lock. Sourced, never run.
# shellcheck shell=bash

# A process that ends forgets its command line first, and only then lets go of its files and its port. Where nothing
# reaps the dead, a zombie without threads is as gone as it gets.
is_gone() { # PID
  ! kill -0 "$1" 2>/dev/null ||
    { grep -qs '^State:.Z' "/proc/$1/status" && [ "$(ls "/proc/$1/task" 2>/dev/null)" = "$1" ]; }
}

# Prints "PID-START", which no other process will ever be called, though the pid is given away again.
process_name() { # PID
  local start
  if [ -d /proc/self ]; then
    # clock ticks since the boot; the program's name before it may hold blanks
    start=$(sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20)-$(cat /proc/sys/kernel/random/boot_id)
  else
    start=$(LC_ALL=C TZ=UTC0 ps -o lstart= -p "$1" | tr -s ' ' _)
  fi
  echo "$1-$start"
}

# A lock is a link to its holder's name, made and filled in one act. To take one from the dead, a process first gets
# the lock on just that, LINK.HOLDER, and then renames it to LINK: only it may, so LINK still is the dead one's.
# try_lock LINK: takes it, and sets lock_broken when its holder died; else returns 1, and sets lock_holder if known
try_lock() {
  local holder
  lock_holder='' lock_broken=''
  ! ln -sn "$(process_name $$)" "$1" 2>/dev/null || return 0
  holder=$(readlink "$1") || return 1 # released just now
  lock_holder=${holder%%-*}
  if ! is_gone "$lock_holder" && [ "$(process_name "$lock_holder")" = "$holder" ]; then return 1; fi
  try_lock "$1.$holder" || return 1
  if [ "$(readlink "$1")" != "$holder" ]; then # another was faster
    unlock "$1.$holder"
    lock_holder='' lock_broken=''
    return 1
  fi
  mv -f "$1.$holder" "$1"
  # shellcheck disable=SC2034 # for the script that sources this
  lock_broken=1
}

unlock() { # LINK
  [ "$(readlink "$1" 2>/dev/null)" != "$(process_name $$)" ] || rm -f "$1"
}
