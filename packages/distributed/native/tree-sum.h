// Sums in the order of a balanced tree over shards, which no MPI library's algorithm decides about.
#pragma once
#include <string.h>
#include "op.h"

enum { block = 4096, deepest = 34 };

static uint16_t toBf16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40); // NaN stays one
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);                // to nearest, ties to even
}

static float fromBf16(uint16_t x) {
  uint32_t bits = (uint32_t)x << 16;
  float y;
  memcpy(&y, &bits, 4);
  return y;
}

// Memory that is kept for the next sum.
static void *scratch(int which, size_t bytes) {
  static void *kept[4];
  static size_t room[4];
  if (room[which] < bytes) {
    free(kept[which]);
    kept[which] = malloc(bytes);
    if (!kept[which]) {
      fprintf(stderr, "[rank %d] error: no memory for %zu bytes of other ranks' sums; choose smaller buckets\n", rank, bytes);
      die(1);
    }
    room[which] = bytes;
  }
  return kept[which];
}

typedef struct { const op *of; const char *received; size_t stride, from, count; int at; } walk;

// Sum leaves [lo, hi) of the tree: (lo … mid) + (mid … hi), down to the nodes that ranks have sent.
static void sumTree(walk *w, int lo, int hi, float *out, float *spare) {
  const int32_t *node = w->of->nodes + 3 * w->at;
  if (node[1] == lo && node[2] == hi) {
    const char *piece = w->received + w->stride * w->at++;
    if (w->of->wire == 4) memcpy(out, (const float *)piece + w->from, 4 * w->count);
    else for (size_t i = 0; i < w->count; i++) out[i] = fromBf16(((const uint16_t *)piece)[w->from + i]);
    return;
  }
  int mid = lo + (hi - lo) / 2;
  sumTree(w, lo, mid, out, spare + block);
  sumTree(w, mid, hi, spare, spare + block);
  for (size_t i = 0; i < w->count; i++) out[i] += spare[i];
}

// Each rank sums one part of the buffer for all: all-to-all, the tree, all-gather.
static void treeSum(op *o) {
  size_t wire = (size_t)o->wire, n = o->length, part = (n + (size_t)size - 1) / (size_t)size;
  int *counts = calloc(4 * (size_t)size, sizeof(int)), *at = counts + size, *from = counts + 2 * size, *fromAt = counts + 3 * size;
  size_t mine = part * (size_t)rank >= n ? 0 : (n - part * (size_t)rank < part ? n - part * (size_t)rank : part);
  char *send = scratch(0, wire * n * (size_t)o->owned + 8), *received = scratch(1, wire * part * (size_t)o->nodeCount + 8);
  size_t filled = 0;
  for (int r = 0; r < size; r++) {
    size_t begin = part * (size_t)r, length = begin >= n ? 0 : (n - begin < part ? n - begin : part);
    at[r] = (int)filled;
    counts[r] = (int)(length * (size_t)o->owned);
    for (int j = 0; j < o->owned; j++, filled += length) {
      if (wire == 4) memcpy(send + 4 * filled, o->own[j] + begin, 4 * length);
      else for (size_t i = 0; i < length; i++) ((uint16_t *)send)[filled + i] = toBf16(o->own[j][begin + i]);
    }
  }
  for (int i = 0; i < o->nodeCount; i++) from[o->nodes[3 * i]] += (int)mine;
  for (int r = 1; r < size; r++) fromAt[r] = fromAt[r - 1] + from[r - 1];
  MPI_Datatype type = wire == 4 ? MPI_FLOAT : MPI_UINT16_T;
  MPI_Request request;
  MPI_Ialltoallv(send, counts, at, type, received, from, fromAt, type, MPI_COMM_WORLD, &request);
  await(&request, o, wire * n);
  float *x = o->data, *own = x + part * (size_t)rank;
  float *spare = scratch(3, sizeof(float) * deepest * block); // threads of macOS and musl have less stack
  for (size_t i = 0; i < mine; i += block) {
    walk w = {o, received, wire * mine, i, mine - i < block ? mine - i : block, 0};
    sumTree(&w, 0, o->leaves, own + i, spare);
  }
  for (int r = 0; r < size; r++) {
    size_t begin = part * (size_t)r;
    at[r] = (int)(begin > n ? n : begin);
    counts[r] = (int)(begin >= n ? 0 : (n - begin < part ? n - begin : part));
  }
  if (wire == 4) {
    MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, x, counts, at, MPI_FLOAT, MPI_COMM_WORLD, &request);
    await(&request, o, 4 * n);
  } else {
    uint16_t *all = scratch(2, 2 * n + 8);
    for (size_t i = 0; i < mine; i++) all[part * (size_t)rank + i] = toBf16(own[i]);
    MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, counts, at, MPI_UINT16_T, MPI_COMM_WORLD, &request);
    await(&request, o, 2 * n);
    for (size_t i = 0; i < n; i++) x[i] = fromBf16(all[i]); // its own part too: all ranks have the same bits
  }
  free(counts);
}
