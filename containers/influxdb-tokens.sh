#!/bin/bash
# InfluxDB's image runs this once, after its first start: a second bucket, and three tokens that can do one thing each.
# The server keeps hashes only, so the files are the only copies. Their groups are those of docker-compose.yml: a worker reads
# its token, the board and Grafana theirs, none another's.
set -euo pipefail
umask 077
folder="${TOKENS_FOLDER:-/etc/influxdb2}"

# token NAME GROUP PERMISSION...
token() {
    local file="$folder/$1.token" name="$1" group="$2"
    shift 2
    rm -f "$file" # of a first start that failed half-way
    influx auth create --org "$DOCKER_INFLUXDB_INIT_ORG" --description "$name" --json "$@" \
        | sed -nE 's/.*"token": *"([^"]+)".*/\1/p' > "$file"
    test -s "$file"
    chgrp "$group" "$file"
    chmod 0440 "$file"
}

influx bucket create --org "$DOCKER_INFLUXDB_INIT_ORG" --name pm_replay --retention 0 > /dev/null
replay="$(influx bucket list --org "$DOCKER_INFLUXDB_INIT_ORG" --name pm_replay --hide-headers | cut -f 1)"

token worker 10001 --write-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID"
token board 10002 --read-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID"
token grafana 472 --read-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID" --read-bucket "$replay"
