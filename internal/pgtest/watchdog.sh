# Runs PostgreSQL until standard input ends, then stops it and removes its
# directory. Standard input is a pipe that only the test process holds open.
#
# usage: sh -c watchdog.sh NAME DIRECTORY BIN ARGUMENT...
#
# File descriptor 3 is another pipe, which only the server keeps open: that it
# closes tells the test process that the server has ended.
dir=$1
bin=$2
shift 2

# The server is a child of this shell and not of the test process, so that there
# is no moment in which it runs and nobody watches over it. Should the test
# process end during initdb, the server starts and is stopped straight away.
server=
if "$bin/initdb" --pgdata="$dir/data" --username=postgres --auth=trust \
	--encoding=UTF8 --locale=C --no-sync </dev/null >"$dir/log" 2>&1; then
	"$bin/postgres" -D "$dir/data" "$@" </dev/null >>"$dir/log" 2>&1 &
	server=$!
fi
exec 3>&-
trap '' HUP INT TERM # there is still something to clean up

read -r _

# SIGQUIT is an immediate shutdown. A server that has only just been started may
# miss it, so it is sent until there is nobody left to take it.
while [ -n "$server" ] && kill -QUIT "$server" 2>/dev/null; do
	sleep 0.02
done
cd / && rm -rf "$dir"
