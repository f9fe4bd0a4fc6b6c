#!/bin/sh
# The tests run a RabbitMQ of their own; this sees to it that there is one to run.
set -eu
how="The tests need RabbitMQ's server; on Debian or Ubuntu: sudo apt-get install rabbitmq-server"
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "$how" >&2; exit 1; }
echo "Installing RabbitMQ for the tests (apt-get install rabbitmq-server) ..."
# A test machine may forbid services to start by themselves; ours is started by the tests anyway.
log=$(mktemp)
{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends rabbitmq-server; } \
  >"$log" 2>&1 || { cat "$log" >&2; echo "$how" >&2; exit 1; }
rm -f "$log"
# The package starts a broker on the standard port; the tests do not use it, and must not disturb one that is in use.
