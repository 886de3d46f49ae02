/* What a process asks of the files in one folder, in order, with all data: loaded into it by LD_PRELOAD.

   POWERCUT_FOLDER  the folder whose files are watched
   POWERCUT_ACKS    a file elsewhere: what is written to it is logged as an acknowledgement
   POWERCUT_LOG     where the log goes

   A record is: kind (1 byte), file (4), offset or size (8), length (4), and so many bytes.
     N  a name belongs to this file from now on (the bytes: the name); offset 1: the file was made by that
     W  bytes written at an offset      T  cut or stretched to a size
     b  a flush begins                  e  it has ended: what was written before it began is on the disk
     U  a name is gone                  M  a name (the bytes: old, 0, new) is another's now
     D  as b, d as e, of the folder itself
     A  an acknowledgement was given
   Files are told apart by their inodes, so that a name that is used again is another file. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FDS = 4096, NOTHING = 0, FILE_OF_OURS, FOLDER, ACKS };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char kind_of[FDS];
static uint32_t file_of[FDS];
static int out = -1;
static const char *folder, *acks;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("POWERCUT_LOG");
    folder = getenv("POWERCUT_FOLDER");
    acks = getenv("POWERCUT_ACKS");
    if (path && folder && acks)
        out = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *data, size_t length) {
    const char *at = data;
    while (length > 0) {
        ssize_t done = syscall(SYS_write, out, at, length);
        if (done < 0) {
            if (errno == EINTR) continue;
            abort(); /* a log with a hole in it would prove nothing */
        }
        at += done;
        length -= done;
    }
}

static void record(char kind, uint32_t file, uint64_t offset, const void *data, uint32_t length) {
    unsigned char head[17];
    head[0] = kind;
    memcpy(head + 1, &file, 4);
    memcpy(head + 5, &offset, 8);
    memcpy(head + 13, &length, 4);
    pthread_mutex_lock(&lock);
    put(head, sizeof head);
    put(data, length);
    pthread_mutex_unlock(&lock);
}

static int watched(int fd) { return out >= 0 && fd >= 0 && fd < FDS ? kind_of[fd] : NOTHING; }

/* The name within the folder; NULL: it is elsewhere. "" is the folder itself. */
static const char *within(const char *path) {
    size_t length = folder ? strlen(folder) : 0;
    if (out < 0 || strncmp(path, folder, length) != 0) return NULL;
    return path[length] == '/' ? path + length + 1 : path[length] ? NULL : "";
}

static void opened(int fd, const char *path, int made) {
    struct stat found;
    const char *name = within(path);
    if (fd < 0 || fd >= FDS || out < 0) return;
    kind_of[fd] = NOTHING;
    if (strcmp(path, acks) == 0) kind_of[fd] = ACKS;
    if (name == NULL || fstat(fd, &found) != 0) return;
    kind_of[fd] = *name ? FILE_OF_OURS : FOLDER;
    file_of[fd] = (uint32_t)found.st_ino;
    if (*name) record('N', file_of[fd], made, name, strlen(name));
}

#define REAL(name) ({ static __typeof__(&name) real; if (!real) real = dlsym(RTLD_NEXT, #name); real; })

static int open_at(int at, const char *path, int flags, mode_t mode) {
    int new = (flags & O_CREAT) && within(path) && access(path, F_OK) != 0;
    int fd = syscall(SYS_openat, at, path, flags, mode);
    int saved = errno;
    opened(fd, path, new && fd >= 0);
    if (fd >= 0 && (flags & O_TRUNC) && watched(fd) == FILE_OF_OURS) record('T', file_of[fd], 0, "", 0);
    errno = saved;
    return fd;
}

#define MODE(flags) ({ mode_t m = 0; if ((flags) & (O_CREAT | __O_TMPFILE)) { va_list a; va_start(a, flags); \
    m = va_arg(a, mode_t); va_end(a); } m; })

int open(const char *path, int flags, ...) { return open_at(AT_FDCWD, path, flags, MODE(flags)); }
int open64(const char *path, int flags, ...) { return open_at(AT_FDCWD, path, flags | O_LARGEFILE, MODE(flags)); }
int openat(int at, const char *path, int flags, ...) { return open_at(at, path, flags, MODE(flags)); }
int openat64(int at, const char *path, int flags, ...) { return open_at(at, path, flags | O_LARGEFILE, MODE(flags)); }

int close(int fd) {
    if (watched(fd)) kind_of[fd] = NOTHING;
    return REAL(close)(fd);
}

static void wrote(int fd, const void *data, size_t length, off_t offset) {
    if (watched(fd) == FILE_OF_OURS) record('W', file_of[fd], offset, data, length);
    if (watched(fd) == ACKS) record('A', 0, 0, data, length);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    wrote(fd, data, length, offset);
    return REAL(pwrite)(fd, data, length, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) {
    wrote(fd, data, length, offset);
    return REAL(pwrite64)(fd, data, length, offset);
}

ssize_t write(int fd, const void *data, size_t length) {
    if (watched(fd)) wrote(fd, data, length, watched(fd) == ACKS ? 0 : lseek(fd, 0, SEEK_CUR));
    return REAL(write)(fd, data, length);
}

static void resized(int fd, off_t size) {
    if (watched(fd) == FILE_OF_OURS) record('T', file_of[fd], size, "", 0);
}

int ftruncate(int fd, off_t size) { resized(fd, size); return REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off_t size) { resized(fd, size); return REAL(ftruncate64)(fd, size); }

int posix_fallocate(int fd, off_t offset, off_t length) {
    struct stat now;
    if (watched(fd) && fstat(fd, &now) == 0 && now.st_size < offset + length) resized(fd, offset + length);
    return REAL(posix_fallocate)(fd, offset, length);
}

static int flushed(int fd, int (*flush)(int)) {
    int what = watched(fd), result;
    if (what == FILE_OF_OURS || what == FOLDER) record(what == FOLDER ? 'D' : 'b', file_of[fd], 0, "", 0);
    result = flush(fd);
    if (result == 0 && (what == FILE_OF_OURS || what == FOLDER))
        record(what == FOLDER ? 'd' : 'e', file_of[fd], 0, "", 0);
    return result;
}

int fsync(int fd) { return flushed(fd, REAL(fsync)); }
int fdatasync(int fd) { return flushed(fd, REAL(fdatasync)); }

int unlink(const char *path) {
    const char *name = within(path);
    if (name) record('U', 0, 0, name, strlen(name));
    return REAL(unlink)(path);
}

int rename(const char *old, const char *new) {
    const char *from = within(old), *to = within(new);
    char both[2 * PATH_MAX];
    if (from && to && strlen(from) + strlen(to) + 2 < sizeof both) {
        size_t length = strlen(from) + 1;
        memcpy(both, from, length);
        memcpy(both + length, to, strlen(to));
        record('M', 0, 0, both, length + strlen(to));
    }
    return REAL(rename)(old, new);
}
