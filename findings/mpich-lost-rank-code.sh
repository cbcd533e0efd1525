#!/usr/bin/env bash
# MPICH 4.0.2's mpiexec ends with 0 when a rank left without MPI_Finalize and another was killed in the middle of a barrier for it.
#
# Guess:   a job of which one rank was killed, and another never came to the end of MPI, has failed: the launcher's code is not 0, as Open MPI's.
# Seen:    mpiexec.hydra: code 0 and no message, though rank 0 never passed the barrier. mpirun of Open MPI 4.1.4: code 1 and a page of text.
# Matters: a scheduler, a Makefile or a loop that goes by the code takes a job that did nothing for done. Our ranks end all others with a code when they leave in any other way than
#          together, and rank 0 writes how the run ended into a file.
# Needs Debian's mpich and libmpich-dev 4.0.2-3+b1, openmpi-bin and libopenmpi-dev 4.1.4-3+b1, which are installed if they are not there (as root).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
command -v mpicc.mpich >/dev/null && command -v mpicc.openmpi >/dev/null ||
  apt-get install -y -qq mpich=4.0.2-3+b1 libmpich-dev=4.0.2-3+b1 openmpi-bin=4.1.4-3+b1 libopenmpi-dev=4.1.4-3+b1 >/dev/null
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
cat >lost.c <<'C'
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  int rank;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 1) exit(0);
  MPI_Barrier(MPI_COMM_WORLD);
  printf("rank 0 is through\n");
  MPI_Finalize();
}
C
mpichversion | head -1
for mpi in mpich openmpi; do
  mpicc.$mpi -O1 lost.c -o lost-$mpi
  launcher=mpiexec.hydra && [ $mpi = openmpi ] && launcher="mpirun.openmpi --oversubscribe"
  code=0
  timeout 60 $launcher -n 2 ./lost-$mpi >$mpi.txt 2>$mpi.err || code=$?
  echo "$mpi: code $code; rank 0 said '$(cat $mpi.txt)'"
  [ "$(grep -c 'is through' $mpi.txt)" = 0 ]
  if [ $mpi = mpich ]; then [ $code = 0 ]; else [ $code != 0 ]; fi
done
