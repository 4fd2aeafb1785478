#include "data/part.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".part";

static hft_status check_final(const hft_part *part, hft_error *error) {
  struct stat found;
  if (stat(part->path, &found) != 0) return HFT_OK;
  if (!S_ISREG(found.st_mode)) {
    return hft_fail(error, HFT_EIO, part->path, "this is not a file that could be replaced");
  }
  if (part->force) return HFT_OK;
  return hft_fail(error, HFT_EIO, part->path, "the file exists already; --force replaces it");
}

// A part that nobody holds a lock on is what a killed run left.
static hft_status clear_stale(const hft_part *part, hft_error *error) {
  int file = open(part->part, O_RDWR | O_CLOEXEC);
  if (file < 0) return HFT_OK;
  bool busy = flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (!busy) unlink(part->part);
  close(file);
  if (!busy) return HFT_OK;
  return hft_fail(error, HFT_EIO, part->part, "another run is writing this file");
}

hft_status hft_part_begin(hft_part *part, const char *path, bool force, hft_error *error) {
  size_t length = strlen(path);
  *part = (hft_part){.path = malloc(length + 1), .force = force};
  char *name = malloc(length + sizeof suffix);
  hft_status status = HFT_OK;
  if (part->path == NULL || name == NULL) {
    status = hft_fail(error, HFT_ENOMEM, path, "out of memory");
  } else {
    memcpy(part->path, path, length + 1);
    memcpy(name, path, length);
    memcpy(name + length, suffix, sizeof suffix);
    part->part = name;
    status = check_final(part, error);
    if (status == HFT_OK) status = clear_stale(part, error);
  }
  if (status == HFT_OK) {
    int file = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0) {
      close(file);
      return HFT_OK;
    }
    status = hft_fail(error, HFT_EIO, name, "cannot create the file: %s", strerror(errno));
  }
  part->part = NULL;  // not ours to remove
  free(name);
  hft_part_abandon(part);
  return status;
}

static bool sync_path(const char *path, int flags) {
  int file = open(path, flags | O_CLOEXEC);
  if (file < 0) return false;
  // Some filesystems have nothing to sync a folder with and say EINVAL.
  bool synced = fsync(file) == 0 || errno == EINVAL;
  close(file);
  return synced;
}

hft_status hft_part_commit(hft_part *part, hft_error *error) {
  hft_status status = check_final(part, error);
  if (status != HFT_OK) return status;
  if (!sync_path(part->part, O_RDWR)) {
    return hft_fail(error, HFT_EIO, part->part, "cannot write the file: %s", strerror(errno));
  }
  if (rename(part->part, part->path) != 0) {
    return hft_fail(error, HFT_EIO, part->path, "cannot rename the file: %s", strerror(errno));
  }
  // The name is there; that it outlives a power failure too is worth a try, not an error.
  (void)sync_path(dirname(part->part), O_RDONLY);
  free(part->part);
  part->part = NULL;
  return HFT_OK;
}

void hft_part_abandon(hft_part *part) {
  if (part->part != NULL) unlink(part->part);
  free(part->part);
  free(part->path);
  *part = (hft_part){0};
}
