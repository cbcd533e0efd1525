// MPI for Node: one thread owns the library (init, every collective, finalize: MPI_THREAD_FUNNELED) and works off a queue, so that all ranks call in the order in
// which JavaScript asked.
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include "op.h"
#include "tree-sum.h"

static pthread_t owner;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static op *head, *tail;
static int ready, pending;
static napi_threadsafe_function settle;
static int localRank, localSize, sharing = 1;

// --- the owner ----------------------------------------------------------------------------------------------------------------------------

static void perform(op *o) {
  MPI_Request request;
  uint32_t own = o->flags;
  switch (o->kind) {
    case SUM: MPI_Iallreduce(MPI_IN_PLACE, o->data, (int)o->length, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &request); break;
    case TREE: treeSum(o); return;
    case BROADCAST: MPI_Ibcast(o->data, (int)o->length, MPI_BYTE, o->root, MPI_COMM_WORLD, &request); break;
    case BARRIER: MPI_Ibarrier(MPI_COMM_WORLD, &request); break;
    case AGREE: MPI_Iallreduce(&own, &o->flags, 1, MPI_UINT32_T, MPI_BOR, MPI_COMM_WORLD, &request); break;
    case FINALIZE: MPI_Finalize(); return;
  }
  await(&request, o, o->kind == SUM ? 4 * o->length : o->kind == AGREE ? 4 : o->length);
}

// Ranks of this host that may run on a core of ours, this one included: the cores that they share are divided.
static int sharers(MPI_Comm local, int ranks) {
#ifdef __linux__
  cpu_set_t own, *all = calloc((size_t)ranks, sizeof(cpu_set_t)), both;
  CPU_ZERO(&own);
  sched_getaffinity(getpid(), sizeof own, &own);
  MPI_Allgather(&own, sizeof own, MPI_BYTE, all, sizeof own, MPI_BYTE, local);
  int found = 0;
  for (int i = 0; i < ranks; i++) {
    CPU_AND(&both, &own, &all[i]);
    found += CPU_COUNT(&both) > 0;
  }
  free(all);
  return found > 0 ? found : 1;
#else
  (void)local;
  return ranks;
#endif
}

static void *own(void *unused) {
  (void)unused;
  int level, length;
  MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Get_processor_name(host, &length);
  MPI_Comm local;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &local);
  MPI_Comm_rank(local, &localRank);
  MPI_Comm_size(local, &localSize);
  sharing = sharers(local, localSize);
  pthread_mutex_lock(&lock);
  ready = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  for (;;) {
    pthread_mutex_lock(&lock);
    while (!head && atomic_load(&abortCode) < 0) pthread_cond_wait(&changed, &lock);
    op *o = head;
    if (o && !(head = o->next)) tail = NULL;
    pthread_mutex_unlock(&lock);
    int code = atomic_load(&abortCode);
    if (code >= 0) die(code);
    done++;
    perform(o);
    int isLast = o->kind == FINALIZE;
    napi_call_threadsafe_function(settle, o, napi_tsfn_blocking);
    if (isLast) return NULL;
  }
}

// --- JavaScript ---------------------------------------------------------------------------------------------------------------------------

static napi_value number(napi_env env, double x) {
  napi_value value;
  napi_create_double(env, x, &value);
  return value;
}

static void set(napi_env env, napi_value object, const char *name, napi_value value) { napi_set_named_property(env, object, name, value); }

static napi_value text(napi_env env, const char *s) {
  napi_value value;
  napi_create_string_utf8(env, s, NAPI_AUTO_LENGTH, &value);
  return value;
}

static void settled(napi_env env, napi_value unused, void *context, void *data) {
  (void)unused;
  (void)context;
  op *o = data;
  if (env) {
    napi_resolve_deferred(env, o->deferred, number(env, o->flags));
    if (o->keep) napi_delete_reference(env, o->keep);
    if (--pending == 0) napi_unref_threadsafe_function(env, settle);
  }
  free(o->own);
  free(o->nodes);
  free(o);
}

static napi_value libraryVersion(napi_env env, napi_callback_info info) {
  (void)info;
  char version[MPI_MAX_LIBRARY_VERSION_STRING + 1] = "";
  int length = 0;
  MPI_Get_library_version(version, &length);
  return text(env, version);
}

