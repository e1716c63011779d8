/* A model that was shipped as a library for C, with functions called net_...: as `shipped_peer.py`, on one thread. */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net.h"

enum { MANY = 1000, MOST_TIMES = 100000 };

static uint64_t work[NET_WORK_NBYTES / 8];
static double times[MOST_TIMES];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static int earlier(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double seconds(const float *x, float *y, ptrdiff_t n) {
  double end = now() + 0.4, started;
  int count = 0, skipped;
  while (count < MOST_TIMES && (now() < end || count < 5)) {
    started = now();
    if (net_run(x, y, n, work) != NET_OK) exit(1);
    times[count++] = now() - started;
  }
  skipped = count / 4;
  qsort(times + skipped, count - skipped, sizeof *times, earlier);
  return times[skipped + (count - skipped) / 2];
}

/* The most memory that the process has had, in bytes, as Linux tells. */
static long peak_nbytes(void) {
  FILE *file = fopen("/proc/self/status", "r");
  char line[256];
  long kilobytes = 0;
  while (file != NULL && fgets(line, sizeof line, file) != NULL) sscanf(line, "VmHWM: %ld", &kilobytes);
  if (file != NULL) fclose(file);
  return kilobytes * 1024;
}

int main(int argc, char **argv) {
  size_t inputs = net_describe()->inputs[0].nbytes / sizeof(float), i;
  size_t outputs = net_describe()->outputs[0].nbytes / sizeof(float);
  int first = argc > 1 && strcmp(argv[1], "first") == 0;
  ptrdiff_t count = first ? 1 : MANY;
  float *x = malloc(count * inputs * sizeof *x), *y = malloc(count * outputs * sizeof *y);
  double started = now(), one, many;
  if (x == NULL || y == NULL || net_init(work, sizeof work) != NET_OK) return 1;
  for (i = 0; i < count * inputs; i++) x[i] = (uint32_t)(i * 2654435761u) / 4294967296.0f;
  if (net_run(x, y, 1, work) != NET_OK) return 1;
  if (first) return printf("{\"load\": %.9g}\n", now() - started) < 0;
  one = seconds(x, y, 1);
  many = seconds(x, y, MANY);
  return printf("{\"one\": %.9g, \"many\": %.9g, \"memory\": %ld}\n", one, many, peak_nbytes()) < 0;
}
