/*
 * How long the machine withholds its processor from a program that only reads the clock: by other processes, or by the
 * host of a virtual machine. No sender can be more punctual.
 * absence SECONDS - prints "SHARE LONGEST": the share of the time in gaps beyond GAP_NANOS, and the longest one (ns).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { GAP_NANOS = 50000 };

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  const int64_t span = (int64_t)(atof(argv[1]) * 1e9);
  const int64_t start = now();
  int64_t last = start, absent = 0, longest = 0;
  while (last - start < span) {
    const int64_t instant = now();
    const int64_t gap = instant - last;
    if (gap > GAP_NANOS) absent += gap;
    if (gap > longest) longest = gap;
    last = instant;
  }
  printf("%.4f %lld\n", (double)absent / (double)span, (long long)longest);
  return 0;
}