// open(seconds until a wait is given up, whether waits spin) → { rank, size, localRank, localSize, sharing, host }
static napi_value openRanks(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value args[2], name, facts;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  if (ready) {
    napi_throw_error(env, NULL, "MPI has been opened in this process, which it can be once");
    return NULL;
  }
  bool spin = false;
  napi_get_value_double(env, args[0], &timeout);
  napi_get_value_bool(env, args[1], &spin);
  isSpinning = spin;
  napi_create_string_utf8(env, "tract-mpi", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, NULL, settled, &settle);
  napi_unref_threadsafe_function(env, settle);
  // No other thread of the process allocates while the library installs its hooks: this one waits.
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += (time_t)timeout + 1;
  pthread_create(&owner, NULL, own, NULL);
  pthread_mutex_lock(&lock);
  int late = 0;
  while (!ready && !late) late = pthread_cond_timedwait(&changed, &lock, &until);
  pthread_mutex_unlock(&lock);
  if (!ready) {
    fprintf(stderr, "error: MPI_Init did not end within %.0f s: another rank has not begun, or cannot be reached\n", timeout);
    fflush(stderr);
    _exit(watchdogCode);
  }
  napi_create_object(env, &facts);
  set(env, facts, "rank", number(env, rank));
  set(env, facts, "size", number(env, size));
  set(env, facts, "localRank", number(env, localRank));
  set(env, facts, "localSize", number(env, localSize));
  set(env, facts, "sharing", number(env, sharing));
  set(env, facts, "host", text(env, host));
  return facts;
}

static void elementsOf(napi_env env, napi_value array, void **data, size_t *length) {
  napi_get_typedarray_info(env, array, NULL, length, data, NULL, NULL);
}

// run(kind, array, number, [partial sums], nodes (Int32Array), bytes of a number on the wire) → Promise of the flags
static napi_value runOp(napi_env env, napi_callback_info info) {
  size_t count = 6;
  napi_value args[6], promise;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  op *o = calloc(1, sizeof *o);
  int32_t kind;
  double flags;
  napi_get_value_int32(env, args[0], &kind);
  napi_get_value_double(env, args[2], &flags);
  o->kind = (enum kind)kind;
  o->flags = (uint32_t)flags;
  o->root = (int)flags;
  if (kind == SUM || kind == TREE || kind == BROADCAST) elementsOf(env, args[1], &o->data, &o->length);
  if (kind == TREE) {
    uint32_t owned;
    void *nodes;
    size_t length;
    napi_get_array_length(env, args[3], &owned);
    o->owned = (int)owned;
    o->own = calloc(owned + 1, sizeof(float *));
    for (uint32_t i = 0; i < owned; i++) {
      napi_value part;
      napi_get_element(env, args[3], i, &part);
      elementsOf(env, part, (void **)&o->own[i], &length);
    }
    elementsOf(env, args[4], &nodes, &length);
    o->nodes = malloc(sizeof(int32_t) * length);
    memcpy(o->nodes, nodes, sizeof(int32_t) * length);
    o->nodeCount = (int)length / 3;
    o->leaves = o->nodes[length - 1];
    napi_get_value_int32(env, args[5], &o->wire);
  }
  if (kind <= BROADCAST) { // The arrays stay where they are until the promise is settled.
    napi_value held;
    napi_create_array(env, &held);
    napi_set_element(env, held, 0, args[1]);
    if (kind == TREE) napi_set_element(env, held, 1, args[3]);
    napi_create_reference(env, held, 1, &o->keep);
  }
  napi_create_promise(env, &o->deferred, &promise);
  if (pending++ == 0) napi_ref_threadsafe_function(env, settle);
  pthread_mutex_lock(&lock);
  if (tail) tail->next = o;
  else head = o;
  tail = o;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  return promise;
}

// abort(code): ends all ranks, this one included; does not return.
static napi_value abortRanks(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value args[1];
  int32_t code = watchdogCode;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  napi_get_value_int32(env, args[0], &code);
  pthread_mutex_lock(&lock);
  atomic_store(&abortCode, code);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  sleep(5);
  _exit(code);
}

static napi_value initialize(napi_env env, napi_value exports) {
  const struct { const char *name; napi_callback fn; } table[] = {
      {"libraryVersion", libraryVersion}, {"open", openRanks}, {"run", runOp}, {"abort", abortRanks}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    napi_value fn;
    napi_create_function(env, table[i].name, NAPI_AUTO_LENGTH, table[i].fn, NULL, &fn);
    set(env, exports, table[i].name, fn);
  }
  return exports;
}

NAPI_MODULE(tract_mpi, initialize)
