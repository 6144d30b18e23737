/* Preloaded, it lets the first fsync or fdatasync fail that comes after the file $FSYNC_FAILS_ONCE is there.

   Once: as Linux does, which tells of a failed write-back one time and has dropped the pages by then. A program that
   tries again is told that all is well. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int synced(const char *name, int file) {
  const char *trigger = getenv("FSYNC_FAILS_ONCE");
  if (trigger && unlink(trigger) == 0) {
    errno = EIO;
    return -1;
  }
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return next(file);
}

int fsync(int file) { return synced("fsync", file); }
int fdatasync(int file) { return synced("fdatasync", file); }
