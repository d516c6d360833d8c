# Runs psql with the arguments against a PostgreSQL server of its own, which is in a temporary folder and ends with this script. PostgreSQL
# refuses to run as root: then it is the user nobody that runs it.
set -e
here=$PWD
log=${LOG:+$here/$LOG}
folder=$(mktemp -d)
end() {
  [ -z "$server" ] || { kill -INT "$server"; wait "$server" || true; }
  rm -rf "$folder"
}
trap end EXIT
cp components.so "$folder"
user='setpriv --pdeathsig=INT'
if [ "$(id -u)" = 0 ]; then
  chown -R nobody:nogroup "$folder"
  user="$user --reuid=nobody --regid=nogroup --clear-groups"
fi
programs=$(pg_config --bindir)
export LC_ALL=C.UTF-8 PGHOST="$folder" PGUSER=postgres PGDATABASE=postgres
cd "$folder"
$user "$programs/initdb" --no-sync --auth=trust --username="$PGUSER" --pgdata=data >/dev/null
$user "$programs/postgres" -D data -k "$folder" -c listen_addresses= -c fsync=off -c dynamic_library_path="$folder" \
  >"${log:-/dev/null}" 2>&1 &
server=$!
until "$programs/pg_isready" --quiet; do kill -0 "$server"; sleep 0.1; done
cd "$here"
psql --no-psqlrc "$@"
