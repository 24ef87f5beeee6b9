#!/bin/sh
# Serve what a configuration says; other words are those of the program.
set -e

case "$1" in
  *.yml | *.yaml) set -- registry serve "$@" ;;
  serve | garbage-collect | help | -*) set -- registry "$@" ;;
esac
exec "$@"
