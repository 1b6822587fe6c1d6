// Makes syncs of files hang as long as the file exists that HANGING_SYNC names. Loaded with LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_while_told(void) {
  const char* name = getenv("HANGING_SYNC");
  while (name != NULL && access(name, F_OK) == 0) usleep(10000);
}

int fdatasync(int fd) {
  wait_while_told();
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return next(fd);
}

int fsync(int fd) {
  wait_while_told();
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return next(fd);
}
