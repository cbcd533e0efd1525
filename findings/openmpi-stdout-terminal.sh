#!/usr/bin/env bash
# Open MPI 4.1.4 gives ranks a terminal as their standard output, also where mpirun's own goes into a file.
#
# Guess:   what mpirun writes into a file comes from ranks whose standard output is no terminal, as under a shell: isTTY is false.
# Seen:    isTTY is true, with 0 columns (a pseudo-terminal that mpirun made); standard error is a pipe. MPICH's mpiexec gives pipes for both.
# Matters: programs that look at standard output colour their text, draw bars over it and end lines by CR LF, into the log file. Ours look at standard error alone.
# Needs Debian's openmpi-bin 4.1.4-3+b1 and mpich 4.0.2-3+b1, which are installed if they are not there (as root).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
command -v mpirun.openmpi >/dev/null && command -v mpiexec.hydra >/dev/null || apt-get install -y -qq openmpi-bin=4.1.4-3+b1 mpich=4.0.2-3+b1 >/dev/null
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpirun.openmpi --version | head -1
ask='process.stdout.write(JSON.stringify([process.stdout.isTTY === true, process.stdout.columns ?? null, process.stderr.isTTY === true]))'
node -e "$ask" >shell.txt
mpirun.openmpi -n 1 node -e "$ask" >openmpi.txt 2>/dev/null
mpiexec.hydra -n 1 node -e "$ask" >mpich.txt
for who in shell openmpi mpich; do echo "$who into a file: [stdout is a terminal, its columns, stderr is one] = $(cat $who.txt)"; done
[ "$(cat shell.txt)" = '[false,null,false]' ] && [ "$(cat openmpi.txt)" = '[true,0,false]' ] && [ "$(cat mpich.txt)" = '[false,null,false]' ]
