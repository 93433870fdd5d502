#!/bin/sh
# Resolves everything anew in a throw-away environment and writes requirements.lock.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --upgrade pip
"$folder/venv/bin/pip" install --quiet "./client[local]" . --group dev
{
    echo "# Written by 'make lock'. torch: see the README for builds with a GPU."
    "$folder/venv/bin/pip" freeze --exclude-editable | grep -v '^warmtune' | sed 's/^\(torch==[0-9.]*\)+.*/\1/'
} > requirements.lock
