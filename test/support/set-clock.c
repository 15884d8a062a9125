/* A wall clock that somebody sets: it is ahead by the nanoseconds in the file CLOCK_AHEAD (8 octets), at every reading. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NANOS_PER_SECOND 1000000000L

static volatile int64_t *ahead;

__attribute__((constructor)) static void look_at_the_file(void) {
  const char *file = getenv("CLOCK_AHEAD");
  int descriptor = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
  void *memory = descriptor < 0 ? MAP_FAILED : mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, descriptor, 0);
  if (memory != MAP_FAILED) ahead = memory;
  if (descriptor >= 0) close(descriptor);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int status = syscall(SYS_clock_gettime, clock, time);
  if (status == 0 && clock == CLOCK_REALTIME && ahead) {
    int64_t nanos = time->tv_nsec + *ahead % NANOS_PER_SECOND;
    time->tv_sec += *ahead / NANOS_PER_SECOND + (nanos < 0 ? -1 : nanos / NANOS_PER_SECOND);
    time->tv_nsec = (nanos + NANOS_PER_SECOND) % NANOS_PER_SECOND;
  }
  return status;
}

int gettimeofday(struct timeval *time, void *zone) {
  (void)zone;
  struct timespec now;
  int status = clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return status;
}
