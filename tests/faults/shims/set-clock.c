// A wall clock that can be set: it is as many ms off as the file MILLRACE_CLOCK_FILE says, which may change at any time.
// The monotonic clock stays as it is, as on a real machine.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long offset_ms(void) {
  static int fd = -1;
  if (fd < 0) {
    const char *path = getenv("MILLRACE_CLOCK_FILE");
    if (path == NULL || (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) return 0;
  }
  char text[32] = {0};
  return pread(fd, text, sizeof text - 1, 0) > 0 ? atoll(text) : 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone) {
  static int (*real)(struct timeval *, void *);
  if (real == NULL) real = (int (*)(struct timeval *, void *))dlsym(RTLD_NEXT, "gettimeofday");
  int result = real(tv, zone);
  long long us = tv->tv_sec * 1000000LL + tv->tv_usec + offset_ms() * 1000LL;
  tv->tv_sec = us / 1000000LL;
  tv->tv_usec = us % 1000000LL;
  return result;
}

int clock_gettime(clockid_t clock, struct timespec *ts) {
  static int (*real)(clockid_t, struct timespec *);
  if (real == NULL) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(clock, ts);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) ts->tv_sec += offset_ms() / 1000LL;
  return result;
}

time_t time(time_t *at) {
  struct timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  if (at != NULL) *at = ts.tv_sec;
  return ts.tv_sec;
}
