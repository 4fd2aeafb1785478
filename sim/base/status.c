#include "sim/base/status.h"

#include <stdio.h>

const char *hft_status_text(hft_status status) {
  switch (status) {
#define X(name, code, text) \
  case HFT_##name:          \
    return text;
    HFT_STATUS_MAP(X)
#undef X
  }
  return "unknown status";
}

#undef hft_fail  // status.h defines one for clang-tidy
hft_status hft_fail(hft_error *error, hft_status status, const char *where, const char *format,
                    ...) {
  if (error == NULL) return status;
  error->status = status;
  snprintf(error->where, sizeof error->where, "%s", where != NULL ? where : "");
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return status;
}
