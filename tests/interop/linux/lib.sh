# SPDX-License-Identifier: MIT
# What stories share. A story begins with: . /lib.sh

# To the console, with the time since the guest's start.
say() {
    read -r now _ </proc/uptime
    echo "[$now] $*"
}

# Without colours.
plain() {
    tr -d '\001\002' | sed "s/$(printf '\033')\[[0-9;]*[a-zA-Z]//g"
}

fail() {
    say "FAIL $*"
    # So that its traces are whole.
    [ -z "$pid_serve" ] || stop serve
    exit 1
}

# wait_for SECONDS COMMAND...: until the command succeeds. Looks every 50 ms.
wait_for() {
    looks=$(($1 * 20))
    shift
    while ! "$@" >/dev/null 2>&1; do
        looks=$((looks - 1))
        [ "$looks" -gt 0 ] || return 1
        sleep 0.05
    done
}

# start NAME COMMAND...: in the background, its output in /out/NAME.log, its number in pid_NAME.
start() {
    name=$1
    shift
    : >"/out/$name.log" # so that nobody takes for its words what another has said
    "$@" >"/out/$name.log" 2>&1 </dev/null &
    eval "pid_$name=$!"
}

# stop NAME: what start began ends in order.
stop() {
    eval "kill \$pid_$1"
    eval "wait \$pid_$1"
}

# serve ARGUMENTS...: our controllers on the guest's clock; back when they are there.
serve() {
    start serve blueroom serve --clock realtime "$@"
    wait_for 5 grep -q '^ready$' /out/serve.log || fail "blueroom serve: $(cat /out/serve.log)"
}

# The system bus and bluetoothd.
start_bluetoothd() {
    start bus dbus-daemon --config-file=/etc/dbus.conf --nofork --nopidfile
    wait_for 5 test -S /run/dbus/system_bus_socket || fail "no bus: $(cat /out/bus.log)"
    start bluetoothd bluetoothd --nodetach --debug
}

# manage INDEX WORDS...: btmgmt, which does nothing without a standard input that stays open.
manage() {
    [ -p /tmp/quiet ] || mkfifo /tmp/quiet
    timeout 20 btmgmt --index "$@" <>/tmp/quiet
}

# --- bluetoothctl, as somebody at the keyboard ---

# start_bluetoothctl CAPABILITY: with an agent of that input and output capability.
start_bluetoothctl() {
    mkfifo /tmp/keyboard /tmp/screen
    # Open for both, so that opening waits for nobody and no end of file comes.
    exec 8<>/tmp/screen 9<>/tmp/keyboard
    bluetoothctl --agent "$1" <&9 >&8 2>&1 &
    pid_bluetoothctl=$!
}

# tell WORDS...: types a line.
tell() {
    say "> $*"
    echo "$*" >&9
}

# hear SECONDS PATTERN: reads its output until a line matches (as `case` does). Sets line.
hear() {
    while IFS= read -r -t "$1" line <&8; do
        line=${line##*$'\r'} # what comes before is erased on a screen
        echo "$line" >>/out/bluetoothctl.log
        case $line in
        *$2*)
            say "$(echo "$line" | plain)"
            return
            ;;
        esac
    done
    tail -n 20 /out/bluetoothctl.log
    fail "bluetoothctl has not said '$2'"
}

stop_bluetoothctl() {
    tell quit
    wait $pid_bluetoothctl
}

# btvirt's controllers for whoever connects to /tmp/bt-server-le; the story loads af_alg and its like.
start_btvirt() {
    start btvirt btvirt -s
    wait_for 5 test -S /tmp/bt-server-le || fail "no btvirt: $(cat /out/btvirt.log)"
}
