/* A disk that takes longer for a flush, as a cheap server's does: loaded into a process by LD_PRELOAD.

   SLOWDISK_MICROSECONDS  what every flush takes beside what it takes here */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

static struct timespec longer;

__attribute__((constructor)) static void begin(void) {
    const char *said = getenv("SLOWDISK_MICROSECONDS");
    long microseconds = said ? atol(said) : 0;
    longer = (struct timespec){microseconds / 1000000, microseconds % 1000000 * 1000};
}

static int slowly(const char *name, int fd) {
    int (*flush)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int done = flush(fd), why = errno;
    struct timespec left = longer;
    while (nanosleep(&left, &left)) continue;
    errno = why;
    return done;
}

int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }
