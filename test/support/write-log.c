/*
 * Preloaded into a program, writes down what it does to files below $WRITE_LOG_ROOT, and what it says on standard output,
 * in the order in which it happens, to $WRITE_LOG: records of a header and its data (write-log.ts reads them).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct header {
  uint64_t operation, inode, offset, length;
};

enum { CREATE = 1, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, MAKE_DIRECTORY, SYNC_DIRECTORY, SAY };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_descriptor = -1;
static const char *root;

/* Descriptors of files below the root: 1 for a file, 2 for a directory. */
static unsigned char watched[65536];

static void record(uint64_t operation, uint64_t inode, uint64_t offset, const void *data, uint64_t length) {
  if (log_descriptor < 0) return;
  struct header header = {operation, inode, offset, length};
  struct iovec parts[] = {{&header, sizeof header}, {(void *)data, length}};
  syscall(SYS_writev, log_descriptor, parts, 2);
}

__attribute__((constructor)) static void begin(void) {
  root = getenv("WRITE_LOG_ROOT");
  const char *name = getenv("WRITE_LOG");
  if (root && name) log_descriptor = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_below(const char *path) { return root && path && strncmp(path, root, strlen(root)) == 0; }

static uint64_t inode_of(int descriptor) {
  struct stat found;
  return syscall(SYS_fstat, descriptor, &found) == 0 ? found.st_ino : 0;
}

static int watch(const char *path, int flags, int existed, int descriptor) {
  if (descriptor < 0 || descriptor >= (int)sizeof watched) return descriptor;
  watched[descriptor] = 0;
  if (!is_below(path)) return descriptor;
  struct stat found;
  syscall(SYS_fstat, descriptor, &found);
  watched[descriptor] = S_ISDIR(found.st_mode) ? 2 : 1;
  if (watched[descriptor] == 1 && !existed) record(CREATE, found.st_ino, 0, path, strlen(path));
  if (existed && (flags & O_TRUNC)) record(TRUNCATE, found.st_ino, 0, NULL, 0);
  return descriptor;
}

static int open_logged(int directory, const char *path, int flags, mode_t mode) {
  pthread_mutex_lock(&lock);
  int existed = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
  int descriptor = syscall(SYS_openat, directory, path, flags, mode);
  int error = errno;
  watch(path, flags, existed, descriptor);
  pthread_mutex_unlock(&lock);
  errno = error;
  return descriptor;
}

#define MODE_OF(flags, last) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, last); mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *path, int flags, ...) { MODE_OF(flags, flags) return open_logged(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags, flags) return open_logged(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int at, const char *path, int flags, ...) { MODE_OF(flags, flags) return open_logged(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE_OF(flags, flags) return open_logged(at, path, flags | O_LARGEFILE, mode); }

int close(int descriptor) {
  if (descriptor >= 0 && descriptor < (int)sizeof watched) watched[descriptor] = 0;
  return syscall(SYS_close, descriptor);
}

static int is_watched(int descriptor) {
  return descriptor >= 0 && descriptor < (int)sizeof watched && watched[descriptor];
}

ssize_t write(int descriptor, const void *data, size_t length) {
  if (descriptor != 1 && !is_watched(descriptor)) return syscall(SYS_write, descriptor, data, length);
  pthread_mutex_lock(&lock);
  off_t offset = is_watched(descriptor) ? syscall(SYS_lseek, descriptor, 0, SEEK_CUR) : 0;
  ssize_t written = syscall(SYS_write, descriptor, data, length);
  int error = errno;
  if (written > 0) {
    if (is_watched(descriptor)) record(WRITE, inode_of(descriptor), offset, data, written);
    else record(SAY, 0, 0, data, written);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return written;
}

static ssize_t write_at(int descriptor, const void *data, size_t length, off_t offset) {
  pthread_mutex_lock(&lock);
  ssize_t written = syscall(SYS_pwrite64, descriptor, data, length, offset);
  int error = errno;
  if (written > 0 && is_watched(descriptor)) record(WRITE, inode_of(descriptor), offset, data, written);
  pthread_mutex_unlock(&lock);
  errno = error;
  return written;
}

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset) { return write_at(descriptor, data, length, offset); }
ssize_t pwrite64(int descriptor, const void *data, size_t length, off_t offset) { return write_at(descriptor, data, length, offset); }

static int truncate_logged(int descriptor, off_t length) {
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_ftruncate, descriptor, length);
  int error = errno;
  if (result == 0 && is_watched(descriptor)) record(TRUNCATE, inode_of(descriptor), length, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int ftruncate(int descriptor, off_t length) { return truncate_logged(descriptor, length); }
int ftruncate64(int descriptor, off_t length) { return truncate_logged(descriptor, length); }

static int sync_logged(int descriptor, long call) {
  pthread_mutex_lock(&lock);
  int result = syscall(call, descriptor);
  int error = errno;
  if (result == 0 && is_watched(descriptor))
    record(watched[descriptor] == 2 ? SYNC_DIRECTORY : SYNC, inode_of(descriptor), 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int fsync(int descriptor) { return sync_logged(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync_logged(descriptor, SYS_fdatasync); }

int rename(const char *from, const char *to) {
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_rename, from, to);
  int error = errno;
  if (result == 0 && is_below(to)) {
    char both[8192];
    size_t length = strlen(from) + 1 + strlen(to);
    if (length < sizeof both) {
      strcpy(both, from);
      strcpy(both + strlen(from) + 1, to);
      record(RENAME, 0, 0, both, length);
    }
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int unlink(const char *path) {
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_unlink, path);
  int error = errno;
  if (result == 0 && is_below(path)) record(UNLINK, 0, 0, path, strlen(path));
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int mkdir(const char *path, mode_t mode) {
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_mkdir, path, mode);
  int error = errno;
  struct stat made;
  if (result == 0 && is_below(path) && stat(path, &made) == 0)
    record(MAKE_DIRECTORY, made.st_ino, 0, path, strlen(path));
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
