// A collective operation on its way through the queue, and the wait for it: MPI_Test with short sleeps, since a blocking call would burn a core, and could not watch
// its deadline.
#pragma once
#include <mpi.h>
#include <node_api.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum kind { SUM, TREE, BROADCAST, BARRIER, AGREE, FINALIZE };
static const char *const names[] = {"sum", "ordered sum", "broadcast", "barrier", "agreement", "end"};

enum { watchdogCode = 70 };

typedef struct op {
  enum kind kind;
  void *data;
  size_t length; // floats, or bytes of a broadcast
  int root;
  uint32_t flags;
  // Of a tree: `own` partial sums of this rank, and all ranks' nodes by (rank, first, end), in order.
  float **own;
  int owned, wire;
  int32_t *nodes;
  int nodeCount, leaves;
  napi_deferred deferred;
  napi_ref keep;
  struct op *next;
} op;

static atomic_int abortCode = -1;
static int isSpinning;
static double timeout;
static long done; // collectives so far, for messages
static int rank, size;
static char host[MPI_MAX_PROCESSOR_NAME + 1];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void leave(int signal) {
  (void)signal;
  int code = atomic_load(&abortCode);
  _exit(code > 0 ? code : watchdogCode);
}

// MPICH's launcher ends without a look at what a rank has just said, once it hears of an abort: wait, a second at most, until the words have been read.
static void waitUntilHeard(void) {
  int unread = 0;
  for (int i = 0; i < 1000 && ioctl(STDERR_FILENO, FIONREAD, &unread) == 0 && unread > 0; i++) usleep(1000);
  usleep(50000); // for their way from the one that read them to the launcher
}

// MPI_Abort itself may wait for a peer that is gone: an alarm ends it. Finalize would wait for ever.
static void die(int code) {
  atomic_store(&abortCode, code);
  waitUntilHeard();
  signal(SIGALRM, leave);
  alarm(3);
  MPI_Abort(MPI_COMM_WORLD, code);
  _exit(code);
}

static void await(MPI_Request *request, const op *of, size_t bytes) {
  double begin = now();
  for (;;) {
    int isDone = 0;
    MPI_Test(request, &isDone, MPI_STATUS_IGNORE);
    if (isDone) return;
    int code = atomic_load(&abortCode);
    if (code >= 0) die(code);
    double waited = now() - begin;
    if (waited > timeout) {
      fprintf(stderr, "[rank %d] error: no answer from another rank for %.0f s in the %s number %ld (%zu bytes) on %s; a rank is stopped, or its host cannot be reached\n",
              rank, waited, names[of->kind], done, bytes, host);
      fflush(stderr);
      die(watchdogCode);
    }
    if (isSpinning || waited < 0.002) sched_yield();
    else usleep(waited < 0.05 ? 100 : 500);
  }
}
