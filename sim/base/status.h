// Operating errors: functions return a negative status; hft_error carries the message for a person.
#ifndef HFTSIM_SIM_BASE_STATUS_H
#define HFTSIM_SIM_BASE_STATUS_H

#include <stdarg.h>

#define HFT_STATUS_MAP(X)                  \
  X(OK, 0, "ok")                           \
  X(EINVAL, -1, "invalid argument")        \
  X(ECONFIG, -2, "configuration rejected") \
  X(ENOMEM, -3, "out of memory")           \
  X(EFULL, -4, "fixed capacity reached")   \
  X(EIO, -5, "file or socket failure")     \
  X(EINTR, -6, "interrupted")              \
  X(EDATA, -7, "malformed data")

typedef enum hft_status {
#define X(name, code, text) HFT_##name = code,
  HFT_STATUS_MAP(X)
#undef X
} hft_status;

// What went wrong and where. The text names the fix; `where` is "file:line", a key or a path.
typedef struct hft_error {
  hft_status status;
  char where[160];
  char text[320];
} hft_error;

// The standard text of a status; never null.
const char *hft_status_text(hft_status status);

// Fills *error (which may be null) and returns `status`, so that a failing function can `return
// hft_fail(error, HFT_EIO, path, "cannot open: %s", strerror(errno))`. Texts that do not fit are
// cut.
hft_status hft_fail(hft_error *error, hft_status status, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// clang-tidy does not see the definition, and would assume that a failure may return HFT_OK.
#ifdef __clang_analyzer__
#define hft_fail(error, status, ...) ((void)hft_fail(error, status, __VA_ARGS__), (status))
#endif

#endif
