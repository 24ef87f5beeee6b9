#!/bin/bash
# Start PostgreSQL; on an empty PGDATA make the cluster first.  As in the official
# image, the init phase listens on the unix socket only: who connects over TCP
# sees either nothing or the finished database.
set -euo pipefail

main() {
  if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi
  if [ "$1" != postgres ] || asks_for_help "$@"; then exec "$@"; fi
  if [ "$(id -u)" -eq 0 ]; then
    own_directories
    exec setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql "$0" "$@"
  fi
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA" || true
  if [ -s "$PGDATA/PG_VERSION" ]; then
    printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
  else
    initialise "$@"
    printf '\nPostgreSQL init process complete; ready for start up.\n\n'
  fi
  exec "$@"
}

asks_for_help() {
  local argument
  for argument; do
    case $argument in -'?' | --help | --describe-config | -V | --version) return 0 ;; esac
  done
  return 1
}

own_directories() {
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
  find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
}

initialise() {
  from_file_or_variable POSTGRES_PASSWORD ''
  from_file_or_variable POSTGRES_USER postgres
  from_file_or_variable POSTGRES_DB "$POSTGRES_USER"
  from_file_or_variable POSTGRES_INITDB_ARGS ''
  POSTGRES_HOST_AUTH_METHOD=${POSTGRES_HOST_AUTH_METHOD:-}
  demand_password
  make_cluster
  start_on_socket "$@"
  make_database
  local script
  for script in /docker-entrypoint-initdb.d/*; do run_script "$script"; done
  pg_ctl -D "$PGDATA" -m fast -w stop
}

# NAME, else the content of the file that NAME_FILE names, else the default.
from_file_or_variable() {
  local name=$1 default=$2 file=$1_FILE
  if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
    echo "error: both $name and $file are set (but are exclusive)" >&2
    exit 1
  fi
  if [ -n "${!file:-}" ]; then printf -v "$name" %s "$(< "${!file}")"; else printf -v "$name" %s "${!name:-$default}"; fi
  export "${name?}"
  unset "$file"
}

demand_password() {
  if [ -n "$POSTGRES_PASSWORD" ] || [ "$POSTGRES_HOST_AUTH_METHOD" = trust ]; then return; fi
  cat >&2 << 'TEXT'
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.
TEXT
  exit 1
}

make_cluster() {
  # The arguments are the user's own words, to be split as a shell does.
  eval "initdb --username=\"\$POSTGRES_USER\" --pwfile=<(printf '%s\n' \"\$POSTGRES_PASSWORD\") \
    ${POSTGRES_INITDB_WALDIR:+--waldir=\"\$POSTGRES_INITDB_WALDIR\"} $POSTGRES_INITDB_ARGS -D \"\$PGDATA\""
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption)}" >> "$PGDATA/pg_hba.conf"
}

start_on_socket() {
  shift
  pg_ctl -D "$PGDATA" -w start -o "$(printf '%q ' "$@" -c listen_addresses= -p 5432)"
}

sql() {
  PGHOST='' PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD} \
    psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password --no-psqlrc "$@"
}

make_database() {
  if [ "$POSTGRES_DB" = postgres ]; then return; fi
  sql --dbname postgres --set db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db" ;'
}

run_script() {
  local script=$1
  case $script in
    *.sh)
      echo "$0: running $script"
      # shellcheck source=/dev/null
      if [ -x "$script" ]; then "$script"; else . "$script"; fi
      ;;
    *.sql) echo "$0: running $script" && sql --dbname "$POSTGRES_DB" -f "$script" ;;
    *.sql.gz) echo "$0: running $script" && gunzip -c "$script" | sql --dbname "$POSTGRES_DB" ;;
    *.sql.xz) echo "$0: running $script" && xzcat "$script" | sql --dbname "$POSTGRES_DB" ;;
    *'/*') ;;
    *) echo "$0: ignoring $script" ;;
  esac
}

main "$@"
