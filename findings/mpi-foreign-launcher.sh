#!/usr/bin/env bash
# A program that was built for MPICH runs under Open MPI's mpirun -n 2 twice, each time alone, and all is well.
#
# Guess:   MPI_Init fails under the launcher of another MPI, or the ranks at least find each other through PMI: 2 of them, or an error.
# Seen:    each says "rank 0 of 1", and the launcher ends with 0; the other way round it is the same.
# Matters: two trainings write over each other's files in one folder, and the log looks right. We compare the launcher's own count, from its variables, with MPI's, and refuse.
# Needs Debian's mpich and libmpich-dev 4.0.2-3+b1, openmpi-bin and libopenmpi-dev 4.1.4-3+b1, which are installed if they are not there (as root).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
command -v mpicc.mpich >/dev/null && command -v mpicc.openmpi >/dev/null ||
  apt-get install -y -qq mpich=4.0.2-3+b1 libmpich-dev=4.0.2-3+b1 openmpi-bin=4.1.4-3+b1 libopenmpi-dev=4.1.4-3+b1 >/dev/null
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
cat >who.c <<'C'
#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
  int rank, size;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  printf("rank %d of %d\n", rank, size);
  MPI_Finalize();
}
C
for mpi in mpich openmpi; do mpicc.$mpi who.c -o who-$mpi; done
run() { # name, program, launcher...
  name=$1 program=$2 code=0
  shift 2
  timeout 60 "$@" -n 2 ./$program >out.txt 2>/dev/null || code=$?
  found="$(tr -d '\r' <out.txt | sort | tr '\n' ';') code $code"
  echo "$name: $found"
}
run 'MPICH under mpiexec' who-mpich mpiexec.hydra && [ "$found" = 'rank 0 of 2;rank 1 of 2; code 0' ]
run 'Open MPI under mpirun' who-openmpi mpirun.openmpi --oversubscribe && [ "$found" = 'rank 0 of 2;rank 1 of 2; code 0' ]
run 'MPICH under mpirun' who-mpich mpirun.openmpi --oversubscribe && [ "$found" = 'rank 0 of 1;rank 0 of 1; code 0' ]
run 'Open MPI under mpiexec' who-openmpi mpiexec.hydra && [ "$found" = 'rank 0 of 1;rank 0 of 1; code 0' ]
