#include "agents/training_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "data/dataset/part.h"
#include "sim/config/key.h"

#define ATTEMPTS_MAX 100  // names "...-2", "...-3" tried where others are taken
#define NAME_MAX_LENGTH 100
#define READ_MAX (1 << 20)
#define MARKS ",:{}[]#'\""  // of maps and lists
#define PATH_LENGTH_MAX (HFT_PARAMS_MAX - 64)

static hft_status fail_memory(const char *where, hft_error *error) {
  return hft_fail(error, HFT_ENOMEM, where, "out of memory");
}

char *hft_training_run_file(const hft_training_run *run, const char *name) {
  size_t size = strlen(run->path) + strlen(name) + 2;
  char *path = malloc(size);
  if (path != NULL) snprintf(path, size, "%s/%s", run->path, name);
  return path;
}

// ---- the folder --------------------------------------------------------------------------------

static hft_status lock(hft_training_run *run, hft_error *error) {
  run->lock = open(run->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (run->lock < 0) {
    return hft_fail(error, HFT_EIO, run->path, "cannot open the folder: %s", strerror(errno));
  }
  if (flock(run->lock, LOCK_EX | LOCK_NB) == 0) return HFT_OK;
  return hft_fail(error, HFT_EIO, run->path, "%s",
                  errno == EWOULDBLOCK ? "another process trains in this folder" : strerror(errno));
}

static hft_status make_parents(char *path, hft_error *error) {
  for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
    hft_status status =
        made ? HFT_OK
             : hft_fail(error, HFT_EIO, path, "cannot create the folder: %s", strerror(errno));
    *slash = '/';
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

// Makes the folder run->path. An existing one must be empty.
static hft_status make(hft_training_run *run, hft_error *error) {
  hft_status status = make_parents(run->path, error);
  if (status != HFT_OK) return status;
  bool made = mkdir(run->path, 0777) == 0;
  if (!made && (errno != EEXIST || (rmdir(run->path) != 0 || mkdir(run->path, 0777) != 0))) {
    int code = errno;
    bool taken = code == ENOTEMPTY || code == EEXIST || code == ENOTDIR;
    return hft_fail(
        error, HFT_EIO, run->path, "%s%s",
        taken ? "this name is taken; a run goes on with --resume" : "cannot create the folder: ",
        taken ? "" : strerror(code));
  }
  status = lock(run, error);
  char *checkpoints = hft_training_run_file(run, "checkpoints");
  if (status == HFT_OK && checkpoints == NULL) status = fail_memory(run->path, error);
  if (status == HFT_OK && mkdir(checkpoints, 0777) != 0) {
    status = hft_fail(error, HFT_EIO, checkpoints, "cannot create the folder: %s", strerror(errno));
  }
  free(checkpoints);
  if (status != HFT_OK) (void)rmdir(run->path);
  return status;
}

static bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

// runs/<UTC time>-<name>, with a number if the name is taken.
static char *dated_name(const char *name) {
  char clean[NAME_MAX_LENGTH + 1], when[32] = "no-time", path[sizeof clean + sizeof when + 32];
  size_t length = 0;
  for (; name[length] != '\0' && length < NAME_MAX_LENGTH; length++) {
    clean[length] = name[length];
    if (!is_plain(clean[length])) clean[length] = '-';
  }
  clean[length] = '\0';
  time_t now = time(NULL);
  struct tm parts;
  if (gmtime_r(&now, &parts) != NULL) strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &parts);
  for (int i = 1; i <= ATTEMPTS_MAX; i++) {
    size_t used = (size_t)snprintf(path, sizeof path, "runs/%s-%s", when, clean);
    if (i > 1) snprintf(path + used, sizeof path - used, "-%d", i);
    struct stat found;
    if (lstat(path, &found) != 0) break;
  }
  return strdup(path);
}

// Evaluations name the checkpoint in the params of a seat, which have no quotes.
static hft_status check_path(const char *path, hft_error *error) {
  if (strpbrk(path, MARKS) != NULL) {
    return hft_fail(error, HFT_EIO, path,
                    "the path of a run folder has none of %s: name another by --out", MARKS);
  }
  if (strlen(path) <= PATH_LENGTH_MAX) return HFT_OK;
  return hft_fail(error, HFT_EIO, path,
                  "the path of a run folder has at most %d bytes: name another by --out",
                  PATH_LENGTH_MAX);
}

hft_status hft_training_run_create(const char *out, const char *name, hft_training_run *run,
                                   hft_error *error) {
  *run = (hft_training_run){.lock = -1};
  if (out != NULL && out[0] == '\0') return hft_fail(error, HFT_EIO, "--out", "the name is empty");
  run->path = out != NULL ? strdup(out) : dated_name(name);
  if (run->path == NULL) return fail_memory("run folder", error);
  for (size_t n = strlen(run->path); n > 1 && run->path[n - 1] == '/'; n--) {
    run->path[n - 1] = '\0';
  }
  hft_status status = check_path(run->path, error);
  if (status == HFT_OK) status = make(run, error);
  if (status != HFT_OK) hft_training_run_close(run);
  return status;
}

hft_status hft_training_run_open(const char *path, hft_training_run *run, hft_error *error) {
  *run = (hft_training_run){.lock = -1, .path = strdup(path)};
  if (run->path == NULL) return fail_memory(path, error);
  for (size_t n = strlen(run->path); n > 1 && run->path[n - 1] == '/'; n--) {
    run->path[n - 1] = '\0';
  }
  hft_status status = check_path(run->path, error);
  if (status == HFT_OK) status = lock(run, error);
  if (status != HFT_OK) hft_training_run_close(run);
  return status;
}

void hft_training_run_close(hft_training_run *run) {
  if (run->path == NULL) return;
  if (run->lock >= 0) close(run->lock);
  free(run->path);
  *run = (hft_training_run){.lock = -1};
}

// ---- files -------------------------------------------------------------------------------------

static hft_status write_part(const char *path, const char *text, hft_error *error) {
  hft_part part = {0};
  hft_status status = hft_part_begin(&part, path, true, error);
  if (status != HFT_OK) return status;
  FILE *file = hft_part_stream(&part);
  bool written = file != NULL && fputs(text, file) >= 0;
  int code = errno;
  if (file != NULL && fclose(file) != 0) {
    if (written) code = errno;
    written = false;
  }
  if (written) {
    status = hft_part_commit(&part, error);
  } else {
    status = hft_fail(error, HFT_EIO, path, "cannot write: %s", strerror(code));
  }
  hft_part_abandon(&part);
  return status;
}

hft_status hft_training_run_write(const hft_training_run *run, const char *name, const char *text,
                                  hft_error *error) {
  char *path = hft_training_run_file(run, name);
  if (path == NULL) return fail_memory(name, error);
  hft_status status = write_part(path, text, error);
  free(path);
  return status;
}

// Reads a stream of at most `most` bytes.
static hft_status read_stream(FILE *file, const char *path, size_t most, char **text,
                              hft_error *error) {
  size_t room = 4096, used = 0;
  char *bytes = malloc(room + 1);
  while (bytes != NULL) {
    used += fread(bytes + used, 1, room - used, file);
    if (used < room) break;
    if (room >= most) {
      free(bytes);
      return hft_fail(error, HFT_EIO, path, "the file is larger than %zu bytes", most);
    }
    room *= 2;
    char *more = realloc(bytes, room + 1);
    if (more == NULL) free(bytes);
    bytes = more;
  }
  if (bytes == NULL) return fail_memory(path, error);
  if (ferror(file)) {
    free(bytes);
    return hft_fail(error, HFT_EIO, path, "cannot read: %s", strerror(errno));
  }
  bytes[used] = '\0';
  *text = bytes;
  return HFT_OK;
}

static hft_status read_path(const char *path, size_t most, char **text, hft_error *error) {
  *text = NULL;
  FILE *file = fopen(path, "re");
  if (file == NULL) return hft_fail(error, HFT_EIO, path, "cannot open: %s", strerror(errno));
  hft_status status = read_stream(file, path, most, text, error);
  (void)fclose(file);
  return status;
}

hft_status hft_training_run_read(const hft_training_run *run, const char *name, char **text,
                                 hft_error *error) {
  char *path = hft_training_run_file(run, name);
  if (path == NULL) return fail_memory(name, error);
  hft_status status = read_path(path, READ_MAX, text, error);
  free(path);
  return status;
}

// ---- CSV ---------------------------------------------------------------------------------------

// Bytes of the header and of the rows that are kept.
static size_t kept_bytes(const char *text, int64_t last) {
  const char *line = strchr(text, '\n');
  if (line == NULL) return 0;
  line++;
  for (;;) {
    const char *end = strchr(line, '\n');
    char *stop;
    if (end == NULL) break;
    long long number = strtoll(line, &stop, 10);
    if (stop == line || number > last) break;
    line = end + 1;
  }
  return (size_t)(line - text);
}

static hft_status cut_csv(const char *path, const char *header, int64_t last, hft_error *error) {
  char *text;
  hft_status status = read_path(path, SIZE_MAX / 4, &text, error);
  if (status != HFT_OK) return status;
  size_t length = strlen(header);
  if (strncmp(text, header, length) != 0 || text[length] != '\n') {
    status = hft_fail(error, HFT_EDATA, path, "the columns are not those of this program");
  } else if (truncate(path, (off_t)kept_bytes(text, last)) != 0) {
    status = hft_fail(error, HFT_EIO, path, "cannot cut the rows after the checkpoint: %s",
                      strerror(errno));
  }
  free(text);
  return status;
}

static hft_status open_csv(const char *path, const char *header, bool resume, int64_t last,
                           FILE **out, hft_error *error) {
  struct stat found;
  bool is_new = !resume || (lstat(path, &found) != 0 && errno == ENOENT);
  hft_status status = is_new ? HFT_OK : cut_csv(path, header, last, error);
  if (status != HFT_OK) return status;
  *out = fopen(path, is_new ? "wxe" : "ae");
  if (*out == NULL) return hft_fail(error, HFT_EIO, path, "cannot open: %s", strerror(errno));
  if (!is_new || (fprintf(*out, "%s\n", header) > 0 && fflush(*out) == 0)) return HFT_OK;
  status = hft_fail(error, HFT_EIO, path, "cannot write: %s", strerror(errno));
  (void)fclose(*out);
  *out = NULL;
  return status;
}

hft_status hft_training_run_csv(const hft_training_run *run, const char *name, const char *header,
                                bool resume, int64_t last, FILE **out, hft_error *error) {
  *out = NULL;
  char *path = hft_training_run_file(run, name);
  if (path == NULL) return fail_memory(name, error);
  hft_status status = open_csv(path, header, resume, last, out, error);
  free(path);
  return status;
}
