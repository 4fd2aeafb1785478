#include "server/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

hft_status hft_keyfile_write(const char *path, mode_t mode, const char *text, hft_error *error) {
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0 && errno == EEXIST) {
    return hft_fail(error, HFT_EIO, path,
                    "the file exists, and keys are never overwritten; choose another name, or "
                    "remove it");
  }
  if (file < 0) return hft_fail(error, HFT_EIO, path, "cannot create: %s", strerror(errno));
  size_t size = strlen(text);
  bool whole = write(file, text, size) == (ssize_t)size;
  int reason = errno;
  if (close(file) == 0 && whole) return HFT_OK;
  unlink(path);
  return hft_fail(error, HFT_EIO, path, "cannot write: %s", strerror(reason));
}

hft_status hft_keyfile_read(const char *path, bool is_secret, char text[HFT_KEYFILE_BYTES_MAX],
                            hft_error *error) {
  // O_NONBLOCK: opening a FIFO must not block.
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return hft_fail(error, HFT_EIO, path, "cannot open: %s", strerror(errno));
  struct stat about;
  hft_status status = HFT_OK;
  if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
    status = hft_fail(error, HFT_EIO, path, "not a regular file");
  } else if (is_secret && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    status =
        hft_fail(error, HFT_EIO, path, "other users can read this secret key; run chmod 600 on it");
  }
  ssize_t size = status == HFT_OK ? read(file, text, HFT_KEYFILE_BYTES_MAX - 1) : 0;
  if (size < 0) status = hft_fail(error, HFT_EIO, path, "cannot read: %s", strerror(errno));
  close(file);
  text[size < 0 ? 0 : size] = '\0';
  return status;
}
