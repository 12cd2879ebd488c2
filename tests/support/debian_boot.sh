#!/bin/sh
# Called by debian_machine.py in namespaces of its own: a root that begins as the folder $1 and is written in memory
# only, and systemd as process 1.
set -e
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
cd /mnt/root
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o nosuid,nodev,noexec,ro sysfs sys
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755,nosuid tmpfs dev
for node in null zero full random urandom tty; do
    touch "dev/$node"
    mount --bind "/dev/$node" "dev/$node"
done
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs run
# Folders of the machine around it, readable only: in pairs, where it is and where it is seen.
shift
while [ $# -gt 0 ]; do
    mkdir -p ".$2"
    mount --bind "$1" ".$2"
    mount -o remount,bind,ro ".$2"
    shift 2
done
mkdir .around
echo callengine-test > etc/hostname
printf '127.0.0.1 localhost callengine-test\n::1 localhost\n' > etc/hosts
hostname callengine-test
pivot_root . .around
cd /
umount -l /.around
rmdir /.around
# In a container systemd leaves this to whoever made it; without it no credential reaches a service.
mount --make-rshared /
exec env -i container=callengine-test PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    /lib/systemd/systemd --log-target=journal --show-status=no systemd.unit=multi-user.target
