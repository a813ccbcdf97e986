// A slow disk: every fdatasync and fsync of the process takes MILLRACE_SYNC_MS longer.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_for_disk(void) {
  const char *ms = getenv("MILLRACE_SYNC_MS");
  long wanted = ms == NULL ? 0 : atol(ms);
  struct timespec pause = {wanted / 1000, (wanted % 1000) * 1000000L};
  nanosleep(&pause, NULL);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  wait_for_disk();
  return real(fd);
}

int fsync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  wait_for_disk();
  return real(fd);
}
