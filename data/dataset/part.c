#define _GNU_SOURCE  // renameat2, open file description locks

#include "data/dataset/part.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".part"
#define ATTEMPTS_MAX 1000  // a retry is needed only after another process has made progress

// ---- the final name --------------------------------------------------------------------------

static hft_status fail_taken(const hft_part *part, hft_error *error) {
  return hft_fail(error, HFT_EIO, part->path, "the file already exists; --force replaces it");
}

static hft_status check_final(const hft_part *part, hft_error *error) {
  struct stat found;
  if (lstat(part->path, &found) != 0) return HFT_OK;
  if (!S_ISREG(found.st_mode)) {
    return hft_fail(error, HFT_EIO, part->path, "not a regular file; it will not be replaced");
  }
  return part->force ? HFT_OK : fail_taken(part, error);
}

// A symbolic link is kept: the file that it points to is written.
static hft_status resolve(hft_part *part, const char *path, hft_error *error) {
  struct stat found;
  bool is_link = lstat(path, &found) == 0 && S_ISLNK(found.st_mode);
  part->path = is_link ? realpath(path, NULL) : strdup(path);
  if (part->path != NULL) return HFT_OK;
  if (!is_link || errno == ENOMEM) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  return hft_fail(error, HFT_EIO, path, "cannot follow the symbolic link: %s", strerror(errno));
}

// ---- the part --------------------------------------------------------------------------------

// The lock belongs to the open file description: it ends with the process and does not conflict
// with HDF5's own locks (flock).
static bool lock(int file) {
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(file, F_OFD_SETLK, &whole) == 0;
}

// Does the name still refer to the open file?
static bool is_at(int file, const char *name) {
  struct stat own, found;
  return fstat(file, &own) == 0 && lstat(name, &found) == 0 && own.st_dev == found.st_dev &&
         own.st_ino == found.st_ino;
}

typedef enum attempt { TAKEN, AGAIN, FAILED } attempt;

static attempt fail_attempt(int file, const char *name, int code, hft_error *error) {
  if (file >= 0) close(file);
  if (code == EAGAIN || code == EACCES) {
    (void)hft_fail(error, HFT_EIO, name, "another run is writing this file");
  } else {
    (void)hft_fail(error, HFT_EIO, name, "cannot lock the file: %s", strerror(code));
  }
  return FAILED;
}

// Removes an existing part if nobody holds its lock. The part is removed under its lock, and only
// if the name still refers to the locked file, so two processes cannot remove each other's parts.
static attempt clear_stale(const char *name, hft_error *error) {
  int file = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0 && errno == ENOENT) return AGAIN;
  struct stat found;
  if (file < 0 || fstat(file, &found) != 0 || !S_ISREG(found.st_mode)) {
    (void)hft_fail(error, HFT_EIO, name, "the temporary name is taken: %s",
                   file < 0 ? strerror(errno) : "it is not a regular file");
    if (file >= 0) close(file);
    return FAILED;
  }
  if (!lock(file)) return fail_attempt(file, name, errno, error);
  bool removed = !is_at(file, name) || unlink(name) == 0;
  int code = errno;
  close(file);
  if (removed) return AGAIN;
  (void)hft_fail(error, HFT_EIO, name, "cannot remove the file: %s", strerror(code));
  return FAILED;
}

static attempt create(hft_part *part, const char *name, hft_error *error) {
  int file = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0 && errno == EEXIST) return clear_stale(name, error);
  if (file < 0) {
    (void)hft_fail(error, HFT_EIO, name, "cannot create the file: %s", strerror(errno));
    return FAILED;
  }
  if (!lock(file)) {
    int code = errno;
    // On a disk without locks only the process that created the part may remove it.
    if (code != EAGAIN && code != EACCES) unlink(name);
    return fail_attempt(file, name, code, error);
  }
  // Between creation and locking another process may have removed the part as stale.
  if (!is_at(file, name)) {
    close(file);
    return AGAIN;
  }
  part->file = file;
  return TAKEN;
}

static hft_status acquire(hft_part *part, hft_error *error) {
  size_t size = strlen(part->path) + sizeof SUFFIX;
  char *name = malloc(size);
  if (name == NULL) return hft_fail(error, HFT_ENOMEM, part->path, "out of memory");
  snprintf(name, size, "%s" SUFFIX, part->path);
  attempt outcome = AGAIN;
  for (int i = 0; i < ATTEMPTS_MAX && outcome == AGAIN; i++) outcome = create(part, name, error);
  if (outcome == AGAIN) {
    (void)hft_fail(error, HFT_EIO, name, "other runs keep replacing this file");
  }
  if (outcome == TAKEN) {
    part->part = name;
    return HFT_OK;
  }
  free(name);
  return HFT_EIO;
}

hft_status hft_part_begin(hft_part *part, const char *path, bool force, hft_error *error) {
  *part = (hft_part){.file = -1, .force = force};
  hft_status status = resolve(part, path, error);
  if (status == HFT_OK) status = check_final(part, error);
  if (status == HFT_OK) status = acquire(part, error);
  // The previous holder of the part may have finished in the meantime.
  if (status == HFT_OK) status = check_final(part, error);
  if (status != HFT_OK) hft_part_abandon(part);
  return status;
}

FILE *hft_part_stream(const hft_part *part) {
  int file = fcntl(part->file, F_DUPFD_CLOEXEC, 0);
  FILE *stream = file >= 0 ? fdopen(file, "w") : NULL;
  if (stream == NULL && file >= 0) close(file);
  return stream;
}

// ---- the end ---------------------------------------------------------------------------------

// Renames the part unless the final name is taken. If the filesystem cannot do this in one step, a
// hard link fails when the name is taken; without hard links the name is claimed with an empty
// file.
static bool rename_new(const hft_part *part) {
  if (renameat2(AT_FDCWD, part->part, AT_FDCWD, part->path, RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  if (link(part->part, part->path) == 0) {
    unlink(part->part);
    return true;
  }
  if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS) return false;
  int claim = open(part->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (claim < 0) return false;
  close(claim);
  if (rename(part->part, part->path) == 0) return true;
  int code = errno;
  unlink(part->path);
  errno = code;
  return false;
}

static void sync_folder(char *name) {
  int folder = open(dirname(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  (void)fsync(folder);
  close(folder);
}

static void close_part(hft_part *part) {
  if (part->part != NULL) close(part->file);
  free(part->part);
  part->part = NULL;
  part->file = -1;
}

hft_status hft_part_commit(hft_part *part, hft_error *error) {
  hft_status status = check_final(part, error);
  if (status != HFT_OK) return status;
  // Filesystems that cannot sync return EINVAL.
  if (fsync(part->file) != 0 && errno != EINVAL) {
    return hft_fail(error, HFT_EIO, part->part, "cannot write the file: %s", strerror(errno));
  }
  if (!is_at(part->file, part->part)) {
    return hft_fail(error, HFT_EIO, part->part,
                    "the file was removed or replaced while it was being written");
  }
  bool named = part->force ? rename(part->part, part->path) == 0 : rename_new(part);
  if (!named && errno == EEXIST) return fail_taken(part, error);
  if (!named) {
    return hft_fail(error, HFT_EIO, part->path, "cannot rename the file: %s", strerror(errno));
  }
  // The file is complete. Syncing the folder makes its name survive a power failure; errors do not
  // matter.
  sync_folder(part->part);
  close_part(part);
  return HFT_OK;
}

void hft_part_abandon(hft_part *part) {
  if (part->part != NULL && is_at(part->file, part->part)) unlink(part->part);
  close_part(part);
  free(part->path);
  *part = (hft_part){.file = -1};
}
