#define _GNU_SOURCE  // renameat2

#include "eval/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".part"
#define ATTEMPTS_MAX 1000  // a retry is needed only after another process has made progress

// ---- names -----------------------------------------------------------------------------------

// A copy of `a` and `b` after each other.
static char *joined(const char *a, const char *b) {
  size_t size = strlen(a) + strlen(b) + 1;
  char *text = malloc(size);
  if (text != NULL) snprintf(text, size, "%s%s", a, b);
  return text;
}

static hft_status fail_taken(const hft_folder *folder, hft_error *error) {
  return hft_fail(error, HFT_EIO, folder->path,
                  "this name is taken; a folder is never replaced: remove it or choose another "
                  "name");
}

static hft_status check_final(const hft_folder *folder, hft_error *error) {
  struct stat found;
  return lstat(folder->path, &found) == 0 ? fail_taken(folder, error) : HFT_OK;
}

// Creates the parents of the final name.
static hft_status make_parents(hft_folder *folder, hft_error *error) {
  for (char *slash = strchr(folder->path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    bool made = mkdir(folder->path, 0777) == 0 || errno == EEXIST;
    hft_status status = made ? HFT_OK
                             : hft_fail(error, HFT_EIO, folder->path,
                                        "cannot create the folder: %s", strerror(errno));
    *slash = '/';
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

// ---- the part --------------------------------------------------------------------------------

// Does the name still refer to the open folder?
static bool is_at(int file, const char *name) {
  struct stat own, found;
  return fstat(file, &own) == 0 && lstat(name, &found) == 0 && own.st_dev == found.st_dev &&
         own.st_ino == found.st_ino;
}

// Removes the files of an open folder. A folder in it stays, and so does then the folder.
static void remove_files(int file) {
  int copy = openat(file, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
  if (list == NULL) {
    if (copy >= 0) close(copy);
    return;
  }
  for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    (void)unlinkat(file, entry->d_name, 0);
  }
  closedir(list);
}

typedef enum attempt { TAKEN, AGAIN, FAILED } attempt;

static int open_folder(const char *name) {
  return open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

// Removes an existing part if nobody holds its lock: under its lock, and only if the name still
// refers to the locked folder, so that two processes cannot remove each other's parts.
static attempt clear_stale(const char *name, hft_error *error) {
  int file = open_folder(name);
  if (file < 0 && errno == ENOENT) return AGAIN;
  if (file < 0) {
    (void)hft_fail(error, HFT_EIO, name, "the temporary name is taken: %s", strerror(errno));
    return FAILED;
  }
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    int code = errno;
    close(file);
    (void)hft_fail(error, HFT_EIO, name, "%s",
                   code == EWOULDBLOCK ? "another run is writing this folder" : strerror(code));
    return FAILED;
  }
  bool removed = !is_at(file, name);
  if (!removed) {
    remove_files(file);
    removed = rmdir(name) == 0 || errno == ENOENT;
  }
  int code = errno;
  close(file);
  if (removed) return AGAIN;
  (void)hft_fail(error, HFT_EIO, name, "cannot remove the unfinished folder: %s", strerror(code));
  return FAILED;
}

static attempt create(hft_folder *folder, const char *name, hft_error *error) {
  if (mkdir(name, 0777) != 0) {
    if (errno == EEXIST) return clear_stale(name, error);
    (void)hft_fail(error, HFT_EIO, name, "cannot create the folder: %s", strerror(errno));
    return FAILED;
  }
  int file = open_folder(name);
  if (file < 0) {
    if (errno == ENOENT) return AGAIN;  // removed as stale
    (void)hft_fail(error, HFT_EIO, name, "cannot open the folder: %s", strerror(errno));
    (void)rmdir(name);
    return FAILED;
  }
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    int code = errno;
    close(file);
    if (code == EWOULDBLOCK) return AGAIN;  // another process is about to remove it
    (void)rmdir(name);
    (void)hft_fail(error, HFT_EIO, name, "cannot lock the folder: %s", strerror(code));
    return FAILED;
  }
  if (!is_at(file, name)) {
    close(file);
    return AGAIN;
  }
  folder->file = file;
  return TAKEN;
}

static hft_status acquire(hft_folder *folder, hft_error *error) {
  char *name = joined(folder->path, SUFFIX);
  if (name == NULL) return hft_fail(error, HFT_ENOMEM, folder->path, "out of memory");
  attempt outcome = AGAIN;
  for (int i = 0; i < ATTEMPTS_MAX && outcome == AGAIN; i++) outcome = create(folder, name, error);
  if (outcome == AGAIN) {
    (void)hft_fail(error, HFT_EIO, name, "other runs keep replacing this folder");
  }
  if (outcome == TAKEN) {
    folder->part = name;
    return HFT_OK;
  }
  free(name);
  return HFT_EIO;
}

hft_status hft_folder_begin(hft_folder *folder, const char *path, hft_error *error) {
  *folder = (hft_folder){.file = -1};
  if (path[0] == '\0') return hft_fail(error, HFT_EIO, "--out", "the name is empty");
  folder->path = joined(path, "");
  if (folder->path == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  for (size_t n = strlen(path); n > 1 && folder->path[n - 1] == '/'; n--) {
    folder->path[n - 1] = '\0';
  }
  hft_status status = check_final(folder, error);
  if (status == HFT_OK) status = make_parents(folder, error);
  if (status == HFT_OK) status = acquire(folder, error);
  // The previous holder of the part may have finished in the meantime.
  if (status == HFT_OK) status = check_final(folder, error);
  if (status != HFT_OK) hft_folder_abandon(folder);
  return status;
}

char *hft_folder_file(const hft_folder *folder, const char *name) {
  char *folder_slash = joined(folder->part, "/");
  char *path = folder_slash != NULL ? joined(folder_slash, name) : NULL;
  free(folder_slash);
  return path;
}

// ---- the end ---------------------------------------------------------------------------------

// Syncs every file of an open folder and the folder. Returns 0 or errno.
static int sync_files(int file) {
  int copy = openat(file, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
  if (list == NULL) {
    int code = errno;
    if (copy >= 0) close(copy);
    return code;
  }
  int code = 0;
  for (struct dirent *entry = readdir(list); entry != NULL && code == 0; entry = readdir(list)) {
    if (entry->d_name[0] == '.') continue;
    int one = openat(file, entry->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (one < 0) {
      code = errno;
    } else {
      // Filesystems that cannot sync return EINVAL.
      if (fsync(one) != 0 && errno != EINVAL) code = errno;
      close(one);
    }
  }
  closedir(list);
  (void)fsync(file);
  return code;
}

// Renames the part unless the final name is taken. A filesystem that cannot do this in one step
// refuses to rename onto a folder that is not empty, or onto a file.
static bool rename_new(const hft_folder *folder) {
  if (renameat2(AT_FDCWD, folder->part, AT_FDCWD, folder->path, RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  struct stat found;
  if (lstat(folder->path, &found) == 0) {
    errno = EEXIST;
    return false;
  }
  return rename(folder->part, folder->path) == 0;
}

hft_status hft_folder_commit(hft_folder *folder, hft_error *error) {
  int code = sync_files(folder->file);
  if (code != 0) {
    return hft_fail(error, HFT_EIO, folder->part, "cannot write the folder: %s", strerror(code));
  }
  if (!is_at(folder->file, folder->part)) {
    return hft_fail(error, HFT_EIO, folder->part,
                    "the folder was removed or replaced while it was being written");
  }
  if (!rename_new(folder)) {
    if (errno == EEXIST || errno == ENOTEMPTY) return fail_taken(folder, error);
    return hft_fail(error, HFT_EIO, folder->path, "cannot rename the folder: %s", strerror(errno));
  }
  close(folder->file);
  free(folder->part);
  folder->part = NULL;
  folder->file = -1;
  return HFT_OK;
}

void hft_folder_abandon(hft_folder *folder) {
  if (folder->part != NULL) {
    if (is_at(folder->file, folder->part)) {
      remove_files(folder->file);
      (void)rmdir(folder->part);
    }
    close(folder->file);
    free(folder->part);
  }
  free(folder->path);
  *folder = (hft_folder){.file = -1};
}
