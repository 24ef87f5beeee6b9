# What every part of the lab needs: where its state lives, how it talks, how it
# installs packages.  Sourced, never run.  Everything the lab leaves on a machine
# is under $LAB_STATE and $LAB_RUN, apart from Debian packages.

LAB_STATE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/composer-lab
# Short, for a unix socket's path must fit in 107 bytes; one per state, for whoever
# deletes theirs must not pull the floor from under another lab's engine.
LAB_RUN=/run/composer-lab-$(cksum <<< "$LAB_STATE" | cut -d' ' -f1)
LAB_REGISTRY=127.0.0.1:${COMPOSER_LAB_PORT:-5000}

say() { printf 'lab: %s\n' "$*"; }

die() {
  printf 'lab: %s\n' "$@" >&2
  exit 1
}

have() { command -v "$1" > /dev/null 2>&1; }

# One `up` or `down` at a time: two sessions on one machine share the engine.
take_lock() {
  mkdir -p "$LAB_STATE"
  exec 9> "$LAB_STATE/lock"
  flock 9
}

need_root() {
  [ "$(id -u)" -eq 0 ] || die "$1 needs root; run: sudo -E $LAB/up" \
    "or start a Docker Engine yourself, and the lab uses it as it is"
}

on_debian() { have apt-get && grep -qE '^(ID|ID_LIKE)=.*debian' /etc/os-release; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]; }

apt_lists_present() { apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages' | xargs -r ls > /dev/null 2>&1; }

# Install those of the given packages that are missing.  The package lists are
# fetched only when there are none, or when the ones at hand are out of date.
install_packages() {
  local package missing=()
  for package in "$@"; do installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return
  on_debian || die "please install: ${missing[*]} (only Debian packages can be installed from here)"
  need_root "installing ${missing[*]}"
  say "installing ${missing[*]}"
  apt_lists_present || apt_get update
  apt_get install "${missing[@]}" || { apt_get update && apt_get install "${missing[@]}"; } ||
    die "apt-get failed; the last lines of $LAB_STATE/apt.log:" "$(tail -n 5 "$LAB_STATE/apt.log")"
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Options::=--force-confold \
    -o DPkg::Lock::Timeout=120 "$@" >> "$LAB_STATE/apt.log" 2>&1 < /dev/null
}

# Start a server that survives this shell: its own session, no inherited files
# (the lock, descriptor 9, would be held for as long as the server lives), and no
# directory that may be removed under it: git, which it calls, works in none.
start_server() {
  local log=$1
  shift
  (cd / && exec setsid --fork "$@" > "$log" 2>&1 < /dev/null 9>&-)
}

# Wait for a command to succeed, up to so many seconds.
wait_for() {
  local seconds=$1 tries
  shift
  for ((tries = 0; tries < seconds * 20; tries++)); do
    "$@" > /dev/null 2>&1 && return
    sleep 0.05
  done
  return 1
}

# The process in a pid file, if it lives and its command line contains the text:
# a pid file may be stale, and its number taken by somebody else.
live_pid() {
  local file=$1 text=$2 pid
  pid=$(cat "$file" 2> /dev/null) && [ -n "$pid" ] || return 1
  tr '\0' ' ' 2> /dev/null < "/proc/$pid/cmdline" | grep -qF -- "$text" && echo "$pid"
}

# End a process of ours, politely first.
end_process() {
  local pid=$1
  kill "$pid" 2> /dev/null || return 0
  wait_for 20 process_gone "$pid" || kill -9 "$pid" 2> /dev/null || true
  wait_for 5 process_gone "$pid" || true
}

# A zombie that its parent has not reaped yet is as good as gone.
process_gone() { ! grep -qsE '^State:\s+[^Z]' "/proc/$1/status"; }

# Let go of what an engine has mounted below these directories; the deepest first.
unmount_below() {
  local directory point
  for directory in "$@"; do
    while read -r point; do umount -l "$point"; done < <(
      awk -v below="$directory/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r
    )
  done
}
