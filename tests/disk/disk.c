// A disk that remembers what was done to it, and that fails when it is told to.
//
// Preloaded into a process (LD_PRELOAD), it sees what that process does to the files below DISK_DIR.
//
//   DISK_TRACE  a file that gets every change, and every write to standard output, in their order
//   DISK_FAIL   a number N: the N-th operation, from 0, fails once
//   DISK_ERROR  how it fails: EIO or ENOSPC
//
// A record of the trace: kind, length of the path (16 bits), number of the file (64), offset (64),
// length of the bytes (32), path, bytes. Kinds: C created, M directory made, W written, T cut to a length, F made durable,
// S sync_file_range, N renamed (bytes: to what), U removed, A answered on standard output.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
#define REAL(name) \
    static typeof(name) *real_##name; \
    if (!real_##name) real_##name = dlsym(RTLD_NEXT, #name)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *dir = "/nowhere/at/all";
static char *paths[FILES];
static int trace = -1, how = EIO;
static long fail_at = -1, operations;

__attribute__((constructor)) static void begin(void) {
    const char *value;
    if ((value = getenv("DISK_DIR"))) dir = value;
    if ((value = getenv("DISK_FAIL"))) fail_at = atol(value);
    if ((value = getenv("DISK_ERROR")) && !strcmp(value, "ENOSPC")) how = ENOSPC;
    if ((value = getenv("DISK_TRACE"))) {
        int file = open(value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        // Out of the way of the program's own numbers.
        trace = fcntl(file, F_DUPFD_CLOEXEC, 900);
        close(file);
    }
}

static int ours(const char *path) { return path && !strncmp(path, dir, strlen(dir)); }

static const char *path_of(int fd) { return fd >= 0 && fd < FILES ? paths[fd] : NULL; }

// A path below DISK_DIR as a whole path, or NULL.
static const char *whole(int at, const char *path, char *buffer) {
    if (path && path[0] == '/') return ours(path) ? path : NULL;
    const char *parent = path_of(at);
    if (!parent || !path || snprintf(buffer, 4096, "%s/%s", parent, path) >= 4096) return NULL;
    return buffer;
}

static void record(char kind, const char *path, int fd, uint64_t offset, const void *bytes,
                   uint32_t len) {
    if (trace < 0) return;
    REAL(write);
    struct stat meta;
    uint64_t file = fd >= 0 && fstat(fd, &meta) == 0 ? meta.st_ino : 0;
    uint16_t path_len = strlen(path);
    char header[23] = {kind};
    memcpy(header + 1, &path_len, 2);
    memcpy(header + 3, &file, 8);
    memcpy(header + 11, &offset, 8);
    memcpy(header + 19, &len, 4);
    real_write(trace, header, sizeof header);
    real_write(trace, path, path_len);
    if (len) real_write(trace, bytes, len);
}

// Whether this operation is the one that fails; then errno says how.
static int fails(const char *what, const char *path) {
    if (fail_at < 0 || operations++ != fail_at) return 0;
    dprintf(2, "disk: %s %s fails\n", what, path);
    errno = how;
    return 1;
}

static void forget(int fd) {
    if (fd < 0 || fd >= FILES) return;
    free(paths[fd]);
    paths[fd] = NULL;
}

#define LOCK pthread_mutex_lock(&mutex)
#define UNLOCK do { int e_ = errno; pthread_mutex_unlock(&mutex); errno = e_; } while (0)

// An operation on a file that is ours: it fails if it is its turn; else `done` follows success.
#define OPERATION(type, what, path, call, done) \
    LOCK; \
    type result = -1; \
    if (!fails(what, path)) { \
        result = call; \
        int error = errno; \
        if (result >= 0) { done; } \
        errno = error; \
    } \
    UNLOCK; \
    return result

static int opened(int fd, const char *path, int flags, int existed) {
    if (fd < 0 || fd >= FILES) return fd;
    forget(fd);
    if (!path) return fd;
    paths[fd] = strdup(path);
    if ((flags & O_CREAT) && !existed) record('C', path, fd, 0, NULL, 0);
    if (flags & O_TRUNC) record('T', path, fd, 0, NULL, 0);
    return fd;
}

static int exists(const char *path) {
    struct stat meta;
    return path && fstatat(AT_FDCWD, path, &meta, 0) == 0;
}

#define OPEN(name, AT, PARAMETERS, CALL) \
    int name PARAMETERS { \
        REAL(name); \
        va_list arguments; \
        va_start(arguments, flags); \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, int) : 0; \
        va_end(arguments); \
        char buffer[4096]; \
        const char *full = whole(AT, path, buffer); \
        LOCK; \
        int fd = -1, existed = exists(full); \
        int changes = full && flags & (O_CREAT | O_WRONLY | O_RDWR); \
        if (!changes || !fails("open", full)) fd = opened(CALL, full, flags, existed); \
        UNLOCK; \
        return fd; \
    }
OPEN(open, AT_FDCWD, (const char *path, int flags, ...), real_open(path, flags, mode))
OPEN(open64, AT_FDCWD, (const char *path, int flags, ...), real_open64(path, flags, mode))
OPEN(openat, at, (int at, const char *path, int flags, ...), real_openat(at, path, flags, mode))
OPEN(openat64, at, (int at, const char *path, int flags, ...), real_openat64(at, path, flags, mode))

int close(int fd) {
    REAL(close);
    LOCK;
    forget(fd);
    int result = real_close(fd);
    UNLOCK;
    return result;
}

int closedir(DIR *stream) {
    REAL(closedir);
    LOCK;
    forget(dirfd(stream));
    int result = real_closedir(stream);
    UNLOCK;
    return result;
}

ssize_t write(int fd, const void *bytes, size_t len) {
    REAL(write);
    if (fd == 1) {
        LOCK;
        record('A', "", -1, 0, bytes, len);
        ssize_t result = real_write(fd, bytes, len);
        UNLOCK;
        return result;
    }
    const char *path = path_of(fd);
    if (!path) return real_write(fd, bytes, len);
    OPERATION(ssize_t, "write", path, real_write(fd, bytes, len),
              record('W', path, fd, lseek(fd, 0, SEEK_CUR) - result, bytes, result));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    if (!path_of(fd)) return real_writev(fd, parts, count);
    // One part may be written: the caller goes on with the rest.
    return count > 0 ? write(fd, parts[0].iov_base, parts[0].iov_len) : 0;
}

#define PWRITE(name, type) \
    ssize_t name(int fd, const void *bytes, size_t len, type offset) { \
        REAL(name); \
        const char *path = path_of(fd); \
        if (!path) return real_##name(fd, bytes, len, offset); \
        OPERATION(ssize_t, "pwrite", path, real_##name(fd, bytes, len, offset), \
                  record('W', path, fd, offset, bytes, result)); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define SYNC(name) \
    int name(int fd) { \
        REAL(name); \
        const char *path = path_of(fd); \
        if (!path) return real_##name(fd); \
        OPERATION(int, #name, path, real_##name(fd), record('F', path, fd, 0, NULL, 0)); \
    }
SYNC(fsync)
SYNC(fdatasync)

int sync_file_range(int fd, off64_t offset, off64_t len, unsigned flags) {
    REAL(sync_file_range);
    const char *path = path_of(fd);
    if (!path) return real_sync_file_range(fd, offset, len, flags);
    OPERATION(int, "sync_file_range", path, real_sync_file_range(fd, offset, len, flags),
              record('S', path, fd, offset, NULL, 0));
}

#define TRUNCATE(name, type) \
    int name(int fd, type len) { \
        REAL(name); \
        const char *path = path_of(fd); \
        if (!path) return real_##name(fd, len); \
        OPERATION(int, #name, path, real_##name(fd, len), record('T', path, fd, len, NULL, 0)); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int rename(const char *from, const char *to) {
    REAL(rename);
    if (!ours(from)) return real_rename(from, to);
    OPERATION(int, "rename", from, real_rename(from, to), record('N', from, -1, 0, to, strlen(to)));
}

int unlink(const char *path) {
    REAL(unlink);
    if (!ours(path)) return real_unlink(path);
    OPERATION(int, "unlink", path, real_unlink(path), record('U', path, -1, 0, NULL, 0));
}

int unlinkat(int at, const char *path, int flags) {
    REAL(unlinkat);
    char buffer[4096];
    const char *full = whole(at, path, buffer);
    if (!full) return real_unlinkat(at, path, flags);
    OPERATION(int, "unlinkat", full, real_unlinkat(at, path, flags), record('U', full, -1, 0, NULL, 0));
}

int rmdir(const char *path) {
    REAL(rmdir);
    if (!ours(path)) return real_rmdir(path);
    OPERATION(int, "rmdir", path, real_rmdir(path), record('U', path, -1, 0, NULL, 0));
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    if (!ours(path)) return real_mkdir(path, mode);
    OPERATION(int, "mkdir", path, real_mkdir(path, mode), record('M', path, -1, 0, NULL, 0));
}
