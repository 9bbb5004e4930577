#!/bin/sh
# Makes this machine look like a node of its own to whatever the rest of the arguments run. Called in new
# namespaces for processes, mounts and the network, all of which end with it. As their first process it
# also reaps what nobody else waits for, so it must not be replaced.
#
# node.sh WORK ADDRESS COMMAND...
set -eu
work=$1 address=$2
shift 2

ip link set lo up
# The kubelet takes no loopback address; a Service's address needs a route before it is rewritten.
ip address add "$address/32" dev lo
ip route add 10.96.0.0/16 dev lo src "$address"
echo 1 > /proc/sys/net/ipv4/ip_forward

# Paths that container runtimes have built in.
for folder in /run /var/log; do mount -t tmpfs -o mode=755 none "$folder"; done
mkdir -p /run/netns /run/lock
for folder in /var/lib/kubelet /var/lib/cni; do
  mkdir -p "$folder" "$work$folder"
  mount --bind "$work$folder" "$folder"
done

# Settings of the whole machine that the kubelet wants to be otherwise: it sees and changes copies.
cover() {
  echo "$2" > "$work/$(basename "$1")"
  mount --bind "$work/$(basename "$1")" "/proc/sys/$1"
}
cover vm/overcommit_memory 1
cover vm/panic_on_oom 0
cover kernel/panic 10
cover kernel/panic_on_oops 1
cover kernel/keys/root_maxkeys 1000000
cover kernel/keys/root_maxbytes 25000000

"$@"
