/* A disk that takes SLOW_DISK_MILLIS to write through: fsync and fdatasync of the program that preloads this. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_for_disk(void) {
  const char *millis = getenv("SLOW_DISK_MILLIS");
  long all = millis ? atol(millis) : 0;
  struct timespec time = {all / 1000, all % 1000 * 1000000};
  nanosleep(&time, NULL);
}

int fsync(int descriptor) {
  wait_for_disk();
  return syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor) {
  wait_for_disk();
  return syscall(SYS_fdatasync, descriptor);
}
