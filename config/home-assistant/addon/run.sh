#!/bin/sh
# What somebody chose in Home Assistant becomes the environment of workmate.
set -eu

option() {
    jq --raw-output --arg name "$1" '.[$name] // "" | tostring' /data/options.json
}

WORKMATE_HOUSEHOLD__ZONE=$(option zone)
WORKMATE_HOUSEHOLD__REGION=$(option region)
WORKMATE_HOUSEHOLD__LANGUAGE=$(option language)
WORKMATE_INTAKE__FOLDER=$(option scan_folder)
WORKMATE_SERVER__PUBLIC_URL=$(option public_url)
WORKMATE_HOME_ASSISTANT__TODO=$(option todo)
WORKMATE_HOME_ASSISTANT__CALENDAR=$(option calendar)
WORKMATE_HOME_ASSISTANT__PEOPLE=$(option people)
export WORKMATE_HOUSEHOLD__ZONE WORKMATE_HOUSEHOLD__REGION WORKMATE_HOUSEHOLD__LANGUAGE
export WORKMATE_INTAKE__FOLDER WORKMATE_SERVER__PUBLIC_URL
export WORKMATE_HOME_ASSISTANT__TODO WORKMATE_HOME_ASSISTANT__CALENDAR
export WORKMATE_HOME_ASSISTANT__PEOPLE
for switch in tasks documents lists control; do
    name=$(echo "WORKMATE_MQTT__ACCEPT_$switch" | tr '[:lower:]' '[:upper:]')
    value=$(option "accept_$switch")
    export "$name=${value:-false}"
done
if [ -n "$WORKMATE_INTAKE__FOLDER" ]; then
    mkdir -p "$WORKMATE_INTAKE__FOLDER"
fi

exec /usr/local/bin/workmate serve
