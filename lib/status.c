// The name and the description of each status of the C API.
#include "include/hftsim.h"

#define STATUS_MAP(X)                                                                            \
  X(OK, "ok", "ok")                                                                              \
  X(BAD_ARGUMENT, "bad_argument", "an argument is invalid, or the call comes at the wrong time") \
  X(CONFIG, "config", "the config is invalid or cannot be read")                                 \
  X(LIMIT, "limit", "out of memory, or a thread could not be started")                           \
  X(NOT_RESET, "not_reset", "a step before every env has been reset once")                       \
  X(BAD_ACTION, "bad_action", "an action is infinite, NaN or out of the range of its choices")   \
  X(BUSY, "busy", "another thread is using this handle")                                         \
  X(FORKED, "forked", "the handle belongs to the parent process: create one after the fork")     \
  X(BAD_SAVE, "bad_save", "the bytes are not a save, are damaged, or belong to another config")  \
  X(BAD_FILE, "bad_file", "the file cannot be read or written, or is not of the wanted kind")    \
  X(INTERNAL, "internal", "internal error: please report it")

const char *hftsim_status_name(int status) {
  switch (status) {
#define X(status, name, text) \
  case HFTSIM_##status:       \
    return name;
    STATUS_MAP(X)
#undef X
    default:
      return "unknown";
  }
}

const char *hftsim_status_text(int status) {
  switch (status) {
#define X(status, name, text) \
  case HFTSIM_##status:       \
    return text;
    STATUS_MAP(X)
#undef X
    default:
      return "unknown status";
  }
}
