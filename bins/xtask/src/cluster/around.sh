#!/bin/sh
# Runs a node in namespaces and cgroups of its own, and takes away what stays of it, however it ends.
#
# around.sh WORK GROUP COMMAND...: WORK is a folder, removed at the end; GROUP names the cgroups.
set -eu
work=$1 group=$2
shift 2
here=$(dirname "$0")
# What the kubelet's and the plugins' folders are mounted over.
folders=
for folder in /var/lib/kubelet /var/lib/cni; do
  [ -d "$folder" ] || folders="$folders $folder"
done
# Unset until it is begun, empty once it has ended.
unset node

remove() {
  status=${1:-$?}
  # Nothing stops this halfway: neither a second Ctrl-C, nor who called this and ends meanwhile, nor a
  # terminal that is gone, where every word is an error.
  trap '' HUP INT TERM PIPE
  trap - EXIT
  set +e
  # Begun, and not yet named when a signal came.
  node=${node-${!-}}
  # The namespaces end with their first process, and everything in them; it listens to nothing less. Its
  # group is told too: just begun, it may not be bound to its parent's end yet.
  if [ -n "$node" ]; then
    kill -KILL "$node" 2>/dev/null
    kill -KILL "-$node" 2>/dev/null
    wait "$node" 2>/dev/null
  fi
  for hierarchy in /sys/fs/cgroup/*/"$group"; do
    # Children first; processes that still end are waited for.
    for try in 1 2 3 4 5 6 7 8 9 10; do
      [ -d "$hierarchy" ] || break
      find "$hierarchy" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.3
    done
    if [ -d "$hierarchy" ]; then echo "left behind: $hierarchy" >&2; fi
  done
  rm -rf "$work" || echo "left behind: $work" >&2
  for folder in $folders; do rmdir "$folder" 2>/dev/null || true; done
  exit "$status"
}
trap remove EXIT
# Not by `exit`: within the trap for it, that would skip what is left of it.
trap 'remove 129' HUP
trap 'remove 130' INT
trap 'remove 143' TERM

for hierarchy in /sys/fs/cgroup/*/; do
  [ -e "$hierarchy/cgroup.clone_children" ] || continue
  # One hierarchy may have several names, as `cpu` and `cpuacct` where systemd mounts them.
  mkdir -p "$hierarchy$group"
  # Empty, no process could be put in; other hierarchies have no such file.
  for setting in cpuset.cpus cpuset.mems; do
    [ ! -e "$hierarchy$setting" ] || cat "$hierarchy$setting" > "$hierarchy$group/$setting"
  done
  # A group counts as much as one process of those outside of groups, unless told otherwise.
  if [ -e "$hierarchy$group/cpu.shares" ]; then echo 32768 > "$hierarchy$group/cpu.shares"; fi
done

# In the background, since only so are signals heard meanwhile; with the input that this has, instead of
# the empty one that shells give to what runs there.
exec 3<&0
setsid unshare --net --mount --pid --fork --kill-child --mount-proc --propagation slave \
  sh "$here/node.sh" "$work" "$ARGO_EVENTS_NODE_ADDRESS" "$@" <&3 3<&- &
node=$!
if [ -n "${ARGO_EVENTS_NODE_KEEP-}" ]; then
  echo "look around by: nsenter --net=/proc/$node/ns/net kubectl --kubeconfig $work/argo-events-kube-*/admin.kubeconfig get pods -A"
fi
status=0
wait "$node" || status=$?
# Ended, its id may be another's.
node=
exit "$status"
