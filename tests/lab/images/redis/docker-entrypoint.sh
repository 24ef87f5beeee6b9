#!/bin/sh
# Start redis as the user redis; options alone mean redis-server.
set -e

case "$1" in -* | *.conf) set -- redis-server "$@" ;; esac
if [ "$1" = redis-server ]; then
  if [ "$(id -u)" = 0 ]; then
    chown -R redis /data
    exec setpriv --reuid=redis --regid=redis --init-groups "$0" "$@"
  fi
  # Protected mode would refuse everybody but this container.
  set -- "$@" --protected-mode no
fi
exec "$@"
