#!/bin/sh
# Bring the running district to what is rendered here: another version, other settings, certificates or secrets.
# No request is lost: each replica is stopped only when another of the new version is ready.
#
#   sh upgrade.sh                   import definitions, migrate, replace every process
#   sh upgrade.sh --no-migrations   the same without migrations: back to an earlier version
#
# If a migration fails, or a new replica does not get ready, nothing more is replaced: the old version goes on.
set -eu
cd "$(dirname "$0")"

READY_SECONDS=120
FORGET_SECONDS=3 # the proxy keeps addresses for one second, and the engine gives a free address to the next container
READY='import urllib.request as r; r.urlopen("http://127.0.0.1:8000/readyz", timeout=5)'

services=$(sed -n 's/^LINLI_SERVICES=//p' .env)   # with HTTP, behind the proxy
processes=$(sed -n 's/^LINLI_PROCESSES=//p' .env) # relays, and services without HTTP

has() { docker compose config --services | grep -qx "$1"; }

is_ready() { docker exec "$1" python -ISc "$READY" >/dev/null 2>&1; }

await_ready() {
  left=$READY_SECONDS
  until is_ready "$1"; do
    left=$((left - 1))
    if [ "$left" -le 0 ]; then return 1; fi
    sleep 1
  done
}

remove() {
  docker stop --time 60 "$1" >/dev/null
  docker rm "$1" >/dev/null
  sleep $FORGET_SECONDS
}

# Replace the replicas of a service that were there at the beginning, one at a time.
replace() {
  old=$(docker compose ps --quiet "$1")
  for one in $old; do
    before=$(docker compose ps --quiet "$1")
    count=$(($(echo "$before" | wc -l) + 1))
    docker compose up --detach --no-build --no-deps --no-recreate --scale "$1=$count" "$1"
    new=$(docker compose ps --quiet "$1" | grep -vxF "$before")
    if ! await_ready "$new"; then
      docker logs --tail 20 "$new" >&2
      remove "$new"
      echo "$1: the new version did not get ready; the old one goes on." >&2
      exit 1
    fi
    remove "$one"
  done
}

if has broker; then # queues are bound to new event types before a service publishes them
  docker compose exec -T broker rabbitmqctl --quiet import_definitions /run/secrets/definitions.json
fi
if has database; then # accounts of new services, and new passwords
  docker compose exec -T database sh -c 'psql -qU linli -v ON_ERROR_STOP=1 -d "$POSTGRES_DB" -f /docker-entrypoint-initdb.d/database.sql' >/dev/null
fi
if [ "${1:-}" != --no-migrations ]; then
  for service in $services; do
    docker compose run --rm -T --no-deps "$service-migration"
  done
fi
docker compose up --detach --no-build --no-deps --no-recreate $services # those that are new
for service in $services; do
  echo "$service"
  replace "$service"
done
docker compose up --detach --no-build --no-deps --force-recreate --wait $processes
# What is left: the number of replicas, and servers whose configuration is another.
rest=$(docker compose config --services | grep -v -- '-migration$')
docker compose up --detach --no-build --no-deps --wait $rest
docker compose exec -T proxy nginx -c /etc/nginx/linli/nginx.conf -s reload
