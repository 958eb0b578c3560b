#!/bin/sh
# First start of the PostgreSQL of compose.yaml: the roles of deploy/roles.sql with the passwords of deploy/secrets.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -d surveyor \
    -v owner_password="$(cat /run/secrets/owner_password)" -v app_password="$(cat /run/secrets/app_password)" \
    -f /run/surveyor/roles.sql
