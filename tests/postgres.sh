#!/usr/bin/env bash
# A throw-away PostgreSQL for the tests, on 127.0.0.1 and a free port.
#
#   tests/postgres.sh start    starts it and prints the connection string; nothing else goes to standard output
#   tests/postgres.sh stop     ends it and removes it
#
# POSTGRES_STATE names the directory that holds it (default: one per user under TMPDIR). PostgreSQL refuses to run as
# root, so root starts it as the user postgres.
set -euo pipefail

state=${POSTGRES_STATE:-${TMPDIR:-/tmp}/provisioning-postgres-$(id -u)}

as_postgres() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

binaries() {
  local newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  if [ ! -x "$newest/initdb" ]; then
    echo "postgres.sh: PostgreSQL is not installed (Debian: apt-get install postgresql)" >&2
    exit 1
  fi
  echo "$newest"
}

free_port() {
  # Bound and let go: PostgreSQL cannot be asked to choose one itself.
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
  local bin port
  bin=$(binaries)
  if [ -f "$state/connection" ] && as_postgres "$bin/pg_ctl" -D "$state/data" status >/dev/null 2>&1; then
    cat "$state/connection"
    return
  fi
  rm -rf "$state"
  mkdir -m 0755 "$state"
  mkdir -m 0700 "$state/data"
  if [ "$(id -u)" = 0 ]; then chown -R postgres "$state"; fi
  cd "$state"
  as_postgres "$bin/initdb" -D "$state/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >"$state/initdb.log" 2>&1 \
    || { cat "$state/initdb.log" >&2; exit 1; }
  for _ in 1 2 3 4 5; do
    port=$(free_port)
    if as_postgres "$bin/pg_ctl" -D "$state/data" -w -t 30 -l "$state/data/server.log" \
      -o "-h 127.0.0.1 -p $port -k '' -c max_connections=200 -c fsync=off -c full_page_writes=off" start >/dev/null; then
      echo "Host=127.0.0.1;Port=$port;Username=postgres;Database=postgres" >"$state/connection"
      cat "$state/connection"
      return
    fi
  done
  cat "$state/data/server.log" >&2
  exit 1
}

stop() {
  if [ -d "$state/data" ]; then
    cd "$state"
    as_postgres "$(binaries)/pg_ctl" -D "$state/data" -w -m immediate stop >/dev/null 2>&1 || true
    cd /
    rm -rf "$state"
  fi
}

case ${1:-} in
  start) start ;;
  stop) stop ;;
  *) echo "usage: $0 start|stop" >&2; exit 2 ;;
esac
